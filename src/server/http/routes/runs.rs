//! Runs: starting, looking, cancelling.

use crate::{
    api::{
        page::Page,
        problem::ProblemDetails,
        runs::{RunAccepted, RunApprove, RunCreate, RunDetail, RunFork, RunSummary},
    },
    server::{
        error::AppError,
        http::extract::{
            Auth, IdempotencyKey, JsonBody, PageQuery, ReadScope, RunListQuery, RunOf, RunScope, WaitQuery,
            WorkflowOf,
        },
        services::runs::{self, StartOptions},
        state::AppState,
    },
};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use std::time::Duration;

/// Start a run
///
/// With `?wait=SECONDS` the reply comes when the run has ended (200), or after that time (202).
#[utoipa::path(post, path = "/api/workflows/{id}/runs", tag = "Runs",
    params(("id" = Uuid, Path), ("wait" = Option<f64>, Query, description = "Seconds, 600 at most"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key with the same body gives the same run")),
    request_body = RunCreate,
    responses((status = 200, body = RunDetail), (status = 202, body = RunAccepted), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 422, description = "`workflow_has_problems`, `input_does_not_fit`, `idempotency_key_reused`", body = ProblemDetails)))]
pub async fn start(
    State(state): State<AppState>,
    workflow: WorkflowOf<RunScope>,
    WaitQuery(wait): WaitQuery,
    IdempotencyKey(idempotency_key): IdempotencyKey,
    JsonBody(body): JsonBody<RunCreate>,
) -> Result<Response, AppError> {
    let options = StartOptions { head: workflow.head, ..StartOptions::api(idempotency_key) };
    let accepted = runs::start(&state, workflow.owner, workflow.id, body, options).await?;
    reply(&state, &workflow, accepted, wait).await
}

/// A new run: at once, or with what it did once it has ended.
async fn reply<S>(
    state: &AppState,
    workflow: &WorkflowOf<S>,
    accepted: RunAccepted,
    wait: Option<Duration>,
) -> Result<Response, AppError> {
    if let Some(at_most) = wait
        && runs::wait(state, accepted.run_id.into(), at_most).await
    {
        let detail = runs::get_ended(state, workflow.owner, workflow.id, accepted.run_id.into()).await?;
        return Ok(Json(detail).into_response());
    }
    Ok((StatusCode::ACCEPTED, Json(accepted)).into_response())
}

/// List the runs of a workflow
#[utoipa::path(get, path = "/api/workflows/{id}/runs", tag = "Runs",
    params(("id" = Uuid, Path), ("limit" = Option<u64>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = Page<RunSummary>), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub async fn list(
    State(state): State<AppState>,
    workflow: WorkflowOf<ReadScope>,
    page: PageQuery,
) -> Result<Json<Page<RunSummary>>, AppError> {
    Ok(Json(runs::list(&state, workflow.owner, workflow.id, page.after, page.limit).await?))
}

/// Get a run with what every step did
#[utoipa::path(get, path = "/api/workflows/{id}/runs/{run_id}", tag = "Runs",
    params(("id" = Uuid, Path), ("run_id" = Uuid, Path)),
    responses((status = 200, body = RunDetail), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub async fn get(
    State(state): State<AppState>,
    target: RunOf<ReadScope>,
) -> Result<Json<RunDetail>, AppError> {
    let RunOf { workflow, run } = target;
    Ok(Json(runs::get(&state, workflow.owner, workflow.id, run).await?))
}

/// Cancel a run
#[utoipa::path(post, path = "/api/workflows/{id}/runs/{run_id}/cancel", tag = "Runs",
    params(("id" = Uuid, Path), ("run_id" = Uuid, Path)),
    responses((status = 202, body = RunAccepted), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 409, description = "`run_ended`", body = ProblemDetails)))]
pub async fn cancel(
    State(state): State<AppState>,
    target: RunOf<RunScope>,
) -> Result<(StatusCode, Json<RunAccepted>), AppError> {
    let RunOf { workflow, run } = target;
    Ok((StatusCode::ACCEPTED, Json(runs::cancel(&state, workflow.owner, workflow.id, run).await?)))
}

/// Resume a run
///
/// Makes a new run that takes over every step that completed in a failed or cancelled one and does the others. The reply
/// is that of a start, `?wait=` included.
#[utoipa::path(post, path = "/api/workflows/{id}/runs/{run_id}/resume", tag = "Runs",
    params(("id" = Uuid, Path), ("run_id" = Uuid, Path), ("wait" = Option<f64>, Query, description = "Seconds, 600 at most"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same run")),
    responses((status = 200, body = RunDetail), (status = 202, body = RunAccepted), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 409, description = "`run_completed`, `run_not_ended`", body = ProblemDetails),
        (status = 422, description = "`idempotency_key_reused`", body = ProblemDetails)))]
pub async fn resume(
    State(state): State<AppState>,
    target: RunOf<RunScope>,
    WaitQuery(wait): WaitQuery,
    IdempotencyKey(idempotency_key): IdempotencyKey,
) -> Result<Response, AppError> {
    let RunOf { workflow, run } = target;
    let options = StartOptions::api(idempotency_key);
    let accepted = runs::resume(&state, workflow.owner, workflow.id, run, options).await?;
    reply(&state, &workflow, accepted, wait).await
}

/// Run a run again, or a part of it
///
/// Makes a new run out of an earlier one. `from_node` runs a step and all that follow it again; `outputs` puts values in
/// place of what steps gave and runs what follows them; `input_data` is another input, which runs everything again unless
/// `from_node` says from where; `version: current` takes the workflow as it is now and runs what changed. Steps that did not
/// complete run in any case. Everything else is taken over. An empty body runs everything again. A run that has not
/// ended may be forked: what it has completed so far is taken over.
#[utoipa::path(post, path = "/api/workflows/{id}/runs/{run_id}/fork", tag = "Runs",
    params(("id" = Uuid, Path), ("run_id" = Uuid, Path), ("wait" = Option<f64>, Query, description = "Seconds, 600 at most"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key with the same body gives the same run")),
    request_body = RunFork,
    responses((status = 200, body = RunDetail), (status = 202, body = RunAccepted), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 422, description = "Unknown nodes as `from_node` and `outputs.<name>`; `workflow_has_problems`, `input_does_not_fit`, `idempotency_key_reused`", body = ProblemDetails)))]
pub async fn fork(
    State(state): State<AppState>,
    target: RunOf<RunScope>,
    WaitQuery(wait): WaitQuery,
    IdempotencyKey(idempotency_key): IdempotencyKey,
    JsonBody(body): JsonBody<RunFork>,
) -> Result<Response, AppError> {
    let RunOf { workflow, run } = target;
    let options = StartOptions::api(idempotency_key);
    let accepted = runs::fork(&state, workflow.owner, workflow.id, run, body, options).await?;
    reply(&state, &workflow, accepted, wait).await
}

/// Decide about an approval step
#[utoipa::path(post, path = "/api/workflows/{id}/runs/{run_id}/approve", tag = "Runs",
    params(("id" = Uuid, Path), ("run_id" = Uuid, Path)), request_body = RunApprove,
    responses((status = 202, body = RunAccepted), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 409, description = "`not_waiting`", body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub async fn approve(
    State(state): State<AppState>,
    target: RunOf<RunScope>,
    JsonBody(body): JsonBody<RunApprove>,
) -> Result<(StatusCode, Json<RunAccepted>), AppError> {
    let RunOf { workflow, run } = target;
    Ok((StatusCode::ACCEPTED, Json(runs::approve(&state, workflow.owner, workflow.id, run, body).await?)))
}

/// List runs across workflows
#[utoipa::path(get, path = "/api/runs", tag = "Runs",
    params(("status" = Option<String>, Query), ("workflow" = Option<Uuid>, Query), ("trigger" = Option<String>, Query), ("parent" = Option<String>, Query, description = "Only the children of that run; `none`: only runs that are no children"),
        ("parent_node" = Option<Uuid>, Query, description = "Only the children that this step of the parent started"),
        ("limit" = Option<u64>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = Page<RunSummary>), (status = 401, body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub async fn list_all(
    State(state): State<AppState>,
    auth: Auth<ReadScope>,
    query: RunListQuery,
) -> Result<Json<Page<RunSummary>>, AppError> {
    let RunListQuery { which, page } = query;
    Ok(Json(runs::list_all(&state, auth.user, which, page.after, page.limit).await?))
}
