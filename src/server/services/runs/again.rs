//! Resume and fork: new runs out of earlier ones. Both take over what need not be done again.

use super::{
    StartOptions,
    affected::{self, Wishes},
    given, input,
};
use crate::server::hex::hex;
use crate::{
    api::runs::{ForkVersion, RunAccepted, RunFork, RunStatus},
    server::{
        error::AppError,
        services::{Fields, workflows},
        state::AppState,
        store::{
            self,
            again::{Given, NewAgain, PastExecution, Reused, Source},
            runs::NewRun,
        },
    },
    workflow::{
        check,
        diff::changed_behaviour,
        document::Workflow,
        ids::{NodeId, RunId, UserId, WorkflowId},
    },
};
use axum::http::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;

/// Goes on with a failed or cancelled run in a new one: what completed is taken over, the rest is done.
///
/// # Errors
/// 404; 409 `run_completed`, `run_not_ended`; 422 `idempotency_key_reused`.
pub async fn resume(
    state: &AppState,
    owner: UserId,
    workflow: WorkflowId,
    run: RunId,
    options: StartOptions,
) -> Result<RunAccepted, AppError> {
    let request = Request { owner, workflow, run, digest: digest("resume", run, &Value::Null), options };
    if let Some(made) = request.made_before(state).await? {
        return Ok(made);
    }
    let source = store::again::source(&state.store, owner, workflow, run).await?;
    match source.status {
        RunStatus::Failed | RunStatus::Cancelled => {}
        RunStatus::Completed => {
            return Err(AppError::new(
                StatusCode::CONFLICT,
                "run_completed",
                "The run has completed, so there is nothing to resume. Fork it to run it, or a part of it, again.",
            ));
        }
        RunStatus::Pending | RunStatus::Running | RunStatus::Waiting => {
            return Err(AppError::new(
                StatusCode::CONFLICT,
                "run_not_ended",
                format!(
                    "The run has not ended yet ({}). Wait until it has, or cancel it, and resume it then.",
                    source.status.as_str()
                ),
            ));
        }
    }
    let document = store::engine_runs::document(&state.store, source.version_id).await?;
    let past = store::again::past(&state.store, run).await?;
    let made = Made {
        reused: reused(&document, &affected::reusable(&document, &past, &Wishes::default())),
        given: Vec::new(),
        input_data: source.input_data.clone(),
        effect_root: Some(source.effect_root),
        current: None,
    };
    request.make(state, &source, made).await
}

/// Runs an earlier run again in a new one, from a step or with other values. What none of that touches is taken over;
/// a body that asks for nothing runs everything again. A run that has not ended may be forked too: what it has completed
/// so far never changes.
///
/// # Errors
/// 404; 422 for unknown nodes and outputs that do not fit, as `from_node` and `outputs.<name>`; 422
/// `workflow_has_problems`, for input as at a start, `idempotency_key_reused`.
pub async fn fork(
    state: &AppState,
    owner: UserId,
    workflow: WorkflowId,
    run: RunId,
    body: RunFork,
    options: StartOptions,
) -> Result<RunAccepted, AppError> {
    let asked = serde_json::to_value(&body).map_err(AppError::internal)?;
    let request = Request { owner, workflow, run, digest: digest("fork", run, &asked), options };
    if let Some(made) = request.made_before(state).await? {
        return Ok(made);
    }
    let source = store::again::source(&state.store, owner, workflow, run).await?;
    // Before the documents: what has completed by now is taken over, what completes later is not.
    let past = store::again::past(&state.store, run).await?;
    let before = store::engine_runs::document(&state.store, source.version_id).await?;
    let current = match body.version {
        ForkVersion::Same => None,
        ForkVersion::Current => Some(current(state, owner, workflow).await?),
    };
    let document = current.as_ref().unwrap_or(&before);
    let mut fields = Fields::default();
    let mut wishes = Wishes::default();
    if let Some(name) = &body.from_node {
        match document.node_named(name) {
            Some(_) if body.outputs.contains_key(name) => {
                fields.refuse(
                    "from_node",
                    "has an output in `outputs`, so it cannot run; leave out one of both",
                );
            }
            Some(node) => drop(wishes.again.insert(node.id)),
            None => fields.refuse("from_node", "is not a step of this version; take the name of one that is"),
        }
    }
    let given = given::read(document, body.outputs, state.config.limits.max_output_bytes, &mut fields);
    fields.check()?;
    let other_input = body.input_data.as_ref().is_some_and(|input| *input != source.input_data);
    let input_data = match body.input_data {
        Some(input_data) => {
            input::check_size(&input_data, state.config.limits.max_input_bytes)?;
            input_data
        }
        None => source.input_data.clone(),
    };
    if let Some(schema) = document.input_schema.clone().filter(|_| other_input || current.is_some()) {
        input::check_schema(schema, input_data.clone()).await?;
    }
    wishes.given = given.iter().map(|one| one.node).collect();
    if let Some(current) = &current {
        wishes.again.extend(changed_behaviour(&before, current));
        if source.use_pinned {
            wishes.again.extend(pinned_otherwise(&before, current));
        }
    }
    let asks_for_nothing = wishes.given.is_empty() && current.is_none();
    wishes.everything = body.from_node.is_none() && (other_input || asks_for_nothing);
    let made = Made {
        reused: reused(document, &affected::reusable(document, &past, &wishes)),
        given,
        input_data,
        effect_root: None,
        current,
    };
    request.make(state, &source, made).await
}

/// The draft, if it can run.
async fn current(state: &AppState, owner: UserId, workflow: WorkflowId) -> Result<Workflow, AppError> {
    let document = Workflow::from(&workflows::get(state, owner, workflow).await?);
    let problems = workflows::problems(state, owner, &document).await?;
    if check::can_run(&problems) { Ok(document) } else { Err(AppError::has_problems(problems)) }
}

/// What identifies a request for a run out of another one.
struct Request {
    owner: UserId,
    workflow: WorkflowId,
    run: RunId,
    digest: String,
    options: StartOptions,
}

/// What the new run consists of.
struct Made {
    reused: Vec<Reused>,
    given: Vec<Given>,
    input_data: Value,
    effect_root: Option<RunId>,
    /// To be frozen; `None`: the version of the source.
    current: Option<Workflow>,
}

impl Request {
    /// A repeated request is answered before anything is checked: what it was about may look different by now.
    async fn made_before(&self, state: &AppState) -> Result<Option<RunAccepted>, AppError> {
        self.options.check()?;
        let Some(key) = &self.options.idempotency_key else { return Ok(None) };
        let made =
            store::runs::made_before(&state.store, self.owner, self.workflow, key, &self.digest).await?;
        Ok(made.map(|run| RunAccepted { run_id: run.id.0, status: run.status }))
    }

    async fn make(self, state: &AppState, source: &Source, made: Made) -> Result<RunAccepted, AppError> {
        let now = state.clock.now();
        let write = state.store.write().await?;
        let version_id = match &made.current {
            Some(document) => {
                let frozen =
                    store::versions::find_or_create(&write, self.owner, self.workflow, document, now).await?;
                frozen.id.into()
            }
            None => source.version_id,
        };
        let new = NewAgain {
            run: NewRun {
                workflow_id: self.workflow,
                version_id,
                trigger: self.options.trigger.to_owned(),
                trigger_id: self.options.trigger_id,
                input_data: made.input_data,
                use_pinned: source.use_pinned,
                idempotency_key: self.options.idempotency_key,
            },
            source: self.run,
            effect_root: made.effect_root,
            request_digest: self.digest,
            reused: made.reused,
            given: made.given,
        };
        let run = store::again::create(&write, self.owner, &new, now).await?;
        write.commit().await?;
        if run.is_new {
            state.engine.submit(run.id);
            tracing::info!(run_id = %run.id, forked_from = %self.run, reused = new.reused.len(),
                "run {} goes out from run {}", run.id, self.run);
        }
        Ok(RunAccepted { run_id: run.id.0, status: run.status })
    }
}

/// Nodes that stand for something else where pinned outputs are taken.
fn pinned_otherwise<'w>(before: &'w Workflow, now: &'w Workflow) -> impl Iterator<Item = NodeId> + 'w {
    let pinned: HashMap<_, _> =
        before.nodes.iter().map(|node| (node.id, &node.settings.pinned_output)).collect();
    now.nodes
        .iter()
        .filter(move |node| pinned.get(&node.id).is_none_or(|pin| **pin != node.settings.pinned_output))
        .map(|node| node.id)
}

fn reused(document: &Workflow, executions: &[&PastExecution]) -> Vec<Reused> {
    executions
        .iter()
        .filter_map(|one| {
            let node_name = document.node(one.node)?.name.clone();
            Some(Reused { execution: one.id, node: one.node, node_name })
        })
        .collect()
}

/// The same for the same request, whatever the order of keys in it.
fn digest(what: &str, run: RunId, body: &Value) -> String {
    let mut request = json!({ "what": what, "run": run, "body": body });
    request.sort_all_objects();
    hex(Sha256::digest(request.to_string()))
}
