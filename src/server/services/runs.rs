//! Runs: starting, watching, cancelling, looking back.

mod affected;
mod again;
mod approve;
mod given;
mod input;
mod prepared;

pub use again::{fork, resume};
pub use approve::approve;
pub use prepared::PreparedDrafts;

use super::{page_request, workflows::DraftHead};
use crate::{
    api::{
        events::RunEvent,
        page::Page,
        runs::{ChildCount, RunAccepted, RunCreate, RunDetail, RunStatus, RunSummary},
    },
    server::{
        error::AppError,
        state::AppState,
        store::{
            self,
            runs::{NewRun, RunFilter},
        },
    },
    workflow::ids::{NodeId, RunId, TriggerId, UserId, WorkflowId},
};
use futures::Stream;
use prepared::Prepared;
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

/// What runs can come from: a person in the editor, a program, the command line, a step of another run, a time, a request
/// to a webhook.
pub const TRIGGERS: [&str; 6] = ["manual", "api", "cli", "parent", "schedule", "webhook"];

/// Who asked for a run, and under which key.
#[derive(Debug, Clone)]
pub struct StartOptions {
    /// One of [`TRIGGERS`].
    pub trigger: &'static str,
    /// What started it by itself.
    pub trigger_id: Option<TriggerId>,
    /// The same key with the same body gives the same run.
    pub idempotency_key: Option<String>,
    /// The draft as the caller found it a moment ago.
    pub head: Option<DraftHead>,
}

impl StartOptions {
    /// A person pressed Run.
    #[must_use]
    pub fn manual() -> Self {
        Self { trigger: "manual", trigger_id: None, idempotency_key: None, head: None }
    }

    /// A program asked.
    #[must_use]
    pub fn api(idempotency_key: Option<String>) -> Self {
        Self { trigger: "api", trigger_id: None, idempotency_key, head: None }
    }

    fn check(&self) -> Result<(), AppError> {
        let mut fields = super::Fields::default();
        if let Some(key) = &self.idempotency_key {
            fields.line("Idempotency-Key", key, 1, KEY_CHARS);
        }
        fields.check()
    }
}

/// Characters of an idempotency key.
pub const KEY_CHARS: usize = 255;

/// Checks the draft and the input, freezes a version and starts a run of it.
///
/// # Errors
/// 404; 422 `workflow_has_problems` with what the checker found; 422 for input that is too large or does not fit the
/// workflow's schema; 422 `idempotency_key_reused`.
pub async fn start(
    state: &AppState,
    owner: UserId,
    id: WorkflowId,
    body: RunCreate,
    options: StartOptions,
) -> Result<RunAccepted, AppError> {
    let trigger = options.trigger;
    let (new, draft) = ready(state, owner, id, body, options).await?;
    store::faults::pass("runs::before_create")?;
    let run = state.engine.begin(owner, new, &draft.document).await?;
    store::faults::pass("runs::after_create")?;
    if run.is_new {
        tracing::info!(run_id = %run.id, workflow_id = %id, trigger, "run {} starts", run.id);
    }
    Ok(RunAccepted { run_id: run.id.0, status: run.status })
}

/// Checks what [`start`] does; the run is the caller's to make.
pub(super) async fn ready(
    state: &AppState,
    owner: UserId,
    id: WorkflowId,
    body: RunCreate,
    options: StartOptions,
) -> Result<(NewRun, Arc<Prepared>), AppError> {
    options.check()?;
    let draft = prepared::prepare(state, owner, id, options.head).await?;
    input::check_size(&body.input_data, state.config.limits.max_input_bytes)?;
    if let Some(schema) = draft.document.input_schema.clone() {
        input::check_schema(schema, body.input_data.clone()).await?;
    }
    let new = NewRun {
        workflow_id: id,
        version_id: draft.version,
        trigger: options.trigger.to_owned(),
        trigger_id: options.trigger_id,
        input_data: body.input_data,
        use_pinned: body.use_pinned,
        idempotency_key: options.idempotency_key,
    };
    Ok((new, draft))
}

/// Waits until a run has ended, at most so long; `true` if it has.
pub async fn wait(state: &AppState, run: RunId, at_most: Duration) -> bool {
    state.engine.wait(run, at_most).await
}

/// A run with the attempts of its nodes.
///
/// # Errors
/// 404.
pub async fn get(
    state: &AppState,
    owner: UserId,
    workflow: WorkflowId,
    run: RunId,
) -> Result<RunDetail, AppError> {
    let mut detail = store::runs::get(&state.store, owner, workflow, run).await?;
    detail.run.blocked_reason = state.engine.blocked_reason(run);
    Ok(detail)
}

/// A run that has ended, as [`wait`] found, with the attempts of its nodes.
///
/// # Errors
/// 404.
pub async fn get_ended(
    state: &AppState,
    owner: UserId,
    workflow: WorkflowId,
    run: RunId,
) -> Result<RunDetail, AppError> {
    Ok(store::runs::get_ended(&state.store, owner, workflow, run).await?)
}

/// A run without its data.
///
/// # Errors
/// 404.
pub async fn summary(
    state: &AppState,
    owner: UserId,
    workflow: WorkflowId,
    run: RunId,
) -> Result<RunSummary, AppError> {
    Ok(store::runs::summary(&state.store, owner, workflow, run).await?)
}

/// A page of the runs of one workflow, newest first; `limit` from 1 to 200.
///
/// # Errors
/// 404, 422 for a bad `limit` or `after`.
pub async fn list(
    state: &AppState,
    owner: UserId,
    workflow: WorkflowId,
    after: Option<String>,
    limit: u64,
) -> Result<Page<RunSummary>, AppError> {
    Ok(store::runs::list(&state.store, owner, workflow, &page_request(after, limit)?).await?)
}

/// Which runs [`list_all`] gives; all without a wish.
#[derive(Debug, Clone, Default)]
pub struct RunQuery {
    pub workflow: Option<Uuid>,
    pub status: Option<RunStatus>,
    pub trigger: Option<String>,
    /// Only the children of that run.
    pub parent: Option<Uuid>,
    /// Only the children that this step of the parent started.
    pub parent_node: Option<Uuid>,
    /// No children of other runs.
    pub top_level: bool,
}

/// A page of the owner's runs across workflows, newest first; `limit` from 1 to 200.
///
/// # Errors
/// 422 for a bad `limit` or `after`.
pub async fn list_all(
    state: &AppState,
    owner: UserId,
    query: RunQuery,
    after: Option<String>,
    limit: u64,
) -> Result<Page<RunSummary>, AppError> {
    let filter = RunFilter {
        status: query.status,
        workflow: query.workflow.map(WorkflowId),
        trigger: query.trigger,
        parent: query.parent.map(RunId),
        parent_node: query.parent_node.map(NodeId),
        top_level: query.top_level,
    };
    Ok(store::runs::list_all(&state.store, owner, &filter, &page_request(after, limit)?).await?)
}

/// How many runs each step of a run started, by their states.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn count_children(
    state: &AppState,
    owner: UserId,
    parent: RunId,
) -> Result<Vec<ChildCount>, AppError> {
    Ok(store::children::count(&state.store, owner, parent).await?)
}

/// Ends a run.
///
/// # Errors
/// 404; 409 `run_ended` when it has ended already.
pub async fn cancel(
    state: &AppState,
    owner: UserId,
    workflow: WorkflowId,
    run: RunId,
) -> Result<RunAccepted, AppError> {
    summary(state, owner, workflow, run).await?;
    state.engine.cancel(run).await?;
    let status = summary(state, owner, workflow, run).await?.status;
    Ok(RunAccepted { run_id: run.0, status })
}

/// Cancels a run whose workflow goes away; that it cannot be is only worth a line in the log.
pub(super) async fn cancel_quietly(state: &AppState, run: RunId) {
    if let Err(error) = state.engine.cancel(run).await {
        tracing::warn!(run_id = %run, %error, "a run of a deleted workflow was not cancelled");
    }
}

/// What a run tells from after event number `after` on; `None` when it has ended and everything was told.
///
/// # Errors
/// 404.
pub async fn events(
    state: &AppState,
    owner: UserId,
    workflow: WorkflowId,
    run: RunId,
    after: Option<i64>,
) -> Result<Option<impl Stream<Item = RunEvent> + Send + use<>>, AppError> {
    let ended = summary(state, owner, workflow, run).await?.status.is_terminal();
    if let Some(seq) = after
        && ended
        && store::events::after(&state.store, run, seq, 1).await?.is_empty()
    {
        return Ok(None);
    }
    Ok(Some(state.engine.events(run, after)))
}

/// How many runs are in each state, whoever's they are; for the metrics.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn count_by_status(state: &AppState) -> Result<Vec<(RunStatus, u64)>, AppError> {
    Ok(store::runs::count_by_status(&state.store).await?)
}
