//! The cookies of a browser's session. Scripts cannot read the two that hold tokens.

use super::Session;
use crate::server::state::AppState;
use axum::http::{HeaderMap, HeaderValue, header};

/// Holds the access token.
pub const ACCESS_COOKIE: &str = "millrace_access";
/// Holds the refresh token; only sent to `/api/auth`.
pub const REFRESH_COOKIE: &str = "millrace_refresh";
/// No secret: tells the server, when it renders a page, that renewing may help.
const HINT_COOKIE: &str = "millrace_session";

const REFRESH_PATH: &str = "/api/auth";

/// The `Set-Cookie` values that keep a browser signed in.
#[must_use]
pub fn session_cookies(state: &AppState, session: &Session) -> Vec<HeaderValue> {
    let long = state.config.accounts.session_days * 24 * 60 * 60;
    cookies(
        state,
        &[
            (ACCESS_COOKIE, &session.access_token, "/", session.expires_in),
            (REFRESH_COOKIE, &session.refresh_token, REFRESH_PATH, long),
            (HINT_COOKIE, "1", "/", long),
        ],
    )
}

/// The `Set-Cookie` values that sign a browser out.
#[must_use]
pub fn cleared_cookies(state: &AppState) -> Vec<HeaderValue> {
    cookies(
        state,
        &[(ACCESS_COOKIE, "", "/", 0), (REFRESH_COOKIE, "", REFRESH_PATH, 0), (HINT_COOKIE, "", "/", 0)],
    )
}

/// The refresh token that a browser sent.
#[must_use]
pub fn refresh_cookie(headers: &HeaderMap) -> Option<String> {
    find(headers, REFRESH_COOKIE)
}

/// The value of a cookie.
pub(super) fn find(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}

fn cookies(state: &AppState, wanted: &[(&str, &str, &str, u64)]) -> Vec<HeaderValue> {
    let secure = if state.config.is_https() { "; Secure" } else { "" };
    wanted
        .iter()
        .filter_map(|(name, value, path, seconds)| {
            let text =
                format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
            HeaderValue::from_str(&text).ok()
        })
        .collect()
}
