//! `/health/live`: the process answers. `/health/ready`: it can do its work.

use crate::server::state::AppState;
use axum::{Json, Router, routing::get};
use serde_json::{Value, json};

pub fn router() -> Router<AppState> {
    Router::new().route("/health/live", get(live))
}

async fn live() -> Json<Value> {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}
