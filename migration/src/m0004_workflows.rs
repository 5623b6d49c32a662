//! Workflows, without their graph.

use crate::columns::{big, boolean, id, index, json, json_null, refer, text, time, time_null, uuid};
use sea_orm_migration::prelude::*;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0004_workflows"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("workflows")
                    .col(id())
                    .col(uuid("user_id"))
                    .col(text("name"))
                    .col(text("description"))
                    .col(json_null("input_schema"))
                    .col(json("vars"))
                    .col(boolean("is_active", true))
                    .col(big("revision", 1))
                    .col(time_null("deleted_at"))
                    .col(time("created_at"))
                    .col(time("updated_at"))
                    .foreign_key(&mut refer("workflows", "user_id", "users", ForeignKeyAction::Cascade))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("workflows", &["user_id", "id"])).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("workflows").to_owned()).await
    }
}
