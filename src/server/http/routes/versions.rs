//! Versions: the snapshots that runs belong to.

use crate::{
    api::{
        page::Page,
        problem::ProblemDetails,
        workflows::{VersionDetail, VersionSummary, WorkflowDetail},
    },
    server::{
        error::AppError,
        http::extract::{DiffQuery, IfMatch, PageQuery, ReadScope, VersionOf, WorkflowOf, WriteScope},
        services::workflows,
        state::AppState,
    },
    workflow::diff::WorkflowDiff,
};
use axum::{Json, extract::State};

/// List versions
#[utoipa::path(get, path = "/api/workflows/{id}/versions", tag = "Workflows",
    params(("id" = Uuid, Path), ("limit" = Option<u64>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = Page<VersionSummary>), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub async fn list(
    State(state): State<AppState>,
    workflow: WorkflowOf<ReadScope>,
    page: PageQuery,
) -> Result<Json<Page<VersionSummary>>, AppError> {
    Ok(Json(workflows::list_versions(&state, workflow.owner, workflow.id, page.after, page.limit).await?))
}

/// Get a version with its document
#[utoipa::path(get, path = "/api/workflows/{id}/versions/{number}", tag = "Workflows",
    params(("id" = Uuid, Path), ("number" = i32, Path)),
    responses((status = 200, body = VersionDetail), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub async fn get(
    State(state): State<AppState>,
    target: VersionOf<ReadScope>,
) -> Result<Json<VersionDetail>, AppError> {
    let VersionOf { workflow, number } = target;
    Ok(Json(workflows::get_version(&state, workflow.owner, workflow.id, number).await?))
}

/// Compare a version with another one
///
/// What has to change in the version of the address to make it the other one: nodes by id, edges by what they connect.
#[utoipa::path(get, path = "/api/workflows/{id}/versions/{number}/diff", tag = "Workflows",
    params(("id" = Uuid, Path), ("number" = i32, Path),
        ("with" = Option<String>, Query, description = "The number of another version, or `draft`, which it is by default")),
    responses((status = 200, body = WorkflowDiff), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub async fn diff(
    State(state): State<AppState>,
    target: VersionOf<ReadScope>,
    DiffQuery(with): DiffQuery,
) -> Result<Json<WorkflowDiff>, AppError> {
    let VersionOf { workflow, number } = target;
    Ok(Json(workflows::diff_versions(&state, workflow.owner, workflow.id, number, with).await?))
}

/// Put a version back into the draft
#[utoipa::path(post, path = "/api/workflows/{id}/versions/{number}/restore", tag = "Workflows",
    params(("id" = Uuid, Path), ("number" = i32, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = WorkflowDetail), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails)))]
pub async fn restore(
    State(state): State<AppState>,
    target: VersionOf<WriteScope>,
    IfMatch(revision): IfMatch,
) -> Result<Json<WorkflowDetail>, AppError> {
    let VersionOf { workflow, number } = target;
    let restored = workflows::restore_version(&state, workflow.owner, workflow.id, number, revision).await?;
    Ok(Json(restored.workflow))
}
