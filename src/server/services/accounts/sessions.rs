//! Sessions: an access token for half an hour, and a chain of refresh tokens of which each is good once.

use super::keys::{random_token, token_hash};
use crate::{
    server::{error::AppError, state::AppState, store::refresh_tokens},
    workflow::ids::UserId,
};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// Two tabs may use the same refresh token within this time.
const GRACE: TimeDelta = TimeDelta::seconds(30);

/// Somebody who has just signed in or renewed.
#[derive(Clone)]
pub struct Session {
    pub user: UserId,
    pub access_token: String,
    /// Seconds that the access token holds.
    pub expires_in: u64,
    /// Goes into a cookie and nowhere else.
    pub refresh_token: String,
}

/// A first access token and a new family of refresh tokens.
pub(super) async fn start(state: &AppState, user: UserId) -> Result<Session, AppError> {
    let now = state.clock.now();
    let token = random_token();
    let write = state.store.write().await?;
    // Rows of sessions that are over go here, so that the table does not grow for ever.
    refresh_tokens::purge(&write, now).await?;
    refresh_tokens::create(&write, user, Uuid::now_v7(), token_hash(&token), expiry(state, now), now).await?;
    write.commit().await?;
    session(state, user, token, now)
}

/// Exchanges a refresh token for its successor and a new access token.
///
/// # Errors
/// 401 when the token is unknown, over, revoked, or used again after the grace time; the last ends the session
/// everywhere, since somebody else may have the token.
pub async fn refresh(state: &AppState, token: &str) -> Result<Session, AppError> {
    let now = state.clock.now();
    let write = state.store.write().await?;
    let Some(known) = refresh_tokens::find_by_hash(&write, &token_hash(token)).await? else {
        return Err(AppError::unauthorized());
    };
    if known.revoked_at.is_some() || known.expires_at <= now {
        return Err(AppError::unauthorized());
    }
    if !super::authenticate::is_active(state, known.user_id).await? {
        return Err(AppError::unauthorized());
    }
    let successor = state.accounts.keys.successor(token)?;
    match known.used_at {
        None => {
            let hash = token_hash(&successor);
            if refresh_tokens::mark_used(&write, known.id, hash.clone(), now).await? {
                let (family, expires) = (known.family_id, expiry(state, now));
                refresh_tokens::create(&write, known.user_id, family, hash, expires, now).await?;
                write.commit().await?;
            }
            // Otherwise another request was faster and has made the same successor.
        }
        Some(used) if now - used <= GRACE => {}
        Some(_) => {
            refresh_tokens::revoke_family(&write, known.family_id, now).await?;
            write.commit().await?;
            tracing::warn!(user_id = %known.user_id, "a refresh token was used again; its session was ended");
            return Err(AppError::unauthorized().with_code("refresh_token_reused"));
        }
    }
    session(state, known.user_id, successor, now)
}

/// Ends the session of a refresh token; one that is not known has none.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn logout(state: &AppState, token: &str) -> Result<(), AppError> {
    let write = state.store.write().await?;
    if let Some(known) = refresh_tokens::find_by_hash(&write, &token_hash(token)).await? {
        refresh_tokens::revoke_family(&write, known.family_id, state.clock.now()).await?;
        write.commit().await?;
    }
    Ok(())
}

fn session(
    state: &AppState,
    user: UserId,
    refresh_token: String,
    now: DateTime<Utc>,
) -> Result<Session, AppError> {
    let minutes = state.config.accounts.access_token_minutes;
    let expires = now + TimeDelta::minutes(i64::try_from(minutes).unwrap_or(30));
    let access_token = state.accounts.keys.sign(user, now, expires)?;
    Ok(Session { user, access_token, expires_in: minutes * 60, refresh_token })
}

fn expiry(state: &AppState, now: DateTime<Utc>) -> DateTime<Utc> {
    now + TimeDelta::days(i64::try_from(state.config.accounts.session_days).unwrap_or(30))
}
