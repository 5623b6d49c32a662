//! Keys for programs.

use crate::{
    api::{
        auth::{ApiKey, ApiKeyCreate, ApiKeyCreated},
        page::Page,
        problem::ProblemDetails,
    },
    server::{
        error::AppError,
        http::extract::{Auth, JsonBody, SessionOnly, path_id},
        services::accounts,
        state::AppState,
    },
};
use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{StatusCode, request::Parts},
};
use uuid::Uuid;

/// A key by the id of the address.
pub struct KeyId(Uuid);

impl FromRequestParts<AppState> for KeyId {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        path_id(parts, state, "id", "API key").await.map(Self)
    }
}

/// List API keys
#[utoipa::path(get, path = "/api/keys", tag = "Accounts", responses(
    (status = 200, body = Page<ApiKey>),
    (status = 401, body = ProblemDetails)))]
pub async fn list(
    State(state): State<AppState>,
    auth: Auth<SessionOnly>,
) -> Result<Json<Page<ApiKey>>, AppError> {
    Ok(Json(Page { items: accounts::list_api_keys(&state, auth.user).await?, next: None }))
}

/// Make an API key
///
/// The reply is the only one that holds the key.
#[utoipa::path(post, path = "/api/keys", tag = "Accounts", request_body = ApiKeyCreate, responses(
    (status = 201, body = ApiKeyCreated),
    (status = 401, body = ProblemDetails),
    (status = 422, body = ProblemDetails)))]
pub async fn create(
    State(state): State<AppState>,
    auth: Auth<SessionOnly>,
    JsonBody(body): JsonBody<ApiKeyCreate>,
) -> Result<(StatusCode, Json<ApiKeyCreated>), AppError> {
    Ok((StatusCode::CREATED, Json(accounts::create_api_key(&state, auth.user, body).await?)))
}

/// Delete an API key
#[utoipa::path(delete, path = "/api/keys/{id}", tag = "Accounts", params(("id" = Uuid, Path)), responses(
    (status = 204),
    (status = 401, body = ProblemDetails),
    (status = 404, body = ProblemDetails)))]
pub async fn delete(
    State(state): State<AppState>,
    auth: Auth<SessionOnly>,
    KeyId(id): KeyId,
) -> Result<StatusCode, AppError> {
    accounts::delete_api_key(&state, auth.user, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
