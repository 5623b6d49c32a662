//! Credentials: their values go in and never come out.

use crate::{
    api::{
        credentials::{Credential, CredentialCreate, CredentialUpdate},
        page::Page,
        problem::ProblemDetails,
    },
    server::{
        error::AppError,
        http::extract::{Auth, JsonBody, ReadScope, WriteScope, path_id},
        services::credentials,
        state::AppState,
    },
    workflow::ids::UserId,
};
use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{StatusCode, request::Parts},
};
use uuid::Uuid;

/// A credential of who may change it, by the id of the address.
pub struct OwnCredential {
    owner: UserId,
    id: Uuid,
}

impl FromRequestParts<AppState> for OwnCredential {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let owner = Auth::<WriteScope>::from_request_parts(parts, state).await?.user;
        let id = path_id(parts, state, "id", "credential").await?;
        credentials::check_owner(state, owner, id).await?;
        Ok(Self { owner, id })
    }
}

/// List credentials
///
/// Without their values.
#[utoipa::path(get, path = "/api/credentials", tag = "Credentials", responses(
    (status = 200, body = Page<Credential>),
    (status = 401, body = ProblemDetails)))]
pub async fn list(
    State(state): State<AppState>,
    auth: Auth<ReadScope>,
) -> Result<Json<Page<Credential>>, AppError> {
    Ok(Json(Page { items: credentials::list(&state, auth.user).await?, next: None }))
}

/// Make a credential
///
/// The value is text for `bearer`, `postgres` and `openai`, `{username, password}` for `basic`, `{name, value}` for
/// `header` and `query`. It is stored sealed and sent to the hosts of `allowed_hosts` only.
#[utoipa::path(post, path = "/api/credentials", tag = "Credentials", request_body = CredentialCreate, responses(
    (status = 201, body = Credential),
    (status = 401, body = ProblemDetails),
    (status = 409, body = ProblemDetails),
    (status = 422, body = ProblemDetails)))]
pub async fn create(
    State(state): State<AppState>,
    auth: Auth<WriteScope>,
    JsonBody(body): JsonBody<CredentialCreate>,
) -> Result<(StatusCode, Json<Credential>), AppError> {
    Ok((StatusCode::CREATED, Json(credentials::create(&state, auth.user, body).await?)))
}

/// Replace the value of a credential
///
/// Other hosts need the value once more.
#[utoipa::path(put, path = "/api/credentials/{id}", tag = "Credentials", params(("id" = Uuid, Path)),
    request_body = CredentialUpdate, responses(
    (status = 200, body = Credential),
    (status = 401, body = ProblemDetails),
    (status = 404, body = ProblemDetails),
    (status = 422, body = ProblemDetails)))]
pub async fn replace(
    State(state): State<AppState>,
    credential: OwnCredential,
    JsonBody(body): JsonBody<CredentialUpdate>,
) -> Result<Json<Credential>, AppError> {
    Ok(Json(credentials::replace(&state, credential.owner, credential.id, body).await?))
}

/// Delete a credential
#[utoipa::path(delete, path = "/api/credentials/{id}", tag = "Credentials", params(("id" = Uuid, Path)), responses(
    (status = 204),
    (status = 401, body = ProblemDetails),
    (status = 404, body = ProblemDetails)))]
pub async fn delete(
    State(state): State<AppState>,
    credential: OwnCredential,
) -> Result<StatusCode, AppError> {
    credentials::delete(&state, credential.owner, credential.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
