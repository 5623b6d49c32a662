//! Answers of models that steps may take again, by what was asked.

use crate::columns::{big, id, index, refer, text, time, uuid};
use sea_orm_migration::prelude::*;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0021_llm_cache"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("llm_cache")
                    .col(id())
                    .col(uuid("user_id"))
                    .col(text("key"))
                    .col(text("reply"))
                    .col(big("size", 0))
                    .col(time("created_at"))
                    .foreign_key(&mut refer("llm_cache", "user_id", "users", ForeignKeyAction::Cascade))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("llm_cache", &["user_id", "key"]).unique().to_owned()).await?;
        manager.create_index(index("llm_cache", &["user_id", "created_at"])).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("llm_cache").to_owned()).await
    }
}
