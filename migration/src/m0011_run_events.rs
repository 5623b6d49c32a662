//! What the event stream replays; `seq` has no gaps.

use crate::columns::{big, json, refer, text, time, uuid};
use sea_orm_migration::prelude::*;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0011_run_events"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("run_events")
                    .col(uuid("run_id"))
                    .col(big("seq", 1))
                    .col(time("at"))
                    .col(text("kind"))
                    .col(json("payload"))
                    .primary_key(Index::create().col("run_id").col("seq"))
                    .foreign_key(&mut refer(
                        "run_events",
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
        manager.drop_table(Table::drop().table("run_events").to_owned()).await
    }
}
