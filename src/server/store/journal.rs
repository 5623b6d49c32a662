//! What the engine writes: one [`RunWrite`] is everything that becomes true of a run at once.
//! The fence is a conditional update of the run's row; what fails it is refused as a whole.

mod apply;
mod at_once;
mod attempts;
mod checkpoints;
mod children;
pub(super) mod rows;
mod run;

pub use apply::{apply_apart, apply_together};
pub use at_once::commit_at_once;

use super::data_tables::{Refusal, RowsWrite};
use crate::{
    api::{
        events::RunEvent,
        runs::{NodeStatus, RunStatus},
    },
    workflow::ids::{NodeId, RunId, TriggerId, UserId, VersionId, WorkflowId},
};
use chrono::{DateTime, Utc};
use std::sync::Arc;
use uuid::Uuid;

/// Changes of one run that become durable together or not at all.
#[derive(Debug, Clone)]
pub struct RunWrite {
    pub run: RunId,
    /// The epoch that the writer believes in; another one in the row refuses the write.
    pub epoch: i64,
    pub status: RunStatus,
    pub lease: Lease,
    /// Changes the run's clock, where it stops or goes on.
    pub clock: Option<RunClock>,
    pub wake: Option<WakeChange>,
    pub error: Option<Failure>,
    /// Present when the run ends.
    pub end: Option<End>,
    /// New rows.
    pub started: Vec<StartedAttempt>,
    /// Waiting rows whose attempt starts now.
    pub restarted: Vec<RestartedAttempt>,
    /// What became of attempts: their end, or that they wait.
    pub changed: Vec<ChangedAttempt>,
    /// Steps inside a step, each before anything follows from it.
    pub checkpoints: Vec<NewCheckpoint>,
    pub children: Vec<NewChild>,
    /// Steps whose child runs shall stop.
    pub cancel_children: Vec<NodeId>,
    /// Has to look at its children: this run, one of them, has ended.
    pub wake_parent: Option<(RunId, DateTime<Utc>)>,
    /// With their sequence numbers; the last one's successor becomes `next_event_seq`.
    pub events: Vec<RunEvent>,
    /// Rows of a user's table that a completion of this write brings with it. Refused rows refuse the whole write.
    pub effect: Option<Arc<RowsWrite>>,
}

impl RunWrite {
    /// Nothing yet, by the owner of that epoch.
    #[must_use]
    pub fn new(run: RunId, epoch: i64) -> Self {
        Self {
            run,
            epoch,
            status: RunStatus::Running,
            lease: Lease::Keep,
            clock: None,
            wake: None,
            error: None,
            end: None,
            started: Vec::new(),
            restarted: Vec::new(),
            changed: Vec::new(),
            checkpoints: Vec::new(),
            children: Vec::new(),
            cancel_children: Vec::new(),
            wake_parent: None,
            events: Vec::new(),
            effect: None,
        }
    }
}

/// What happens to the lease of the run.
#[derive(Debug, Clone, Default)]
pub enum Lease {
    #[default]
    Keep,
    /// The first write of a process that takes a run over: it raises the epoch, so that nobody else's writes count.
    Take(TakeOver),
    /// The run waits without a process.
    Release,
}

/// Who takes a run over.
#[derive(Debug, Clone)]
pub struct TakeOver {
    pub owner: String,
    pub expires_at: DateTime<Utc>,
    pub started_at: DateTime<Utc>,
    /// The number of the next event when the run was read: who had it may have gone on since.
    pub seen_seq: i64,
    /// Makes the run's row; otherwise it is there already.
    pub create: Option<Arc<NewRow>>,
}

/// A run's row that is made by its first write.
#[derive(Debug, Clone)]
pub struct NewRow {
    pub workflow_id: WorkflowId,
    pub owner: UserId,
    pub version_id: VersionId,
    pub trigger: String,
    pub trigger_id: Option<TriggerId>,
    /// JSON text.
    pub input_data: Arc<str>,
    pub use_pinned: bool,
    pub idempotency_key: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// How much time a run has: until when while it runs, how much is left while it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunClock {
    Running { deadline_at: DateTime<Utc> },
    Waiting { time_left_ms: i64 },
}

/// Sets when to look at the run again, unless somebody else has set it since it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WakeChange {
    pub seen: Option<DateTime<Utc>>,
    pub new: Option<DateTime<Utc>>,
}

/// Why a node or a run failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub code: String,
    pub message: String,
}

/// The end of a run.
#[derive(Debug, Clone)]
pub struct End {
    pub at: DateTime<Utc>,
    /// JSON text; `null` unless the run completed.
    pub output_data: String,
}

/// A new row: an attempt that starts, one that waits for its time, or a node that is skipped (attempt 0).
#[derive(Debug, Clone)]
pub struct StartedAttempt {
    pub node: NodeId,
    pub node_name: String,
    pub node_type: String,
    pub attempt: i32,
    pub status: NodeStatus,
    /// JSON text.
    pub input_data: Arc<str>,
    pub execution_order: i32,
    /// When an attempt that waits will start.
    pub due_at: Option<DateTime<Utc>>,
    pub started_at: Option<DateTime<Utc>>,
    /// Present for what is over at once.
    pub completed_at: Option<DateTime<Utc>>,
}

/// A waiting row whose attempt starts.
#[derive(Debug, Clone)]
pub struct RestartedAttempt {
    pub node: NodeId,
    pub attempt: i32,
    pub started_at: DateTime<Utc>,
}

/// What became of an attempt that was under way.
#[derive(Debug, Clone)]
pub struct ChangedAttempt {
    pub node: NodeId,
    pub attempt: i32,
    pub status: NodeStatus,
    pub port: Option<String>,
    /// JSON text.
    pub output_data: Arc<str>,
    pub error: Option<Failure>,
    /// JSON text: a list of log lines; `None` keeps what is stored.
    pub logs: Option<String>,
    /// JSON text; `None` keeps what is stored.
    pub usage: Option<String>,
    /// When the waiting ends by itself.
    pub due_at: Option<DateTime<Utc>>,
    /// `None` while it waits.
    pub completed_at: Option<DateTime<Utc>>,
}

/// A step inside a step.
#[derive(Debug, Clone)]
pub struct NewCheckpoint {
    pub node: NodeId,
    /// From [`super::checkpoints::FIRST`] on, without gaps.
    pub seq: i64,
    pub kind: &'static str,
    /// JSON text.
    pub payload: String,
    pub at: DateTime<Utc>,
}

/// A child run to be made. Parent, node and index identify it.
#[derive(Debug, Clone)]
pub struct NewChild {
    pub id: RunId,
    pub node: NodeId,
    pub item_index: i32,
    pub workflow_id: WorkflowId,
    pub owner: UserId,
    pub version_id: VersionId,
    /// JSON text.
    pub input_data: String,
    pub depth: i32,
    /// What keys of effects inside it are made of.
    pub effect_root: Uuid,
    /// It could not even start: it is made as a failed run.
    pub failure: Option<Failure>,
    /// The run that is resumed has done it: it is made as a completed run.
    pub reused: Option<ReusedChild>,
    pub created_at: DateTime<Utc>,
}

/// The child of the run that is resumed, whose output a new child takes over.
#[derive(Debug, Clone)]
pub struct ReusedChild {
    pub run: RunId,
    /// JSON text.
    pub output_data: String,
}

/// Whether a write counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Written,
    /// The database does not take its rows: nothing was written.
    Refused(Refusal),
    /// Somebody else owns the run, or it has ended, or its idempotency key made one before: nothing was written.
    Fenced,
}
