//! Files that steps kept: replies that are not text.

use crate::{
    api::{files::FileView, page::Page, problem::ProblemDetails},
    server::{
        error::AppError,
        http::extract::{Auth, PageQuery, ReadScope, WriteScope, path_id},
        services::files,
        state::AppState,
    },
};
use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{StatusCode, header, request::Parts},
    response::IntoResponse,
};
use uuid::Uuid;

/// A file by the id of the address.
pub struct FileId(Uuid);

impl FromRequestParts<AppState> for FileId {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        path_id(parts, state, "id", "file").await.map(Self)
    }
}

/// List files
///
/// What `http_request` steps kept of replies that are not text.
#[utoipa::path(get, path = "/api/files", tag = "Files",
    params(("limit" = Option<u64>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = Page<FileView>), (status = 401, body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub async fn list(
    State(state): State<AppState>,
    auth: Auth<ReadScope>,
    page: PageQuery,
) -> Result<Json<Page<FileView>>, AppError> {
    Ok(Json(files::list(&state, auth.user, page.after, page.limit).await?))
}

/// Get a file
///
/// The bytes as they came, to be saved: a browser never shows them as a page of this site.
#[utoipa::path(get, path = "/api/files/{id}", tag = "Files", params(("id" = Uuid, Path)), responses(
    (status = 200, content_type = "application/octet-stream", body = Vec<u8>),
    (status = 401, body = ProblemDetails),
    (status = 404, body = ProblemDetails)))]
pub async fn get(
    State(state): State<AppState>,
    auth: Auth<ReadScope>,
    FileId(id): FileId,
) -> Result<impl IntoResponse, AppError> {
    let file = files::get(&state, auth.user, id).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{id}\"")),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
    ];
    Ok((headers, file.bytes))
}

/// Delete a file
#[utoipa::path(delete, path = "/api/files/{id}", tag = "Files", params(("id" = Uuid, Path)), responses(
    (status = 204),
    (status = 401, body = ProblemDetails),
    (status = 404, body = ProblemDetails)))]
pub async fn delete(
    State(state): State<AppState>,
    auth: Auth<WriteScope>,
    FileId(id): FileId,
) -> Result<StatusCode, AppError> {
    files::delete(&state, auth.user, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
