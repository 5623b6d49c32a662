//! Runs as the engine reads them: the only finders that ask for no owner.

mod children;
mod leases;
mod signals;

pub use children::{
    ChildResult, ChildState, child_results, child_states, completed_children, input_and_output,
};
pub use leases::{due, heartbeat, next_wake, ownerless};
pub use signals::{request_cancel, signals};

use super::{
    Read, StoreError,
    entities::{node_executions as executions, workflow_runs as runs, workflow_versions},
    executions::parse_status,
    runs::{NewRun, parse_status as parse_run_status},
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
use uuid::Uuid;

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
    /// The run that it resumes or forks.
    pub forked_from: Option<RunId>,
    pub lease_owner: Option<String>,
    pub lease_epoch: i64,
    pub lease_expires_at: Option<DateTime<Utc>>,
    pub deadline_at: Option<DateTime<Utc>>,
    /// While it waits.
    pub time_left_ms: Option<i64>,
    pub wake_at: Option<DateTime<Utc>>,
    pub cancel_requested: bool,
    pub next_event_seq: i64,
    pub parent: Option<ParentStep>,
    /// Runs above it.
    pub depth: i32,
    /// What keys of effects are made of; `None`: the run's own id.
    pub effect_root: Option<Uuid>,
    pub started_at: Option<DateTime<Utc>>,
}

/// The step of another run that a run is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParentStep {
    pub run: RunId,
    pub node: NodeId,
    pub item_index: i32,
}

impl EngineRun {
    /// A run that is about to be made.
    #[must_use]
    pub fn new(id: RunId, owner: UserId, new: &NewRun) -> Self {
        Self {
            id,
            owner,
            workflow_id: new.workflow_id,
            version_id: new.version_id,
            status: RunStatus::Pending,
            input_data: Value::Null,
            use_pinned: new.use_pinned,
            error_code: None,
            error_message: None,
            forked_from: None,
            lease_owner: None,
            lease_epoch: 0,
            lease_expires_at: None,
            deadline_at: None,
            time_left_ms: None,
            wake_at: None,
            cancel_requested: false,
            next_event_seq: 1,
            parent: None,
            depth: 0,
            effect_root: None,
            started_at: None,
        }
    }
}

/// One attempt in the history of a run.
#[derive(Debug, Clone)]
pub struct PastAttempt {
    pub node: NodeId,
    pub attempt: i32,
    pub status: NodeStatus,
    pub port: Option<String>,
    /// Of a completed attempt; of a waiting one what it keeps.
    pub output_data: Value,
    pub due_at: Option<DateTime<Utc>>,
    /// Absent while an attempt waits for its time.
    pub started_at: Option<DateTime<Utc>>,
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
        forked_from: row.forked_from.map(RunId),
        lease_owner: row.lease_owner,
        lease_epoch: row.lease_epoch,
        lease_expires_at: row.lease_expires_at,
        deadline_at: row.deadline_at,
        time_left_ms: row.time_left_ms,
        wake_at: row.wake_at,
        cancel_requested: row.cancel_requested,
        next_event_seq: row.next_event_seq,
        parent: match (row.parent_run_id, row.parent_node_id, row.item_index) {
            (Some(run), Some(node), Some(item_index)) => {
                Some(ParentStep { run: RunId(run), node: NodeId(node), item_index })
            }
            _ => None,
        },
        depth: row.depth,
        effect_root: row.effect_root,
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

/// Whose run it is.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn owner(db: &impl Read, run: RunId) -> Result<UserId, StoreError> {
    let owner: Option<Uuid> = runs::Entity::find_by_id(run.0)
        .select_only()
        .column(runs::Column::UserId)
        .into_tuple()
        .one(db.connection())
        .await?;
    owner.map(UserId).ok_or(StoreError::NotFound("run"))
}

/// What the last write to a run left in its row: the epoch, the number of the next event, and who has the run.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn last_write(db: &impl Read, run: RunId) -> Result<(i64, i64, Option<String>), StoreError> {
    runs::Entity::find_by_id(run.0)
        .select_only()
        .columns([runs::Column::LeaseEpoch, runs::Column::NextEventSeq, runs::Column::LeaseOwner])
        .into_tuple()
        .one(db.connection())
        .await?
        .ok_or(StoreError::NotFound("run"))
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
                due_at: row.due_at,
                started_at: row.started_at,
                error_code: row.error_code,
                error_message: row.error_message,
                execution_order: row.execution_order,
            })
        })
        .collect()
}
