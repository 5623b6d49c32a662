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
    let (uri, is_post) = (request.uri(), request.method() == Method::POST);
    let asks_to_wait =
        uri.query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("wait=")));
    // A webhook has a limit of its own, and another one for its body.
    let waits = is_post && (asks_to_wait || uri.path().starts_with("/hooks/"));
    if waits {
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
