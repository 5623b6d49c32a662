//! Nodes of a workflow, one by one.

use crate::{
    api::{
        page::Page,
        problem::ProblemDetails,
        workflows::{NodeBody, NodeView},
    },
    server::{
        error::AppError,
        http::extract::{IfMatch, JsonBody, NodeOf, ReadScope, WorkflowOf, WriteScope},
        services::workflows,
        state::AppState,
    },
};
use axum::{Json, extract::State, http::StatusCode};

/// List nodes
#[utoipa::path(get, path = "/api/workflows/{id}/nodes", tag = "Workflows", params(("id" = Uuid, Path)),
    responses((status = 200, body = Page<NodeView>), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub async fn list(
    State(state): State<AppState>,
    workflow: WorkflowOf<ReadScope>,
) -> Result<Json<Page<NodeView>>, AppError> {
    let items = workflows::get_nodes(&state, workflow.owner, workflow.id).await?;
    Ok(Json(Page { items, next: None }))
}

/// Add a node
#[utoipa::path(post, path = "/api/workflows/{id}/nodes", tag = "Workflows",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)), request_body = NodeBody,
    responses((status = 201, body = NodeView), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 409, description = "Name taken, or `stale_revision`", body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub async fn create(
    State(state): State<AppState>,
    workflow: WorkflowOf<WriteScope>,
    IfMatch(revision): IfMatch,
    JsonBody(body): JsonBody<NodeBody>,
) -> Result<(StatusCode, Json<NodeView>), AppError> {
    let made = workflows::create_node(&state, workflow.owner, workflow.id, body, revision).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Get a node
#[utoipa::path(get, path = "/api/workflows/{id}/nodes/{node_id}", tag = "Workflows",
    params(("id" = Uuid, Path), ("node_id" = Uuid, Path)),
    responses((status = 200, body = NodeView), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub async fn get(
    State(state): State<AppState>,
    target: NodeOf<ReadScope>,
) -> Result<Json<NodeView>, AppError> {
    Ok(Json(workflows::get_node(&state, target.workflow.owner, target.workflow.id, target.node).await?))
}

/// Change a node
///
/// Settings that the body leaves out stay.
#[utoipa::path(put, path = "/api/workflows/{id}/nodes/{node_id}", tag = "Workflows",
    params(("id" = Uuid, Path), ("node_id" = Uuid, Path), ("If-Match" = Option<String>, Header)), request_body = NodeBody,
    responses((status = 200, body = NodeView), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 409, body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub async fn update(
    State(state): State<AppState>,
    target: NodeOf<WriteScope>,
    IfMatch(revision): IfMatch,
    JsonBody(body): JsonBody<NodeBody>,
) -> Result<Json<NodeView>, AppError> {
    let NodeOf { workflow, node } = target;
    Ok(Json(workflows::update_node(&state, workflow.owner, workflow.id, node, body, revision).await?))
}

/// Remove a node and its edges
#[utoipa::path(delete, path = "/api/workflows/{id}/nodes/{node_id}", tag = "Workflows",
    params(("id" = Uuid, Path), ("node_id" = Uuid, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 204), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails)))]
pub async fn delete(
    State(state): State<AppState>,
    target: NodeOf<WriteScope>,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, AppError> {
    let NodeOf { workflow, node } = target;
    workflows::delete_node(&state, workflow.owner, workflow.id, node, revision).await?;
    Ok(StatusCode::NO_CONTENT)
}
