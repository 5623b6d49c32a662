//! Steps inside a step, such as the tool calls of an agent.

use crate::columns::{big, json, refer, text, time, uuid};
use sea_orm_migration::prelude::*;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0010_node_checkpoints"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("node_checkpoints")
                    .col(uuid("run_id"))
                    .col(uuid("node_id"))
                    .col(big("seq", 1))
                    .col(text("kind"))
                    .col(json("payload"))
                    .col(time("created_at"))
                    .primary_key(Index::create().col("run_id").col("node_id").col("seq"))
                    .foreign_key(&mut refer(
                        "node_checkpoints",
                        "run_id",
                        "workflow_runs",
                        ForeignKeyAction::Cascade,
                    ))
                    .to_owned(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("node_checkpoints").to_owned()).await
    }
}
