//! Triggers, which of them a run came from, and notices of failed runs.

use crate::columns::{
    boolean, id, index, integer, json, refer, text, text_null, time, time_null, uuid, uuid_null,
};
use sea_orm_migration::prelude::*;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0017_triggers"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("triggers")
                    .col(id())
                    .col(uuid("workflow_id"))
                    .col(text("kind"))
                    .col(text("name"))
                    .col(json("config"))
                    .col(text_null("slug"))
                    // Sealed, not hashed: a signature can only be checked with the secret itself.
                    .col(text_null("secret"))
                    .col(boolean("paused", false))
                    .col(time_null("next_at"))
                    .col(time_null("last_at"))
                    // Why the last firing made no run.
                    .col(text_null("error_code"))
                    .col(text_null("error_message"))
                    .col(time("created_at"))
                    .col(time("updated_at"))
                    .foreign_key(&mut refer(
                        "triggers",
                        "workflow_id",
                        "workflows",
                        ForeignKeyAction::Cascade,
                    ))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("triggers", &["workflow_id"])).await?;
        manager.create_index(index("triggers", &["slug"]).unique().to_owned()).await?;
        manager
            .create_table(
                Table::create()
                    .table("failure_notices")
                    // One for each run that failed.
                    .col(ColumnDef::new("run_id").uuid().not_null().primary_key())
                    .col(uuid("workflow_id"))
                    .col(text("url"))
                    .col(integer("attempts", 0))
                    .col(time_null("due_at"))
                    .col(time_null("sent_at"))
                    .col(text_null("error"))
                    .col(time("created_at"))
                    .foreign_key(&mut refer(
                        "failure_notices",
                        "run_id",
                        "workflow_runs",
                        ForeignKeyAction::Cascade,
                    ))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("failure_notices", &["workflow_id", "run_id"])).await?;
        // History outlives triggers: no foreign key.
        for (table, mut column) in
            [("workflow_runs", uuid_null("trigger_id")), ("workflows", text_null("failure_url"))]
        {
            manager.alter_table(Table::alter().table(table).add_column(&mut column).to_owned()).await?;
        }
        let connection = manager.get_connection();
        for statement in [
            "CREATE INDEX triggers_next_idx ON triggers (next_at) WHERE next_at IS NOT NULL",
            "CREATE INDEX failure_notices_due_idx ON failure_notices (due_at) WHERE due_at IS NOT NULL",
            "CREATE INDEX workflow_runs_trigger_idx ON workflow_runs (trigger_id, id) WHERE trigger_id IS NOT NULL",
        ] {
            connection.execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_index(Index::drop().name("workflow_runs_trigger_idx").table("workflow_runs").to_owned())
            .await?;
        for (table, column) in [("workflow_runs", "trigger_id"), ("workflows", "failure_url")] {
            manager.alter_table(Table::alter().table(table).drop_column(column).to_owned()).await?;
        }
        manager.drop_table(Table::drop().table("failure_notices").to_owned()).await?;
        manager.drop_table(Table::drop().table("triggers").to_owned()).await
    }
}
