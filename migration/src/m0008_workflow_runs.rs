//! Runs. They point at a version, never at the draft.

use crate::columns::{
    big, boolean, id, index, integer_null, json, refer, text, text_null, time, time_null, uuid, uuid_null,
};
use sea_orm_migration::prelude::*;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0008_workflow_runs"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("workflow_runs")
                    .col(id())
                    .col(uuid("workflow_id"))
                    .col(uuid("user_id"))
                    .col(uuid("version_id"))
                    .col(text("status"))
                    .col(text("trigger"))
                    .col(json("input_data"))
                    .col(json("output_data"))
                    .col(boolean("use_pinned", false))
                    .col(text_null("error_code"))
                    .col(text_null("error_message"))
                    .col(text_null("idempotency_key"))
                    .col(uuid_null("forked_from"))
                    .col(uuid_null("parent_run_id"))
                    .col(uuid_null("parent_node_id"))
                    .col(integer_null("item_index"))
                    .col(text_null("lease_owner"))
                    .col(big("lease_epoch", 0))
                    .col(time_null("lease_expires_at"))
                    .col(time_null("deadline_at"))
                    .col(big("next_event_seq", 1))
                    .col(time("created_at"))
                    .col(time_null("started_at"))
                    .col(time_null("completed_at"))
                    .foreign_key(&mut refer(
                        "workflow_runs",
                        "workflow_id",
                        "workflows",
                        ForeignKeyAction::Cascade,
                    ))
                    .foreign_key(&mut refer("workflow_runs", "user_id", "users", ForeignKeyAction::Cascade))
                    .foreign_key(&mut refer(
                        "workflow_runs",
                        "version_id",
                        "workflow_versions",
                        ForeignKeyAction::Cascade,
                    ))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                index("workflow_runs", &["user_id", "workflow_id", "idempotency_key"]).unique().to_owned(),
            )
            .await?;
        manager
            .create_index(
                index("workflow_runs", &["parent_run_id", "parent_node_id", "item_index"])
                    .unique()
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("workflow_runs", &["workflow_id", "id"])).await?;
        manager.create_index(index("workflow_runs", &["user_id", "id"])).await?;
        manager.create_index(index("workflow_runs", &["version_id"])).await?;
        manager.create_index(index("workflow_runs", &["forked_from"])).await?;
        // Recovery and the sweeper look at unfinished runs only.
        manager.get_connection().execute_unprepared("CREATE INDEX workflow_runs_unfinished_idx ON workflow_runs (id) WHERE status IN ('pending', 'running', 'waiting')").await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("workflow_runs").to_owned()).await
    }
}
