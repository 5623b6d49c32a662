//! Attempts of nodes. No key to `nodes`: history outlives edits.

use crate::columns::{big, id, index, integer, json, refer, text, text_null, time_null, uuid, uuid_null};
use sea_orm_migration::prelude::*;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0009_node_executions"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("node_executions")
                    .col(id())
                    .col(uuid("workflow_run_id"))
                    .col(uuid("node_id"))
                    .col(text("node_name"))
                    .col(text("node_type"))
                    .col(integer("attempt", 1))
                    .col(text("status"))
                    .col(text_null("port"))
                    .col(json("input_data"))
                    .col(json("output_data"))
                    .col(text_null("error_code"))
                    .col(text_null("error_message"))
                    .col(json("logs"))
                    .col(json("usage"))
                    .col(integer("execution_order", 0))
                    .col(time_null("due_at"))
                    .col(uuid_null("reused_from"))
                    .col(big("lease_epoch", 0))
                    .col(time_null("started_at"))
                    .col(time_null("completed_at"))
                    .foreign_key(&mut refer(
                        "node_executions",
                        "workflow_run_id",
                        "workflow_runs",
                        ForeignKeyAction::Cascade,
                    ))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                index("node_executions", &["workflow_run_id", "node_id", "attempt"]).unique().to_owned(),
            )
            .await?;
        // A node completes at most once in a run, whatever happens.
        manager.get_connection().execute_unprepared("CREATE UNIQUE INDEX node_executions_completed_key ON node_executions (workflow_run_id, node_id) WHERE status = 'completed'").await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("node_executions").to_owned()).await
    }
}
