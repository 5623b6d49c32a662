//! For who watches over the process: `/health/live`, `/health/ready`, `/metrics`.

use crate::server::{
    error::AppError, http::middleware::refusals::no_such_address, services::models, state::AppState,
    telemetry,
};
use axum::{
    Extension, Json, Router,
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};
use std::net::SocketAddr;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
}

/// The process answers.
async fn live() -> Json<Value> {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

/// It can do its work: 503 while the database does not answer, or cannot keep what runs want to write.
async fn ready(State(state): State<AppState>) -> Response {
    let reason = match state.store.ping().await {
        Ok(()) => state.engine.blocked(),
        Err(error) => Some(error.to_string()),
    };
    let status = if reason.is_none() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({
        "status": if reason.is_none() { "ok" } else { "unavailable" },
        "database": state.store.kind(),
        "reason": reason,
        "chat_model": models::default_chat(&state),
        "version": env!("CARGO_PKG_VERSION"),
    });
    (status, Json(body)).into_response()
}

/// Prometheus text, for this machine only.
async fn metrics(
    State(state): State<AppState>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let is_local = peer.is_some_and(|peer| peer.0.0.ip().to_canonical().is_loopback());
    if !is_local || headers.contains_key("x-forwarded-for") {
        return Err(no_such_address("/metrics"));
    }
    let text = telemetry::render(&state).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
