//! The models, and adding and removing those elsewhere.

use crate::{
    api::{
        models::{ModelList, ModelView, RemoteModelCreate, RemoteModelTest},
        problem::ProblemDetails,
    },
    server::{
        error::AppError,
        http::extract::{Auth, JsonBody, Needed, ReadScope, RunScope, WriteScope, path_id},
        services::models,
        state::AppState,
    },
    workflow::ids::UserId,
};
use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{StatusCode, request::Parts},
};
use std::marker::PhantomData;

/// A name of the address; whether it is one of the account's models, the service says.
pub struct NamedModel<S> {
    owner: UserId,
    name: String,
    needed: PhantomData<S>,
}

impl<S: Needed> FromRequestParts<AppState> for NamedModel<S> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let owner = Auth::<S>::from_request_parts(parts, state).await?.user;
        let name = path_id(parts, state, "name", "model").await?;
        Ok(Self { owner, name, needed: PhantomData })
    }
}

/// List models and their state
///
/// Those of this installation, and those elsewhere that the account added.
#[utoipa::path(get, path = "/api/models", tag = "Catalogue",
    responses((status = 200, body = ModelList), (status = 401, body = ProblemDetails)))]
pub async fn list(State(state): State<AppState>, auth: Auth<ReadScope>) -> Result<Json<ModelList>, AppError> {
    Ok(Json(models::list_for(&state, auth.user).await?))
}

/// Add a model of an OpenAI-compatible service
///
/// Ollama, vLLM, llama.cpp's server, OpenAI, another Millrace. Steps use it by its name. The credential must be allowed for
/// the host of the base URL.
#[utoipa::path(post, path = "/api/models", tag = "Catalogue", request_body = RemoteModelCreate, responses(
    (status = 201, body = ModelView),
    (status = 401, body = ProblemDetails),
    (status = 409, body = ProblemDetails),
    (status = 422, body = ProblemDetails)))]
pub async fn create(
    State(state): State<AppState>,
    auth: Auth<WriteScope>,
    JsonBody(body): JsonBody<RemoteModelCreate>,
) -> Result<(StatusCode, Json<ModelView>), AppError> {
    Ok((StatusCode::CREATED, Json(models::remote::create(&state, auth.user, body).await?)))
}

/// Remove a model of another service
#[utoipa::path(delete, path = "/api/models/{name}", tag = "Catalogue", params(("name" = String, Path)), responses(
    (status = 204),
    (status = 401, body = ProblemDetails),
    (status = 404, body = ProblemDetails)))]
pub async fn delete(
    State(state): State<AppState>,
    model: NamedModel<WriteScope>,
) -> Result<StatusCode, AppError> {
    models::remote::delete(&state, model.owner, &model.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ask a model of another service for a word
///
/// To see that its address, its name there and its credential are right.
#[utoipa::path(post, path = "/api/models/{name}/test", tag = "Catalogue", params(("name" = String, Path)), responses(
    (status = 200, body = RemoteModelTest),
    (status = 401, body = ProblemDetails),
    (status = 404, body = ProblemDetails),
    (status = 422, description = "`remote_refused`, `remote_key_refused`, `address_blocked`, …", body = ProblemDetails),
    (status = 503, description = "`remote_busy`, `remote_stalled`, `connect_failed`, …", body = ProblemDetails)))]
pub async fn test(
    State(state): State<AppState>,
    model: NamedModel<RunScope>,
) -> Result<Json<RemoteModelTest>, AppError> {
    Ok(Json(models::remote::test(&state, model.owner, &model.name).await?))
}
