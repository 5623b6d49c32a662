//! What a list of runs reads of each: the statement and its rows.

use super::{
    super::{
        StoreError,
        entities::{workflow_runs as runs, workflow_versions, workflows},
    },
    parse_status,
};
use crate::{
    api::runs::{RunParent, RunSummary},
    workflow::ids::UserId,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    FromQueryResult, JoinType,
    sea_query::{Alias, Expr, ExprTrait, Query, SelectStatement},
};
use uuid::Uuid;

/// The run that a child run belongs to, in a statement about runs.
const PARENT: &str = "parent";

/// Runs of the owner's live workflows with the names and numbers that people know.
pub(super) fn summaries(owner: UserId) -> SelectStatement {
    let run = |column: runs::Column| (runs::Entity, column);
    Query::select()
        .columns([
            run(runs::Column::Id),
            run(runs::Column::WorkflowId),
            run(runs::Column::Status),
            run(runs::Column::Trigger),
            run(runs::Column::TriggerId),
            run(runs::Column::ErrorCode),
            run(runs::Column::ErrorMessage),
            run(runs::Column::CreatedAt),
            run(runs::Column::StartedAt),
            run(runs::Column::CompletedAt),
            run(runs::Column::ForkedFrom),
            run(runs::Column::ParentRunId),
            run(runs::Column::ParentNodeId),
            run(runs::Column::ItemIndex),
        ])
        .expr_as(Expr::col((Alias::new(PARENT), runs::Column::WorkflowId)), "parent_workflow_id")
        .expr_as(Expr::col((workflows::Entity, workflows::Column::Name)), "workflow_name")
        .expr_as(Expr::col((workflow_versions::Entity, workflow_versions::Column::Number)), "version")
        .from(runs::Entity)
        .inner_join(
            workflows::Entity,
            Expr::col((workflows::Entity, workflows::Column::Id)).equals(run(runs::Column::WorkflowId)),
        )
        .inner_join(
            workflow_versions::Entity,
            Expr::col((workflow_versions::Entity, workflow_versions::Column::Id))
                .equals(run(runs::Column::VersionId)),
        )
        .join_as(
            JoinType::LeftJoin,
            runs::Entity,
            Alias::new(PARENT),
            Expr::col((Alias::new(PARENT), runs::Column::Id)).equals(run(runs::Column::ParentRunId)),
        )
        .and_where(Expr::col(run(runs::Column::UserId)).eq(owner.0))
        .and_where(Expr::col((workflows::Entity, workflows::Column::DeletedAt)).is_null())
        .to_owned()
}

#[derive(FromQueryResult)]
pub(super) struct Row {
    id: Uuid,
    workflow_id: Uuid,
    workflow_name: String,
    version: i32,
    status: String,
    trigger: String,
    trigger_id: Option<Uuid>,
    error_code: Option<String>,
    error_message: Option<String>,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
    forked_from: Option<Uuid>,
    parent_run_id: Option<Uuid>,
    parent_workflow_id: Option<Uuid>,
    parent_node_id: Option<Uuid>,
    item_index: Option<i32>,
}

impl Row {
    fn parent(&self) -> Option<RunParent> {
        Some(RunParent {
            run_id: self.parent_run_id?,
            workflow_id: self.parent_workflow_id?,
            node_id: self.parent_node_id?,
            item_index: self.item_index?,
        })
    }

    pub(super) fn summary(self) -> Result<RunSummary, StoreError> {
        Ok(RunSummary {
            parent: self.parent(),
            forked_from: self.forked_from,
            id: self.id,
            workflow_id: self.workflow_id,
            workflow_name: self.workflow_name,
            version: self.version,
            status: parse_status(&self.status)?,
            trigger: self.trigger,
            trigger_id: self.trigger_id,
            error_code: self.error_code,
            error_message: self.error_message,
            created_at: self.created_at,
            started_at: self.started_at,
            completed_at: self.completed_at,
        })
    }
}
