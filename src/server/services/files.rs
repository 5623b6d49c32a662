//! Files that steps kept: their owner lists, reads and deletes them.

use super::page_request;
use crate::{
    api::{files::FileView, page::Page},
    server::{
        error::AppError,
        state::AppState,
        store::files::{self, StoredFile},
    },
    workflow::ids::UserId,
};
use uuid::Uuid;

/// A page of the owner's files, newest first; `limit` from 1 to 200.
///
/// # Errors
/// 422 for a bad `limit` or `after`.
pub async fn list(
    state: &AppState,
    owner: UserId,
    after: Option<String>,
    limit: u64,
) -> Result<Page<FileView>, AppError> {
    Ok(files::list(&state.store, owner, &page_request(after, limit)?).await?)
}

/// A file with its bytes.
///
/// # Errors
/// 404.
pub async fn get(state: &AppState, owner: UserId, id: Uuid) -> Result<StoredFile, AppError> {
    Ok(files::get(&state.store, owner, id).await?)
}

/// Deletes a file; steps that read it fail from now on.
///
/// # Errors
/// 404.
pub async fn delete(state: &AppState, owner: UserId, id: Uuid) -> Result<(), AppError> {
    let write = state.store.write().await?;
    files::delete(&write, owner, id).await?;
    write.commit().await?;
    Ok(())
}
