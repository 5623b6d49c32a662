//! Starting, listing, reading and cancelling runs, going on with them, deciding about their steps.

use super::{codec::Reply, error::UiError};
use crate::api::{
    page::Page,
    runs::{ChildCount, RunAccepted, RunDetail, RunFork, RunStatus, RunSummary},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use server_fn::codec::Json;
use uuid::Uuid;

/// Which runs a list shows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RunsWanted {
    pub workflow: Option<Uuid>,
    pub status: Option<RunStatus>,
    /// The children of that run.
    pub parent: Option<Uuid>,
    /// Those that this step of the parent started.
    pub parent_node: Option<Uuid>,
    /// No children of other runs.
    pub top_level: bool,
}

/// Runs, newest first.
#[server(prefix = "/fn", endpoint = "runs/list", input = Json, output = Reply)]
pub async fn list_runs(
    wanted: RunsWanted,
    after: Option<String>,
    limit: u32,
) -> Result<Page<RunSummary>, UiError> {
    use super::session;
    use crate::server::services::runs;
    let (state, owner) = session::signed_in().await?;
    let RunsWanted { workflow, status, parent, parent_node, top_level } = wanted;
    let query = runs::RunQuery { workflow, status, trigger: None, parent, parent_node, top_level };
    Ok(runs::list_all(&state, owner, query, after, u64::from(limit)).await?)
}

/// How many runs each step of a run started, by their states.
#[server(prefix = "/fn", endpoint = "runs/count-children", output = Reply)]
pub async fn count_children(parent: Uuid) -> Result<Vec<ChildCount>, UiError> {
    use super::session;
    use crate::server::services::runs;
    let (state, owner) = session::signed_in().await?;
    Ok(runs::count_children(&state, owner, parent.into()).await?)
}

/// A run with all its steps.
#[server(prefix = "/fn", endpoint = "runs/get", output = Reply)]
pub async fn get_run(workflow: Uuid, run: Uuid) -> Result<RunDetail, UiError> {
    use super::session;
    use crate::server::services::runs;
    let (state, owner) = session::signed_in().await?;
    Ok(runs::get(&state, owner, workflow.into(), run.into()).await?)
}

/// Starts the workflow as it is saved now.
#[server(prefix = "/fn", endpoint = "runs/start", input = Json, output = Reply)]
pub async fn start_run(workflow: Uuid, input_data: Value, use_pinned: bool) -> Result<RunAccepted, UiError> {
    use super::session;
    use crate::{api::runs::RunCreate, server::services::runs};
    let (state, owner) = session::signed_in().await?;
    Ok(runs::start(
        &state,
        owner,
        workflow.into(),
        RunCreate { input_data, use_pinned },
        runs::StartOptions::manual(),
    )
    .await?)
}

/// Asks a run to end.
#[server(prefix = "/fn", endpoint = "runs/cancel", output = Reply)]
pub async fn cancel_run(workflow: Uuid, run: Uuid) -> Result<(), UiError> {
    use super::session;
    use crate::server::services::runs;
    let (state, owner) = session::signed_in().await?;
    runs::cancel(&state, owner, workflow.into(), run.into()).await?;
    Ok(())
}

/// Makes a new run that goes on where a failed or cancelled one stopped, and goes to it.
#[server(prefix = "/fn", endpoint = "runs/resume", output = Reply)]
pub async fn resume_run(workflow: Uuid, run: Uuid) -> Result<RunAccepted, UiError> {
    use super::session;
    use crate::server::services::runs;
    let (state, owner) = session::signed_in().await?;
    let options = runs::StartOptions::manual();
    let made = runs::resume(&state, owner, workflow.into(), run.into(), options).await?;
    leptos_axum::redirect(&format!("/workflows/{workflow}/runs/{}", made.run_id));
    Ok(made)
}

/// Runs an earlier run again in a new one, from its beginning or from a step, and goes to it.
#[server(prefix = "/fn", endpoint = "runs/again", output = Reply)]
pub async fn run_again(workflow: Uuid, run: Uuid, from_node: Option<String>) -> Result<RunAccepted, UiError> {
    use super::session;
    use crate::server::services::runs;
    let (state, owner) = session::signed_in().await?;
    let options = runs::StartOptions::manual();
    let fork = RunFork { from_node: from_node.filter(|name| !name.is_empty()), ..RunFork::default() };
    let made = runs::fork(&state, owner, workflow.into(), run.into(), fork, options).await?;
    leptos_axum::redirect(&format!("/workflows/{workflow}/runs/{}", made.run_id));
    Ok(made)
}

/// Makes a new run out of an earlier one: from a step, with other values, on another version.
#[server(prefix = "/fn", endpoint = "runs/fork", input = Json, output = Reply)]
pub async fn fork_run(workflow: Uuid, run: Uuid, fork: RunFork) -> Result<RunAccepted, UiError> {
    use super::session;
    use crate::server::services::runs;
    let (state, owner) = session::signed_in().await?;
    let options = runs::StartOptions::manual();
    Ok(runs::fork(&state, owner, workflow.into(), run.into(), fork, options).await?)
}

/// Decides about a step that waits for a person; 409 if it waits no longer.
#[server(prefix = "/fn", endpoint = "runs/approve", output = Reply)]
pub async fn approve_run(
    workflow: Uuid,
    run: Uuid,
    node: String,
    approved: bool,
    comment: Option<String>,
) -> Result<RunAccepted, UiError> {
    use super::session;
    use crate::{api::runs::RunApprove, server::services::runs};
    let (state, owner) = session::signed_in().await?;
    let comment = comment.filter(|text| !text.trim().is_empty());
    let body = RunApprove { node, approved, comment };
    Ok(runs::approve(&state, owner, workflow.into(), run.into(), body).await?)
}
