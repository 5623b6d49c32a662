//! Runs as the engine reads them: the only finders that ask for no owner.

use super::{
    Read, StoreError,
    entities::{node_executions as executions, workflow_runs as runs, workflow_versions},
    executions::parse_status,
    runs::{parse_status as parse_run_status, unfinished},
};
use crate::{
    api::runs::{NodeStatus, RunStatus},
    workflow::{
        document::Workflow,
        ids::{NodeId, RunId, UserId, VersionId, WorkflowId},
    },
};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;

/// What the engine has to know of a run to go on with it.
#[derive(Debug, Clone)]
pub struct EngineRun {
    pub id: RunId,
    pub owner: UserId,
    pub workflow_id: WorkflowId,
    pub version_id: VersionId,
    pub status: RunStatus,
    pub input_data: Value,
    pub use_pinned: bool,
    /// Why it will fail, once steps that were under way have ended.
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub lease_epoch: i64,
    pub deadline_at: Option<DateTime<Utc>>,
    pub next_event_seq: i64,
    pub started_at: Option<DateTime<Utc>>,
}

/// One attempt in the history of a run.
#[derive(Debug, Clone)]
pub struct PastAttempt {
    pub node: NodeId,
    pub attempt: i32,
    pub status: NodeStatus,
    pub port: Option<String>,
    /// Of a completed attempt.
    pub output_data: Value,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub execution_order: i32,
}

/// The run, whoever owns it.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn get(db: &impl Read, run: RunId) -> Result<EngineRun, StoreError> {
    let row = runs::Entity::find_by_id(run.0).one(db.connection()).await?;
    let row = row.ok_or(StoreError::NotFound("run"))?;
    Ok(EngineRun {
        id: RunId(row.id),
        owner: UserId(row.user_id),
        workflow_id: WorkflowId(row.workflow_id),
        version_id: VersionId(row.version_id),
        status: parse_run_status(&row.status)?,
        input_data: row.input_data,
        use_pinned: row.use_pinned,
        error_code: row.error_code,
        error_message: row.error_message,
        lease_epoch: row.lease_epoch,
        deadline_at: row.deadline_at,
        next_event_seq: row.next_event_seq,
        started_at: row.started_at,
    })
}

/// The status of a run, without its data.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn status(db: &impl Read, run: RunId) -> Result<RunStatus, StoreError> {
    let word: Option<String> = runs::Entity::find_by_id(run.0)
        .select_only()
        .column(runs::Column::Status)
        .into_tuple()
        .one(db.connection())
        .await?;
    parse_run_status(&word.ok_or(StoreError::NotFound("run"))?)
}

/// Every run that has not ended, oldest first.
///
/// # Errors
/// `Unavailable`.
pub async fn unfinished_ids(db: &impl Read) -> Result<Vec<RunId>, StoreError> {
    let ids: Vec<uuid::Uuid> = runs::Entity::find()
        .select_only()
        .column(runs::Column::Id)
        .filter(unfinished())
        .order_by_asc(runs::Column::Id)
        .into_tuple()
        .all(db.connection())
        .await?;
    Ok(ids.into_iter().map(RunId).collect())
}

/// The document that a version froze.
///
/// # Errors
/// `NotFound`, `Damaged`, `Unavailable`.
pub async fn document(db: &impl Read, version: VersionId) -> Result<Workflow, StoreError> {
    let row = workflow_versions::Entity::find_by_id(version.0).one(db.connection()).await?;
    let row = row.ok_or(StoreError::NotFound("version"))?;
    serde_json::from_value(row.document).map_err(StoreError::damaged)
}

/// Every attempt of a run, in the order of their starting.
///
/// # Errors
/// `Damaged`, `Unavailable`.
pub async fn history(db: &impl Read, run: RunId) -> Result<Vec<PastAttempt>, StoreError> {
    let rows = executions::Entity::find()
        .filter(executions::Column::WorkflowRunId.eq(run.0))
        .order_by_asc(executions::Column::ExecutionOrder)
        .all(db.connection())
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(PastAttempt {
                node: NodeId(row.node_id),
                attempt: row.attempt,
                status: parse_status(&row.status)?,
                port: row.port,
                output_data: row.output_data,
                error_code: row.error_code,
                error_message: row.error_message,
                execution_order: row.execution_order,
            })
        })
        .collect()
}
