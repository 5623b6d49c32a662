//! The web server: router, extractors, middleware, routes. A handler extracts, calls one service and replies.

pub mod assets;
pub mod pages;
pub mod routes;
pub mod security;

use super::state::AppState;
use axum::{Router, middleware};

/// Everything that is served.
pub fn router(state: AppState) -> Router {
    let router = Router::new().merge(routes::health::router()).merge(pages::router(&state));
    router.layer(middleware::from_fn(security::headers)).with_state(state)
}
