//! The immutable snapshots that runs belong to.

use crate::{
    api::{
        page::Page,
        workflows::{VersionDetail, VersionSummary},
    },
    server::{
        error::AppError,
        services::page_request,
        state::AppState,
        store::{
            self,
            versions::{self, Restored},
        },
    },
    workflow::{
        diff::{self, WorkflowDiff},
        document::Workflow,
        ids::{UserId, WorkflowId},
    },
};

/// A page of versions, newest first; `limit` from 1 to 200.
///
/// # Errors
/// 404, 422 for a bad `limit` or `after`.
pub async fn list_versions(
    state: &AppState,
    owner: UserId,
    id: WorkflowId,
    after: Option<String>,
    limit: u64,
) -> Result<Page<VersionSummary>, AppError> {
    Ok(versions::list(&state.store, owner, id, &page_request(after, limit)?).await?)
}

/// One version with its document.
///
/// # Errors
/// 404.
pub async fn get_version(
    state: &AppState,
    owner: UserId,
    id: WorkflowId,
    number: i32,
) -> Result<VersionDetail, AppError> {
    Ok(versions::get(&state.store, owner, id, number).await?)
}

/// Puts a version back into the draft; what the draft was becomes a version first.
///
/// # Errors
/// 404, 409 `stale_revision`.
pub async fn restore_version(
    state: &AppState,
    owner: UserId,
    id: WorkflowId,
    number: i32,
    revision: Option<i64>,
) -> Result<Restored, AppError> {
    let write = state.store.write().await?;
    let restored = versions::restore(&write, owner, id, number, revision, state.clock.now()).await?;
    write.commit().await?;
    Ok(restored)
}

/// What changed from a version to another one; `with: None` is the draft.
///
/// # Errors
/// 404 for either.
pub async fn diff_versions(
    state: &AppState,
    owner: UserId,
    id: WorkflowId,
    number: i32,
    with: Option<i32>,
) -> Result<WorkflowDiff, AppError> {
    let from = versions::get(&state.store, owner, id, number).await?.document;
    let to = match with {
        Some(number) => versions::get(&state.store, owner, id, number).await?.document,
        None => Workflow::from(&store::workflows::get(&state.store, owner, id).await?),
    };
    Ok(diff::diff(&from, &to))
}
