//! Who asks: by access token, API key or cookie.

use super::{cookies, keys::token_hash};
use crate::{
    api::auth::Scope,
    server::{
        error::AppError,
        state::AppState,
        store::{self, StoreError},
    },
    workflow::ids::UserId,
};
use axum::http::{HeaderMap, header};
use chrono::TimeDelta;
use uuid::Uuid;

/// How API keys begin.
pub(super) const KEY_PREFIX: &str = "mlr_";
/// The last use of a key is noted this exactly.
const TOUCH_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Who asks, and by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub user: UserId,
    pub credential: Credential,
}

/// What proved it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    AccessToken,
    Cookie,
    ApiKey { id: Uuid, scopes: Vec<Scope> },
}

impl Caller {
    /// Whether this caller may do what needs `scope`; only API keys are limited.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        match &self.credential {
            Credential::ApiKey { scopes, .. } => scopes.contains(&scope),
            Credential::AccessToken | Credential::Cookie => true,
        }
    }
}

/// Who sent these headers. A bearer token or key wins over a cookie, even a bad one.
///
/// # Errors
/// 401 when nothing good was sent, 503 when the database does not answer.
pub async fn authenticate(state: &AppState, headers: &HeaderMap) -> Result<Caller, AppError> {
    let caller = match headers.get(header::AUTHORIZATION) {
        Some(value) => {
            let text = value.to_str().map_err(|_| AppError::unauthorized())?;
            let (scheme, token) = text.split_once(' ').ok_or_else(AppError::unauthorized)?;
            if !scheme.eq_ignore_ascii_case("bearer") {
                return Err(AppError::unauthorized());
            }
            by_bearer(state, token.trim()).await?
        }
        None => {
            let token = cookies::find(headers, cookies::ACCESS_COOKIE).ok_or_else(AppError::unauthorized)?;
            let user = by_token(state, &token)?;
            Caller { user, credential: Credential::Cookie }
        }
    };
    if is_active(state, caller.user).await? { Ok(caller) } else { Err(AppError::unauthorized()) }
}

/// The account whose browser sent these headers, or whose token did.
///
/// # Errors
/// As [`authenticate`]; API keys are for programs and are 401 here.
pub async fn browser_user(state: &AppState, headers: &HeaderMap) -> Result<UserId, AppError> {
    let caller = authenticate(state, headers).await?;
    match caller.credential {
        Credential::ApiKey { .. } => Err(AppError::unauthorized()),
        Credential::AccessToken | Credential::Cookie => Ok(caller.user),
    }
}

async fn by_bearer(state: &AppState, token: &str) -> Result<Caller, AppError> {
    if !token.starts_with(KEY_PREFIX) {
        return Ok(Caller { user: by_token(state, token)?, credential: Credential::AccessToken });
    }
    let found = store::api_keys::find_by_hash(&state.store, &token_hash(token)).await?;
    let (user, key) = found.ok_or_else(AppError::unauthorized)?;
    let now = state.clock.now();
    if key.expires_at.is_some_and(|at| at <= now) {
        return Err(AppError::unauthorized());
    }
    if key.last_used_at.is_none_or(|at| now - at >= TOUCH_EVERY) {
        let write = state.store.write().await?;
        store::api_keys::touch(&write, key.id, now).await?;
        write.commit().await?;
    }
    Ok(Caller { user, credential: Credential::ApiKey { id: key.id, scopes: key.scopes } })
}

fn by_token(state: &AppState, token: &str) -> Result<UserId, AppError> {
    state.accounts.keys.verify(token, state.clock.now()).ok_or_else(AppError::unauthorized)
}

/// Whether the account is there and may sign in.
pub(super) async fn is_active(state: &AppState, user: UserId) -> Result<bool, AppError> {
    match store::users::get(&state.store, user).await {
        Ok(user) => Ok(user.is_active),
        Err(StoreError::NotFound(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
