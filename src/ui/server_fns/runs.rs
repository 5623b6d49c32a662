//! Starting, listing, reading and cancelling runs, going on with them, deciding about their steps.

use super::error::UiError;
use crate::api::{
    page::Page,
    runs::{RunAccepted, RunDetail, RunFork, RunStatus, RunSummary},
};
use leptos::prelude::*;
use serde_json::Value;
use server_fn::codec::Json;
use uuid::Uuid;

/// Runs of one workflow, or of all; newest first.
#[server(prefix = "/fn", endpoint = "runs/list", input = Json)]
pub async fn list_runs(
    workflow: Option<Uuid>,
    status: Option<RunStatus>,
    after: Option<String>,
    limit: u32,
) -> Result<Page<RunSummary>, UiError> {
    use super::session;
    use crate::server::services::runs;
    let (state, owner) = session::signed_in().await?;
    let query = runs::RunQuery { workflow, status, trigger: None, parent: None };
    Ok(runs::list_all(&state, owner, query, after, u64::from(limit)).await?)
}

/// A run with all its steps.
#[server(prefix = "/fn", endpoint = "runs/get")]
pub async fn get_run(workflow: Uuid, run: Uuid) -> Result<RunDetail, UiError> {
    use super::session;
    use crate::server::services::runs;
    let (state, owner) = session::signed_in().await?;
    Ok(runs::get(&state, owner, workflow.into(), run.into()).await?)
}

/// Starts the workflow as it is saved now.
#[server(prefix = "/fn", endpoint = "runs/start", input = Json)]
pub async fn start_run(workflow: Uuid, input_data: Value) -> Result<RunAccepted, UiError> {
    use super::session;
    use crate::{api::runs::RunCreate, server::services::runs};
    let (state, owner) = session::signed_in().await?;
    Ok(runs::start(
        &state,
        owner,
        workflow.into(),
        RunCreate { input_data, use_pinned: true },
        runs::StartOptions::manual(),
    )
    .await?)
}

/// Asks a run to end.
#[server(prefix = "/fn", endpoint = "runs/cancel")]
pub async fn cancel_run(workflow: Uuid, run: Uuid) -> Result<(), UiError> {
    use super::session;
    use crate::server::services::runs;
    let (state, owner) = session::signed_in().await?;
    runs::cancel(&state, owner, workflow.into(), run.into()).await?;
    Ok(())
}

/// Makes a new run that goes on where a failed or cancelled one stopped.
#[server(prefix = "/fn", endpoint = "runs/resume")]
pub async fn resume_run(workflow: Uuid, run: Uuid) -> Result<RunAccepted, UiError> {
    use super::session;
    use crate::server::services::runs;
    let (state, owner) = session::signed_in().await?;
    let options = runs::StartOptions::manual();
    Ok(runs::resume(&state, owner, workflow.into(), run.into(), options).await?)
}

/// Makes a new run out of an earlier one: from a step, with other values, or all of it again.
#[server(prefix = "/fn", endpoint = "runs/fork", input = Json)]
pub async fn fork_run(workflow: Uuid, run: Uuid, fork: RunFork) -> Result<RunAccepted, UiError> {
    use super::session;
    use crate::server::services::runs;
    let (state, owner) = session::signed_in().await?;
    let options = runs::StartOptions::manual();
    Ok(runs::fork(&state, owner, workflow.into(), run.into(), fork, options).await?)
}

/// Decides about a step that waits for a person; 409 if it waits no longer.
#[server(prefix = "/fn", endpoint = "runs/approve", input = Json)]
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
    let body = RunApprove { node, approved, comment };
    Ok(runs::approve(&state, owner, workflow.into(), run.into(), body).await?)
}

/// The runs that the steps of a run started, newest first.
#[server(prefix = "/fn", endpoint = "runs/children", input = Json)]
pub async fn list_children(
    parent: Uuid,
    after: Option<String>,
    limit: u32,
) -> Result<Page<RunSummary>, UiError> {
    use super::session;
    use crate::server::services::runs;
    let (state, owner) = session::signed_in().await?;
    let query = runs::RunQuery { parent: Some(parent), ..runs::RunQuery::default() };
    Ok(runs::list_all(&state, owner, query, after, u64::from(limit)).await?)
}
