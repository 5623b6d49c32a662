//! No request may keep its handler for ever.

use crate::server::{error::AppError, state::AppState};
use axum::{
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::time::Duration;

/// Answers 408 when a handler takes too long. A stream that has begun is not meant, nor a start that waits for its run.
pub async fn limit_time(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (uri, method) = (request.uri(), request.method());
    let waits = [Method::POST, Method::GET].contains(method)
        && uri.query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("wait=")));
    // A webhook has a limit of its own, and another one for its body.
    let is_hook = method == Method::POST && uri.path().starts_with("/hooks/");
    // Files may take their time to arrive; their extractor limits each pause instead.
    let receives_files =
        method == Method::POST && uri.path().starts_with("/api/vectors/") && uri.path().ends_with("/upload");
    // A model may take its time; what waits for it goes when the caller does.
    let asks_a_model = method == Method::POST
        && (uri.path().starts_with("/v1/")
            || (uri.path().starts_with("/api/models/") && uri.path().ends_with("/test")));
    if waits || is_hook || receives_files || asks_a_model {
        return next.run(request).await;
    }
    let seconds = state.config.server.request_timeout_seconds;
    match tokio::time::timeout(Duration::from_secs(seconds), next.run(request)).await {
        Ok(reply) => reply,
        Err(_) => AppError::new(
            StatusCode::REQUEST_TIMEOUT,
            "timeout",
            format!("The request took longer than {seconds} seconds (MILLRACE_REQUEST_TIMEOUT_SECONDS)."),
        )
        .into_response(),
    }
}
