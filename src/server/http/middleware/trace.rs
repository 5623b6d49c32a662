//! An id for each request, a line in the log and a measurement.

use crate::server::error::REQUEST_ID;
use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use std::time::Instant;
use tracing::Instrument;
use uuid::Uuid;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Takes the caller's request id or makes one, and gives it back; logs and measures what was answered.
pub async fn trace(request: Request, next: Next) -> Response {
    let id = request
        .headers()
        .get(&HEADER)
        .and_then(|value| value.to_str().ok())
        .filter(|text| is_plain(text))
        .map_or_else(|| Uuid::now_v7().to_string(), str::to_owned);
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "(file or page)".to_owned(), |path| path.as_str().to_owned());
    let path = request.uri().path().to_owned();
    let span = tracing::info_span!("request", request_id = %id);
    let began = Instant::now();
    let mut reply = REQUEST_ID.scope(id.clone(), next.run(request)).instrument(span.clone()).await;
    let elapsed = began.elapsed();
    let status = reply.status().as_u16();
    metrics::histogram!(
        "millrace_http_request_duration_seconds",
        "method" => method.to_string(), "route" => route.clone(), "status" => status.to_string()
    )
    .record(elapsed.as_secs_f64());
    let duration_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| {
        if route.starts_with("/health") || route == "(file or page)" || route == "/metrics" {
            tracing::debug!(%method, route, path, status, duration_ms, "{method} {path} {status} in {duration_ms} ms");
        } else {
            tracing::info!(%method, route, path, status, duration_ms, "{method} {path} {status} in {duration_ms} ms");
        }
    });
    if let Ok(value) = HeaderValue::from_str(&id) {
        reply.headers_mut().insert(HEADER, value);
    }
    reply
}

/// Something that can stand in a log line and a header.
fn is_plain(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}
