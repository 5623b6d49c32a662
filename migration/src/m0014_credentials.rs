//! Credentials: named secrets, sealed. The key that opens them is not in the database.

use crate::columns::{bytes, id, index, refer, text, time, uuid};
use sea_orm_migration::prelude::*;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0014_credentials"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("credentials")
                    .col(id())
                    .col(uuid("user_id"))
                    .col(text("name"))
                    .col(text("kind"))
                    .col(bytes("ciphertext"))
                    .col(text("key_id"))
                    .col(text("allowed_hosts"))
                    .col(time("created_at"))
                    .col(time("updated_at"))
                    .foreign_key(&mut refer("credentials", "user_id", "users", ForeignKeyAction::Cascade))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("credentials", &["user_id", "name"]).unique().to_owned()).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("credentials").to_owned()).await
    }
}
