//! Collections of documents, and searching them.

use crate::{
    api::{
        page::Page,
        problem::ProblemDetails,
        vectors::{
            CollectionBody, CollectionView, DocumentView, DocumentsAdded, DocumentsBody, SearchBody,
            SearchReply,
        },
    },
    server::{
        error::AppError,
        http::extract::{Auth, CollectionOf, JsonBody, PageQuery, ReadScope, WriteScope, path_id},
        services::collections,
        state::AppState,
    },
};
use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{StatusCode, request::Parts},
};
use uuid::Uuid;

/// A document of a collection; whether it is there, the service says.
pub struct DocumentOf {
    collection: CollectionOf<WriteScope>,
    document: Uuid,
}

impl FromRequestParts<AppState> for DocumentOf {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let collection = CollectionOf::from_request_parts(parts, state).await?;
        let document = path_id(parts, state, "id", "document").await?;
        Ok(Self { collection, document })
    }
}

/// List collections
#[utoipa::path(get, path = "/api/vectors/collections", tag = "Collections",
    params(("limit" = Option<u64>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = Page<CollectionView>), (status = 401, body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub async fn list(
    State(state): State<AppState>,
    auth: Auth<ReadScope>,
    page: PageQuery,
) -> Result<Json<Page<CollectionView>>, AppError> {
    Ok(Json(collections::list(&state, auth.user, page.after, page.limit).await?))
}

/// Make a collection
#[utoipa::path(post, path = "/api/vectors/collections", tag = "Collections", request_body = CollectionBody,
    responses((status = 201, body = CollectionView), (status = 401, body = ProblemDetails),
        (status = 409, description = "The name is taken", body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub async fn create(
    State(state): State<AppState>,
    auth: Auth<WriteScope>,
    JsonBody(body): JsonBody<CollectionBody>,
) -> Result<(StatusCode, Json<CollectionView>), AppError> {
    Ok((StatusCode::CREATED, Json(collections::create(&state, auth.user, body).await?)))
}

/// Read a collection
#[utoipa::path(get, path = "/api/vectors/collections/{name}", tag = "Collections", params(("name" = String, Path)),
    responses((status = 200, body = CollectionView), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub async fn get(collection: CollectionOf<ReadScope>) -> Json<CollectionView> {
    Json(collection.view)
}

/// Delete a collection with its documents
#[utoipa::path(delete, path = "/api/vectors/collections/{name}", tag = "Collections", params(("name" = String, Path)),
    responses((status = 204), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub async fn delete(
    State(state): State<AppState>,
    collection: CollectionOf<WriteScope>,
) -> Result<StatusCode, AppError> {
    collections::delete(&state, collection.owner, &collection.view.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List documents
#[utoipa::path(get, path = "/api/vectors/collections/{name}/documents", tag = "Collections",
    params(("name" = String, Path), ("limit" = Option<u64>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = Page<DocumentView>), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 422, body = ProblemDetails)))]
pub async fn documents(
    State(state): State<AppState>,
    collection: CollectionOf<ReadScope>,
    page: PageQuery,
) -> Result<Json<Page<DocumentView>>, AppError> {
    let name = &collection.view.name;
    Ok(Json(collections::documents(&state, collection.owner, name, page.after, page.limit).await?))
}

/// Add documents
///
/// Each has a text, which is embedded, or a vector, or both. All are added or none.
#[utoipa::path(post, path = "/api/vectors/collections/{name}/documents", tag = "Collections", params(("name" = String, Path)),
    request_body = DocumentsBody,
    responses((status = 201, body = DocumentsAdded), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 422, body = ProblemDetails), (status = 503, body = ProblemDetails)))]
pub async fn add(
    State(state): State<AppState>,
    collection: CollectionOf<WriteScope>,
    JsonBody(body): JsonBody<DocumentsBody>,
) -> Result<(StatusCode, Json<DocumentsAdded>), AppError> {
    let added = collections::add(&state, collection.owner, &collection.view.name, body).await?;
    Ok((StatusCode::CREATED, Json(added)))
}

/// Delete a document
#[utoipa::path(delete, path = "/api/vectors/collections/{name}/documents/{id}", tag = "Collections",
    params(("name" = String, Path), ("id" = Uuid, Path)),
    responses((status = 204), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub async fn remove(State(state): State<AppState>, target: DocumentOf) -> Result<StatusCode, AppError> {
    let DocumentOf { collection, document } = target;
    collections::remove(&state, collection.owner, &collection.view.name, document).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Search a collection
///
/// By meaning (`vector`), by words (`lexical`) or by both (`hybrid`); `why` tells what made each result one.
#[utoipa::path(post, path = "/api/vectors/collections/{name}/search", tag = "Collections", params(("name" = String, Path)),
    request_body = SearchBody,
    responses((status = 200, body = SearchReply), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 422, body = ProblemDetails), (status = 503, body = ProblemDetails)))]
pub async fn search(
    State(state): State<AppState>,
    collection: CollectionOf<ReadScope>,
    JsonBody(body): JsonBody<SearchBody>,
) -> Result<Json<SearchReply>, AppError> {
    Ok(Json(collections::search(&state, collection.owner, &collection.view.name, body).await?))
}
