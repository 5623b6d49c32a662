//! Who asks and what, refused in OpenAI's form.

use super::OpenAiError;
use crate::{
    server::{
        http::extract::{Auth, JsonBody, RunScope},
        state::AppState,
    },
    workflow::ids::UserId,
};
use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::request::Parts,
};
use serde::{Serialize, de::DeserializeOwned};

/// Somebody who may run things.
pub struct OpenAiAuth {
    pub user: UserId,
}

impl FromRequestParts<AppState> for OpenAiAuth {
    type Rejection = OpenAiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, OpenAiError> {
        let user = Auth::<RunScope>::from_request_parts(parts, state).await?.user;
        Ok(Self { user })
    }
}

/// A JSON body.
pub struct OpenAiBody<T>(pub T);

impl<T: DeserializeOwned + Serialize> FromRequest<AppState> for OpenAiBody<T> {
    type Rejection = OpenAiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, OpenAiError> {
        Ok(Self(JsonBody::from_request(request, state).await?.0))
    }
}
