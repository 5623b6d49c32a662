//! Chat models elsewhere, by the name that their owner gave them.

use crate::columns::{id, index, refer, text, time, uuid, uuid_null};
use sea_orm_migration::prelude::*;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0020_remote_models"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // No foreign key to the credential: a model whose key was deleted must fail, not ask without one.
        manager
            .create_table(
                Table::create()
                    .table("remote_models")
                    .col(id())
                    .col(uuid("user_id"))
                    .col(text("name"))
                    .col(text("base_url"))
                    .col(text("model"))
                    .col(uuid_null("credential_id"))
                    .col(time("created_at"))
                    .foreign_key(&mut refer("remote_models", "user_id", "users", ForeignKeyAction::Cascade))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("remote_models", &["user_id", "name"]).unique().to_owned()).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("remote_models").to_owned()).await
    }
}
