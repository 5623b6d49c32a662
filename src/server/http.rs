//! The web server: router, extractors, middleware, routes. A handler extracts, calls one service and replies.

pub mod assets;
mod event_stream;
pub mod extract;
pub mod middleware;
pub mod openapi;
pub mod pages;
pub mod routes;

use super::state::AppState;
use axum::{Router, extract::DefaultBodyLimit, middleware::from_fn_with_state};
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer};

/// Everything that is served. Layers that are added later come first on the way in.
pub fn router(state: AppState) -> Router {
    let (api, document) = routes::router().split_for_parts();
    let api = api
        .method_not_allowed_fallback(middleware::refusals::method_not_allowed)
        .merge(openapi::router(document))
        .layer(CompressionLayer::new());
    Router::new()
        .merge(api)
        .merge(routes::health::router())
        .merge(pages::router(&state))
        .layer(CatchPanicLayer::custom(middleware::refusals::panicked))
        .layer(from_fn_with_state(state.clone(), middleware::timeout::limit_time))
        .layer(from_fn_with_state(state.clone(), middleware::sign_in_limit::limit_attempts))
        .layer(from_fn_with_state(state.clone(), middleware::origin::check_origin))
        .layer(axum::middleware::from_fn(middleware::headers::add_headers))
        .layer(axum::middleware::from_fn(middleware::trace::trace))
        // The extractor of bodies has the limit, so that 401 and 404 come first.
        .layer(DefaultBodyLimit::max(state.config.server.max_body_bytes))
        .with_state(state)
}
