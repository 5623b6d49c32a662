//! Problem details where no handler answers: unknown addresses, wrong methods, panics.

use crate::server::error::AppError;
use axum::{
    body::Body,
    http::{Response, StatusCode},
    response::IntoResponse,
};
use std::any::Any;

/// Whether programs talk there, so that an error is JSON and not a page.
#[must_use]
pub fn is_for_programs(path: &str) -> bool {
    ["/api", "/v1", "/fn", "/health", "/metrics", "/hooks"]
        .iter()
        .any(|prefix| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// 404 under `/api`.
#[must_use]
pub fn no_such_address(path: &str) -> AppError {
    AppError::new(
        StatusCode::NOT_FOUND,
        "no_such_address",
        format!("There is nothing at {path}. /api/docs lists every address."),
    )
}

/// 405.
pub async fn method_not_allowed() -> AppError {
    AppError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "This address does not take that method. The Allow header lists those it takes; /api/docs has the details.",
    )
}

/// 500 for a handler that panicked.
#[must_use]
pub fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    AppError::internal(format!("a handler panicked: {message}")).into_response()
}
