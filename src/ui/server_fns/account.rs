//! Registering, signing in and out, who is signed in.

use super::{codec::Reply, error::UiError};
use crate::api::auth::Me;
use leptos::prelude::*;

/// Makes an account, signs it in and goes to `next`.
#[server(prefix = "/fn", endpoint = "account/register", output = Reply)]
pub async fn register(
    username: String,
    email: String,
    password: String,
    next: Option<String>,
) -> Result<(), UiError> {
    use super::session;
    use crate::{api::auth::RegisterRequest, server::services::accounts};
    let state = session::state()?;
    let (_, tokens) = accounts::register(&state, RegisterRequest { username, email, password }).await?;
    set_cookies(accounts::session_cookies(&state, &tokens));
    leptos_axum::redirect(&session::safe_next(next.as_deref()));
    Ok(())
}

/// Signs in by user name or e-mail address and goes to `next`.
#[server(prefix = "/fn", endpoint = "account/sign-in", output = Reply)]
pub async fn sign_in(username: String, password: String, next: Option<String>) -> Result<(), UiError> {
    use super::session;
    use crate::{api::auth::LoginRequest, server::services::accounts};
    let state = session::state()?;
    let tokens = accounts::login(&state, LoginRequest { username, password }).await?;
    set_cookies(accounts::session_cookies(&state, &tokens));
    leptos_axum::redirect(&session::safe_next(next.as_deref()));
    Ok(())
}

/// Signs in on the page as it is, after its session has ended.
#[server(prefix = "/fn", endpoint = "account/sign-in-again", output = Reply)]
pub async fn sign_in_again(username: String, password: String) -> Result<(), UiError> {
    use super::session;
    use crate::{api::auth::LoginRequest, server::services::accounts};
    let state = session::state()?;
    let tokens = accounts::login(&state, LoginRequest { username, password }).await?;
    set_cookies(accounts::session_cookies(&state, &tokens));
    Ok(())
}

/// The account that is signed in.
#[server(prefix = "/fn", endpoint = "account/me", output = Reply)]
pub async fn current_account() -> Result<Me, UiError> {
    use super::session;
    use crate::server::services::accounts;
    let (state, owner) = session::signed_in().await?;
    Ok(accounts::me(&state, owner).await?)
}

#[cfg(feature = "ssr")]
fn set_cookies(cookies: Vec<http::HeaderValue>) {
    if let Some(reply) = use_context::<leptos_axum::ResponseOptions>() {
        for cookie in cookies {
            reply.append_header(http::header::SET_COOKIE, cookie);
        }
    }
}
