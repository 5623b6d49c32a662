//! People's decisions about `approval` steps, and about what a step inside a step asks: written by who decides, read by the engine.

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
use serde_json::Value;

/// The word in `kind` of the checkpoints that are decisions.
pub const KIND: &str = "approval";
/// The field of what a waiting step keeps that tells what it waits for, unless it is time.
pub const WAITS_FOR: &str = "waits_for";
/// The field of what a waiting step keeps that has the number of the decision, where that is not its attempt.
pub const SEQ: &str = "seq";

/// What a person decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub approved: bool,
    pub comment: Option<String>,
    /// Name of the account.
    pub by: String,
    pub at: DateTime<Utc>,
}

/// The number that a decision about a waiting node gets; `None` when it waits for nobody, or no longer: that of its
/// attempt, or the one that the node keeps for it.
///
/// # Errors
/// `NotFound` for the run, `Unavailable`.
pub async fn awaited(
    db: &impl Read,
    owner: UserId,
    workflow: WorkflowId,
    run: RunId,
    node: NodeId,
) -> Result<Option<i64>, StoreError> {
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
    let row = executions::Entity::find()
        .select_only()
        .columns([
            executions::Column::Attempt,
            executions::Column::NodeType,
            executions::Column::Port,
            executions::Column::OutputData,
        ])
        .filter(executions::Column::WorkflowRunId.eq(run.0))
        .filter(executions::Column::NodeId.eq(node.0))
        .filter(executions::Column::Status.eq(NodeStatus::Waiting.as_str()))
        // A row that has not started waits for its retry, not for a person.
        .filter(executions::Column::StartedAt.is_not_null())
        .order_by_desc(executions::Column::Attempt)
        .limit(1)
        .into_tuple::<(i32, String, Option<String>, Value)>()
        .one(db.connection())
        .await?;
    Ok(row.and_then(|(attempt, node_type, port, kept)| {
        // What waits for time has its port already, and keeps what users made.
        let asks = port.is_none() && kept.get(WAITS_FOR).is_some_and(|waits| waits == KIND);
        (asks || node_type == KIND)
            .then(|| kept.get(SEQ).and_then(Value::as_i64).filter(|_| asks).unwrap_or(i64::from(attempt)))
    }))
}

/// Writes a decision; `false` when there is one of that number.
///
/// # Errors
/// `Unavailable`.
pub async fn decide(
    write: &Write,
    run: RunId,
    node: NodeId,
    seq: impl Into<i64>,
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
            seq.into().into(),
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

/// The decision of that number, if somebody has made one.
///
/// # Errors
/// `Damaged`, `Unavailable`.
pub async fn decision(
    db: &impl Read,
    run: RunId,
    node: NodeId,
    seq: i64,
) -> Result<Option<Decision>, StoreError> {
    let row = checkpoints::Entity::find_by_id((run.0, node.0, seq))
        .filter(checkpoints::Column::Kind.eq(KIND))
        .one(db.connection())
        .await?;
    row.map(|row| serde_json::from_value(row.payload).map_err(StoreError::damaged)).transpose()
}
