//! Refresh tokens: families, rotation, revocation. Only hashes are kept.

use crate::columns::{id, index, refer, text, text_null, time, time_null, uuid};
use sea_orm_migration::prelude::*;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0002_refresh_tokens"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("refresh_tokens")
                    .col(id())
                    .col(uuid("user_id"))
                    .col(uuid("family_id"))
                    .col(text("token_hash"))
                    .col(time("expires_at"))
                    .col(time_null("used_at"))
                    .col(text_null("successor"))
                    .col(time_null("revoked_at"))
                    .col(time("created_at"))
                    .foreign_key(&mut refer("refresh_tokens", "user_id", "users", ForeignKeyAction::Cascade))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("refresh_tokens", &["token_hash"]).unique().to_owned()).await?;
        manager.create_index(index("refresh_tokens", &["user_id"])).await?;
        manager.create_index(index("refresh_tokens", &["family_id"])).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("refresh_tokens").to_owned()).await
    }
}
