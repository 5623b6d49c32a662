//! Edges of a workflow, one by one.

use crate::{
    api::{
        page::Page,
        problem::ProblemDetails,
        workflows::{EdgeBody, EdgeView},
    },
    server::{
        error::AppError,
        http::extract::{EdgeOf, IfMatch, JsonBody, ReadScope, WorkflowOf, WriteScope},
        services::workflows,
        state::AppState,
    },
};
use axum::{Json, extract::State, http::StatusCode};

/// List edges
#[utoipa::path(get, path = "/api/workflows/{id}/edges", tag = "Workflows", params(("id" = Uuid, Path)),
    responses((status = 200, body = Page<EdgeView>), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub async fn list(
    State(state): State<AppState>,
    workflow: WorkflowOf<ReadScope>,
) -> Result<Json<Page<EdgeView>>, AppError> {
    let items = workflows::get_edges(&state, workflow.owner, workflow.id).await?;
    Ok(Json(Page { items, next: None }))
}

/// Add an edge
#[utoipa::path(post, path = "/api/workflows/{id}/edges", tag = "Workflows",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)), request_body = EdgeBody,
    responses((status = 201, body = EdgeView), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 409, description = "There already, or `stale_revision`", body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub async fn create(
    State(state): State<AppState>,
    workflow: WorkflowOf<WriteScope>,
    IfMatch(revision): IfMatch,
    JsonBody(body): JsonBody<EdgeBody>,
) -> Result<(StatusCode, Json<EdgeView>), AppError> {
    let made = workflows::create_edge(&state, workflow.owner, workflow.id, body, revision).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Remove an edge
#[utoipa::path(delete, path = "/api/workflows/{id}/edges/{edge_id}", tag = "Workflows",
    params(("id" = Uuid, Path), ("edge_id" = Uuid, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 204), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails)))]
pub async fn delete(
    State(state): State<AppState>,
    target: EdgeOf<WriteScope>,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, AppError> {
    let EdgeOf { workflow, edge } = target;
    workflows::delete_edge(&state, workflow.owner, workflow.id, edge, revision).await?;
    Ok(StatusCode::NO_CONTENT)
}
