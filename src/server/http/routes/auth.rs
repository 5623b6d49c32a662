//! Registering, signing in and out, renewing, who am I.

use crate::{
    api::{
        auth::{LoginRequest, Me, RegisterReply, RegisterRequest, TokenReply},
        problem::ProblemDetails,
    },
    server::{
        error::AppError,
        http::extract::{Auth, JsonBody, ReadScope},
        services::accounts,
        state::AppState,
    },
};
use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use serde::Deserialize;

fn with_cookies(cookies: Vec<HeaderValue>, reply: impl IntoResponse) -> Response {
    (AppendHeaders(cookies.into_iter().map(|cookie| (header::SET_COOKIE, cookie)).collect::<Vec<_>>()), reply)
        .into_response()
}

/// Make an account
#[utoipa::path(post, path = "/api/auth/register", tag = "Accounts", security(()), request_body = RegisterRequest, responses(
    (status = 201, body = RegisterReply),
    (status = 403, description = "Registration is closed", body = ProblemDetails),
    (status = 409, description = "User name or address taken", body = ProblemDetails),
    (status = 422, body = ProblemDetails),
    (status = 429, body = ProblemDetails)))]
pub async fn register(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<RegisterRequest>,
) -> Result<Response, AppError> {
    let (reply, session) = accounts::register(&state, body).await?;
    Ok(with_cookies(accounts::session_cookies(&state, &session), (StatusCode::CREATED, Json(reply))))
}

/// Sign in
#[utoipa::path(post, path = "/api/auth/login", tag = "Accounts", security(()), request_body = LoginRequest, responses(
    (status = 200, body = TokenReply),
    (status = 401, body = ProblemDetails),
    (status = 422, body = ProblemDetails),
    (status = 429, description = "Too many attempts; see Retry-After", body = ProblemDetails)))]
pub async fn login(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<LoginRequest>,
) -> Result<Response, AppError> {
    let session = accounts::login(&state, body).await?;
    Ok(with_cookies(accounts::session_cookies(&state, &session), Json(session.token_reply())))
}

/// Renew the session
///
/// Takes the refresh cookie, gives a new one and a new access token.
#[utoipa::path(post, path = "/api/auth/refresh", tag = "Accounts", security(()), responses(
    (status = 200, body = TokenReply),
    (status = 401, body = ProblemDetails)))]
pub async fn refresh(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, AppError> {
    let token = accounts::refresh_cookie(&headers).ok_or_else(AppError::unauthorized)?;
    let session = accounts::refresh(&state, &token).await?;
    Ok(with_cookies(accounts::session_cookies(&state, &session), Json(session.token_reply())))
}

#[derive(Deserialize)]
pub struct Next {
    #[serde(default)]
    next: String,
}

/// Renew the session and go on
///
/// For browsers: renews by the refresh cookie and redirects to a path of this site, or to the sign-in page.
#[utoipa::path(get, path = "/api/auth/session", tag = "Accounts", security(()),
    params(("next" = Option<String>, Query, description = "A path of this site")),
    responses((status = 303)))]
pub async fn session(
    State(state): State<AppState>,
    next: Result<Query<Next>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let next = local_path(next.as_ref().map_or("/", |query| query.next.as_str()));
    let renewed = match accounts::refresh_cookie(&headers) {
        Some(token) => accounts::refresh(&state, &token).await,
        None => Err(AppError::unauthorized()),
    };
    match renewed {
        Ok(session) => Ok(with_cookies(accounts::session_cookies(&state, &session), Redirect::to(next))),
        Err(error) if error.status() == StatusCode::UNAUTHORIZED => {
            let to = format!("/sign-in?next={}", percent_encoded(next));
            Ok(with_cookies(accounts::cleared_cookies(&state), Redirect::to(&to)))
        }
        Err(error) => Err(error),
    }
}

/// A path of this site, never another site's address.
fn local_path(next: &str) -> &str {
    let plain = next.bytes().all(|b| (0x21..0x7f).contains(&b) && b != b'\\');
    if plain && next.starts_with('/') && !next.starts_with("//") && !next.starts_with("/api/") {
        next
    } else {
        "/"
    }
}

fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

/// Sign out
///
/// Ends the session of the refresh cookie and clears the cookies. An access token holds until it expires.
#[utoipa::path(post, path = "/api/auth/logout", tag = "Accounts", responses(
    (status = 204),
    (status = 401, description = "Nobody is signed in", body = ProblemDetails)))]
pub async fn logout(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, AppError> {
    match accounts::refresh_cookie(&headers) {
        Some(token) => accounts::logout(&state, &token).await?,
        None => {
            accounts::authenticate(&state, &headers).await?;
        }
    }
    Ok(with_cookies(accounts::cleared_cookies(&state), StatusCode::NO_CONTENT))
}

/// Who am I
#[utoipa::path(get, path = "/api/auth/me", tag = "Accounts", responses(
    (status = 200, body = Me),
    (status = 401, body = ProblemDetails)))]
pub async fn me(State(state): State<AppState>, auth: Auth<ReadScope>) -> Result<Json<Me>, AppError> {
    Ok(Json(accounts::me(&state, auth.user).await?))
}

#[cfg(test)]
mod tests {
    use super::{local_path, percent_encoded};

    #[test]
    fn never_leads_to_another_site() {
        assert_eq!(local_path("/workflows/1?tab=runs"), "/workflows/1?tab=runs");
        for bad in
            ["", "https://evil", "//evil", "/\\evil", "/a b", "/\t/evil", "javascript:1", "/api/auth/session"]
        {
            assert_eq!(local_path(bad), "/", "{bad}");
        }
        assert_eq!(percent_encoded("/a?b=c&d"), "/a%3Fb%3Dc%26d");
    }
}
