//! Workflows as a whole.

use crate::{
    api::{
        page::Page,
        problem::{ProblemDetails, Validation},
        workflows::{GraphBody, WorkflowBody, WorkflowDetail, WorkflowSummary},
    },
    server::{
        error::AppError,
        http::extract::{Auth, IfMatch, JsonBody, PageQuery, ReadScope, WorkflowOf, WriteScope},
        services::workflows,
        state::AppState,
    },
};
use axum::{Json, extract::State, http::StatusCode};

/// List workflows
#[utoipa::path(get, path = "/api/workflows", tag = "Workflows",
    params(("limit" = Option<u64>, Query, description = "1 to 200, 50 by default"), ("after" = Option<String>, Query, description = "`next` of the page before")),
    responses((status = 200, body = Page<WorkflowSummary>), (status = 401, body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub async fn list(
    State(state): State<AppState>,
    auth: Auth<ReadScope>,
    page: PageQuery,
) -> Result<Json<Page<WorkflowSummary>>, AppError> {
    Ok(Json(workflows::list(&state, auth.user, page.after, page.limit).await?))
}

/// Make a workflow
#[utoipa::path(post, path = "/api/workflows", tag = "Workflows", request_body = WorkflowBody,
    responses((status = 201, body = WorkflowDetail), (status = 401, body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub async fn create(
    State(state): State<AppState>,
    auth: Auth<WriteScope>,
    JsonBody(body): JsonBody<WorkflowBody>,
) -> Result<(StatusCode, Json<WorkflowDetail>), AppError> {
    Ok((StatusCode::CREATED, Json(workflows::create(&state, auth.user, body).await?)))
}

/// Get a workflow with its nodes and edges
#[utoipa::path(get, path = "/api/workflows/{id}", tag = "Workflows", params(("id" = Uuid, Path)),
    responses((status = 200, body = WorkflowDetail), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub async fn get(
    State(state): State<AppState>,
    workflow: WorkflowOf<ReadScope>,
) -> Result<Json<WorkflowDetail>, AppError> {
    Ok(Json(workflows::get(&state, workflow.owner, workflow.id).await?))
}

/// Change a workflow
///
/// Replaces name, description, input schema and variables; the graph stays.
#[utoipa::path(put, path = "/api/workflows/{id}", tag = "Workflows",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The revision that the edit started from")),
    request_body = WorkflowBody,
    responses((status = 200, body = WorkflowDetail), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 409, description = "`stale_revision`", body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub async fn update(
    State(state): State<AppState>,
    workflow: WorkflowOf<WriteScope>,
    IfMatch(revision): IfMatch,
    JsonBody(body): JsonBody<WorkflowBody>,
) -> Result<Json<WorkflowDetail>, AppError> {
    Ok(Json(workflows::update(&state, workflow.owner, workflow.id, body, revision).await?))
}

/// Delete a workflow
///
/// Its unfinished runs are cancelled.
#[utoipa::path(delete, path = "/api/workflows/{id}", tag = "Workflows",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 204), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails)))]
pub async fn delete(
    State(state): State<AppState>,
    workflow: WorkflowOf<WriteScope>,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, AppError> {
    workflows::delete(&state, workflow.owner, workflow.id, revision).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Save the whole graph
///
/// Ids are made by the client. A draft may be incomplete; `validate` tells what keeps it from running.
#[utoipa::path(put, path = "/api/workflows/{id}/graph", tag = "Workflows", params(("id" = Uuid, Path)), request_body = GraphBody,
    responses((status = 200, body = WorkflowDetail), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 409, description = "`stale_revision`", body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub async fn put_graph(
    State(state): State<AppState>,
    workflow: WorkflowOf<WriteScope>,
    JsonBody(body): JsonBody<GraphBody>,
) -> Result<Json<WorkflowDetail>, AppError> {
    Ok(Json(workflows::put_graph(&state, workflow.owner, workflow.id, body).await?))
}

/// Check a workflow
///
/// Lists everything that can be known to be wrong without running it.
#[utoipa::path(post, path = "/api/workflows/{id}/validate", tag = "Workflows", params(("id" = Uuid, Path)),
    responses((status = 200, body = Validation), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub async fn validate(
    State(state): State<AppState>,
    workflow: WorkflowOf<ReadScope>,
) -> Result<Json<Validation>, AppError> {
    Ok(Json(workflows::validate(&state, workflow.owner, workflow.id).await?))
}
