//! Runs: starting, looking, cancelling.

use crate::{
    api::{
        page::Page,
        problem::ProblemDetails,
        runs::{RunAccepted, RunCreate, RunDetail, RunSummary},
    },
    server::{
        error::AppError,
        http::extract::{
            Auth, JsonBody, PageQuery, ReadScope, RunListQuery, RunOf, RunScope, WaitQuery, WorkflowOf,
        },
        services::runs::{self, StartOptions},
        state::AppState,
    },
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};

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
    headers: HeaderMap,
    JsonBody(body): JsonBody<RunCreate>,
) -> Result<Response, AppError> {
    let idempotency_key = match headers.get("idempotency-key").map(|value| value.to_str()) {
        Some(Ok(key)) => Some(key.to_owned()),
        Some(Err(_)) => return Err(AppError::field("Idempotency-Key", "must be plain ASCII text")),
        None => None,
    };
    let options = StartOptions { trigger: "api", idempotency_key };
    let accepted = runs::start(&state, workflow.owner, workflow.id, body, options).await?;
    if let Some(at_most) = wait
        && runs::wait(&state, accepted.run_id.into(), at_most).await
    {
        let detail = runs::get(&state, workflow.owner, workflow.id, accepted.run_id.into()).await?;
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

/// List runs across workflows
#[utoipa::path(get, path = "/api/runs", tag = "Runs",
    params(("status" = Option<String>, Query), ("workflow" = Option<Uuid>, Query), ("trigger" = Option<String>, Query), ("parent" = Option<Uuid>, Query, description = "Only the children of that run"),
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
