//! Who asks; what they must be allowed to do stands in the type.

use crate::{
    api::auth::Scope,
    server::{
        error::AppError,
        services::accounts::{self, Caller, Credential},
        state::AppState,
    },
    workflow::ids::UserId,
};
use axum::{extract::FromRequestParts, http::request::Parts};
use std::marker::PhantomData;

/// What a route needs.
pub trait Needed: Send + Sync + 'static {
    /// The scope that an API key must have; `None`: no API key may.
    const SCOPE: Option<Scope>;
}

/// Looking.
pub struct ReadScope;
/// Starting and cancelling runs.
pub struct RunScope;
/// Changing.
pub struct WriteScope;
/// Managing the account itself: not for API keys.
pub struct SessionOnly;

impl Needed for ReadScope {
    const SCOPE: Option<Scope> = Some(Scope::Read);
}
impl Needed for RunScope {
    const SCOPE: Option<Scope> = Some(Scope::Run);
}
impl Needed for WriteScope {
    const SCOPE: Option<Scope> = Some(Scope::Write);
}
impl Needed for SessionOnly {
    const SCOPE: Option<Scope> = None;
}

/// Somebody who may do what `S` says.
pub struct Auth<S> {
    pub user: UserId,
    needed: PhantomData<S>,
}

impl<S: Needed> FromRequestParts<AppState> for Auth<S> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let caller = accounts::authenticate(state, &parts.headers).await?;
        check(&caller, S::SCOPE)?;
        Ok(Self { user: caller.user, needed: PhantomData })
    }
}

fn check(caller: &Caller, needed: Option<Scope>) -> Result<(), AppError> {
    match needed {
        Some(scope) if caller.may(scope) => Ok(()),
        Some(scope) => {
            let word = format!("{scope:?}").to_lowercase();
            Err(AppError::forbidden(
                "scope_missing",
                format!(
                    "This API key lacks the scope `{word}`. Make a key that has it in Settings, API keys."
                ),
            ))
        }
        None if matches!(caller.credential, Credential::ApiKey { .. }) => Err(AppError::forbidden(
            "not_for_api_keys",
            "An API key cannot do this. Sign in and use the access token.",
        )),
        None => Ok(()),
    }
}
