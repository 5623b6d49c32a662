//! Keys for programs. Shown once, stored as a hash.

use super::{
    authenticate::KEY_PREFIX,
    keys::{random_token, token_hash},
};
use crate::{
    api::auth::{ApiKey, ApiKeyCreate, ApiKeyCreated},
    server::{
        error::AppError,
        services::Fields,
        state::AppState,
        store::api_keys::{self, NewApiKey},
    },
    workflow::ids::UserId,
};
use uuid::Uuid;

/// Characters of a key that stay readable, to tell it from others.
const SHOWN: usize = KEY_PREFIX.len() + 6;

/// Makes a key; this reply is the only one that ever holds it.
///
/// # Errors
/// 422 without a name or scopes, or with an end in the past.
pub async fn create_api_key(
    state: &AppState,
    owner: UserId,
    body: ApiKeyCreate,
) -> Result<ApiKeyCreated, AppError> {
    let now = state.clock.now();
    let mut fields = Fields::default();
    fields.line("name", &body.name, 1, 100);
    if body.scopes.is_empty() {
        fields.refuse("scopes", "is empty; name at least one of read, run, write");
    }
    if body.expires_at.is_some_and(|at| at <= now) {
        fields.refuse("expires_at", "is not in the future");
    }
    fields.check()?;
    let key = format!("{KEY_PREFIX}{}", random_token());
    let mut scopes = body.scopes;
    let mut seen = Vec::new();
    scopes.retain(|scope| {
        !seen.contains(scope) && {
            seen.push(*scope);
            true
        }
    });
    let new = NewApiKey {
        name: body.name.trim().to_owned(),
        prefix: key.chars().take(SHOWN).collect(),
        key_hash: token_hash(&key),
        scopes,
        expires_at: body.expires_at,
    };
    let write = state.store.write().await?;
    let api_key = api_keys::create(&write, owner, new, now).await?;
    write.commit().await?;
    Ok(ApiKeyCreated { api_key, key })
}

/// The keys of an account, newest first.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn list_api_keys(state: &AppState, owner: UserId) -> Result<Vec<ApiKey>, AppError> {
    Ok(api_keys::list(&state.store, owner).await?)
}

/// Deletes a key; it opens nothing from now on.
///
/// # Errors
/// 404 for an unknown key.
pub async fn delete_api_key(state: &AppState, owner: UserId, id: Uuid) -> Result<(), AppError> {
    let write = state.store.write().await?;
    api_keys::delete(&write, owner, id).await?;
    write.commit().await?;
    Ok(())
}
