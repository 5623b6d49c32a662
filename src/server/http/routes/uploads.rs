//! Uploads: sending files, looking how far they are, cancelling.

use crate::{
    api::{
        page::Page,
        problem::ProblemDetails,
        uploads::{UploadState, UploadView},
    },
    server::{
        error::AppError,
        http::extract::{CollectionOf, ReadScope, SentFiles, UploadOf, UploadQuery, WaitQuery, WriteScope},
        services::uploads,
        state::AppState,
    },
};
use axum::{Json, extract::State, http::StatusCode};

/// Upload files into a collection
///
/// Any number of `txt`, `md`, `html`, `csv`, `tsv`, `json`, `jsonl` and `pdf` files as `multipart/form-data`. They are
/// read, split into parts and embedded in the background; a file that cannot be read has an error of its own. Parts whose
/// text the collection has already are skipped, so that sending files again adds what is new in them. With
/// `?wait=SECONDS` the reply comes when all is done (200), or after that time (202).
#[utoipa::path(post, path = "/api/vectors/collections/{name}/upload", tag = "Collections",
    params(("name" = String, Path), ("wait" = Option<f64>, Query, description = "Seconds, 600 at most"),
        ("chunk_size" = Option<u32>, Query, description = "Tokens of a part at most, 16 to 254; 200 if absent"),
        ("chunk_overlap" = Option<u32>, Query, description = "Tokens that a part repeats of the one before; 30 if absent"),
        ("rows" = Option<String>, Query, description = "`each` row of a table is a document, or rows are `grouped`")),
    request_body(content = Vec<u8>, content_type = "multipart/form-data"),
    responses((status = 200, body = UploadView), (status = 202, body = UploadView), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 413, description = "`upload_too_large`", body = ProblemDetails), (status = 415, description = "`not_multipart`", body = ProblemDetails),
        (status = 422, body = ProblemDetails), (status = 429, description = "`too_many_uploads`", body = ProblemDetails)))]
pub async fn start(
    State(state): State<AppState>,
    target: CollectionOf<WriteScope>,
    UploadQuery(options): UploadQuery,
    WaitQuery(wait): WaitQuery,
    SentFiles(sent): SentFiles,
) -> Result<(StatusCode, Json<UploadView>), AppError> {
    let CollectionOf { owner, view: collection, .. } = target;
    let view = uploads::start(&state, owner, collection, sent, options)?;
    let Some(at_most) = wait else { return Ok((StatusCode::ACCEPTED, Json(view))) };
    let view = uploads::wait(&state, owner, &view.collection, view.id, at_most).await?;
    let status = if view.state == UploadState::Running { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok((status, Json(view)))
}

/// List uploads into a collection
///
/// Those under way and those of the last hour, of the process that answers.
#[utoipa::path(get, path = "/api/vectors/collections/{name}/uploads", tag = "Collections",
    params(("name" = String, Path)),
    responses((status = 200, body = Page<UploadView>), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub async fn list(State(state): State<AppState>, target: CollectionOf<ReadScope>) -> Json<Page<UploadView>> {
    let items = uploads::list(&state, target.owner, &target.view.name);
    Json(Page { items, next: None })
}

/// Get how far an upload is
///
/// With `?wait=SECONDS` the reply comes when it has ended, or after that time.
#[utoipa::path(get, path = "/api/vectors/collections/{name}/uploads/{id}", tag = "Collections",
    params(("name" = String, Path), ("id" = Uuid, Path), ("wait" = Option<f64>, Query, description = "Seconds, 600 at most")),
    responses((status = 200, body = UploadView), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub async fn get(
    State(state): State<AppState>,
    target: UploadOf<ReadScope>,
    WaitQuery(wait): WaitQuery,
) -> Result<Json<UploadView>, AppError> {
    let UploadOf { collection, id } = target;
    let view = match wait {
        Some(at_most) => uploads::wait(&state, collection.owner, &collection.view.name, id, at_most).await?,
        None => uploads::get(&state, collection.owner, &collection.view.name, id)?,
    };
    Ok(Json(view))
}

/// Cancel an upload
///
/// It ends after the batch that is being stored; what was added before stays.
#[utoipa::path(delete, path = "/api/vectors/collections/{name}/uploads/{id}", tag = "Collections",
    params(("name" = String, Path), ("id" = Uuid, Path)),
    responses((status = 202, body = UploadView), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 409, description = "`upload_ended`", body = ProblemDetails)))]
pub async fn cancel(
    State(state): State<AppState>,
    target: UploadOf<WriteScope>,
) -> Result<(StatusCode, Json<UploadView>), AppError> {
    let UploadOf { collection, id } = target;
    Ok((StatusCode::ACCEPTED, Json(uploads::cancel(&state, collection.owner, &collection.view.name, id)?)))
}
