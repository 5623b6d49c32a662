//! Keys for programs. Only hashes are kept.

use crate::columns::{id, index, refer, text, time, time_null, uuid};
use sea_orm_migration::prelude::*;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0003_api_keys"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("api_keys")
                    .col(id())
                    .col(uuid("user_id"))
                    .col(text("name"))
                    .col(text("prefix"))
                    .col(text("key_hash"))
                    .col(text("scopes"))
                    .col(time_null("expires_at"))
                    .col(time_null("last_used_at"))
                    .col(time("created_at"))
                    .foreign_key(&mut refer("api_keys", "user_id", "users", ForeignKeyAction::Cascade))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("api_keys", &["key_hash"]).unique().to_owned()).await?;
        manager.create_index(index("api_keys", &["user_id"])).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("api_keys").to_owned()).await
    }
}
