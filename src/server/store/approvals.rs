//! People's decisions about `approval` steps: written by who decides, read by the engine.

use super::{
    Read, StoreError, Write,
    entities::{node_checkpoints as checkpoints, node_executions as executions, workflow_runs as runs},
    json, runs as run_queries,
};
use crate::{
    api::runs::NodeStatus,
    workflow::ids::{NodeId, RunId, UserId, WorkflowId},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{OnConflict, Query},
};
use serde::{Deserialize, Serialize};

/// The word in `kind` of the checkpoints that are decisions.
pub const KIND: &str = "approval";

/// What a person decided about one attempt of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub approved: bool,
    pub comment: Option<String>,
    /// Name of the account.
    pub by: String,
    pub at: DateTime<Utc>,
}

/// The attempt of a node that waits for a person; `None` when it does not wait, or no longer.
///
/// # Errors
/// `NotFound` for the run, `Unavailable`.
pub async fn waiting_attempt(
    db: &impl Read,
    owner: UserId,
    workflow: WorkflowId,
    run: RunId,
    node: NodeId,
) -> Result<Option<i32>, StoreError> {
    let row = runs::Entity::find_by_id(run.0)
        .filter(runs::Column::UserId.eq(owner.0))
        .filter(runs::Column::WorkflowId.eq(workflow.0))
        .select_only()
        .columns([runs::Column::Status, runs::Column::CancelRequested])
        .into_tuple::<(String, bool)>()
        .one(db.connection())
        .await?;
    let (status, cancel_requested) = row.ok_or(StoreError::NotFound("run"))?;
    if cancel_requested || run_queries::parse_status(&status)?.is_terminal() {
        return Ok(None);
    }
    Ok(executions::Entity::find()
        .select_only()
        .column(executions::Column::Attempt)
        .filter(executions::Column::WorkflowRunId.eq(run.0))
        .filter(executions::Column::NodeId.eq(node.0))
        .filter(executions::Column::NodeType.eq(KIND))
        .filter(executions::Column::Status.eq(NodeStatus::Waiting.as_str()))
        // A row that has not started waits for its retry, not for a person.
        .filter(executions::Column::StartedAt.is_not_null())
        .order_by_desc(executions::Column::Attempt)
        .limit(1)
        .into_tuple()
        .one(db.connection())
        .await?)
}

/// Writes a decision; `false` when that attempt was decided before.
///
/// # Errors
/// `Unavailable`.
pub async fn decide(
    write: &Write,
    run: RunId,
    node: NodeId,
    attempt: i32,
    decision: &Decision,
) -> Result<bool, StoreError> {
    let mut insert = Query::insert();
    insert
        .into_table(checkpoints::Entity)
        .columns([
            checkpoints::Column::RunId,
            checkpoints::Column::NodeId,
            checkpoints::Column::Seq,
            checkpoints::Column::Kind,
            checkpoints::Column::Payload,
            checkpoints::Column::CreatedAt,
        ])
        .values_panic([
            run.0.into(),
            node.0.into(),
            i64::from(attempt).into(),
            KIND.into(),
            json::value(write.backend(), decision)?,
            decision.at.into(),
        ])
        .on_conflict(
            OnConflict::columns([
                checkpoints::Column::RunId,
                checkpoints::Column::NodeId,
                checkpoints::Column::Seq,
            ])
            .do_nothing()
            .to_owned(),
        );
    if write.connection().execute(&insert).await?.rows_affected() == 0 {
        return Ok(false);
    }
    // Whoever has the run, or takes it up next, finds the decision.
    let wake = Query::update()
        .table(runs::Entity)
        .value(runs::Column::WakeAt, decision.at)
        .and_where(runs::Column::Id.eq(run.0))
        .to_owned();
    write.connection().execute(&wake).await?;
    Ok(true)
}

/// The decision about an attempt, if somebody has made one.
///
/// # Errors
/// `Damaged`, `Unavailable`.
pub async fn decision(
    db: &impl Read,
    run: RunId,
    node: NodeId,
    attempt: i32,
) -> Result<Option<Decision>, StoreError> {
    let row = checkpoints::Entity::find_by_id((run.0, node.0, i64::from(attempt)))
        .filter(checkpoints::Column::Kind.eq(KIND))
        .one(db.connection())
        .await?;
    row.map(|row| serde_json::from_value(row.payload).map_err(StoreError::damaged)).transpose()
}
