//! What a run needs that waits without a task in memory: when to look at it again, how much of its time is left, whether
//! somebody wants it to stop; and what its children and its successors inherit.

use crate::columns::{big_null, boolean, integer, time_null, uuid_null};
use sea_orm_migration::prelude::*;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0012_waiting_runs"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite takes one column at a time.
        for mut column in [
            time_null("wake_at"),
            boolean("cancel_requested", false),
            big_null("time_left_ms"),
            uuid_null("effect_root"),
            integer("depth", 0),
        ] {
            let alter = Table::alter().table("workflow_runs").add_column(&mut column).to_owned();
            manager.alter_table(alter).await?;
        }
        manager.get_connection().execute_unprepared("CREATE INDEX workflow_runs_wake_idx ON workflow_runs (wake_at) WHERE status IN ('pending', 'running', 'waiting') AND wake_at IS NOT NULL").await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_index(Index::drop().name("workflow_runs_wake_idx").table("workflow_runs").to_owned())
            .await?;
        for column in ["wake_at", "cancel_requested", "time_left_ms", "effect_root", "depth"] {
            let alter = Table::alter().table("workflow_runs").drop_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        Ok(())
    }
}
