//! Files: bodies of replies that are not text, kept for later steps and for their owner.

use crate::columns::{big, bytes, id, index, refer, text, time, uuid};
use sea_orm_migration::prelude::*;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0018_files"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("files")
                    .col(id())
                    .col(uuid("user_id"))
                    .col(uuid("run_id"))
                    .col(text("content_type"))
                    .col(big("size", 0))
                    .col(text("sha256"))
                    .col(bytes("content"))
                    .col(time("created_at"))
                    .foreign_key(&mut refer("files", "user_id", "users", ForeignKeyAction::Cascade))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("files", &["user_id", "created_at"])).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("files").to_owned()).await
    }
}
