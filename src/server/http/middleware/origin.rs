//! Against requests that another site makes with our cookies: what changes something and carries no token of its own
//! must come from our own pages or from no browser at all.

use crate::server::{error::AppError, state::AppState};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Refuses cross-site changes with 403 `cross_site`.
pub async fn check_origin(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    // Cookies mean nothing to a webhook.
    let brings_a_token =
        request.headers().contains_key(header::AUTHORIZATION) || request.uri().path().starts_with("/hooks/");
    let public_url = state.config.server.public_url.as_deref();
    if reads || brings_a_token || is_ours(request.headers(), public_url) {
        return next.run(request).await;
    }
    AppError::forbidden(
        "cross_site",
        "This request came from another site and was refused. Behind a proxy, set MILLRACE_PUBLIC_URL to the address that browsers use.",
    )
    .into_response()
}

/// Whether the browser says that one of our pages asks; programs say nothing.
fn is_ours(headers: &HeaderMap, public_url: Option<&str>) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let host = headers.get(header::HOST).and_then(|v| v.to_str().ok());
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    (authority.is_some() && authority == host)
        || public_url.is_some_and(|url| url.trim_end_matches('/').eq_ignore_ascii_case(origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn ours(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        is_ours(&headers, Some("https://flows.example.org/"))
    }

    #[test]
    fn only_our_pages_and_programs_pass() {
        assert!(ours(&[]));
        assert!(ours(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(ours(&[("origin", "http://127.0.0.1:3000"), ("host", "127.0.0.1:3000")]));
        assert!(ours(&[("origin", "https://flows.example.org"), ("host", "10.0.0.1:3000")]));
        assert!(!ours(&[("sec-fetch-site", "cross-site")]));
        assert!(!ours(&[("sec-fetch-site", "same-site"), ("host", "localhost:3000")]));
        assert!(!ours(&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:3000")]));
        assert!(!ours(&[("origin", "null"), ("host", "127.0.0.1:3000")]));
    }
}
