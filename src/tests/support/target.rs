//! A place on this machine that requests of workflows go to: shows what it was sent, and answers as it is told.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::any,
};
use serde_json::{Map, Value, json};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

/// A running target; it ends with the test.
pub struct Target {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Value>>>,
    server: tokio::task::JoinHandle<()>,
}

type Asked = Arc<Mutex<Vec<Value>>>;

impl Target {
    pub async fn start() -> Self {
        let asked = Asked::default();
        let router = Router::new()
            .route("/echo", any(echo))
            .route("/status/{status}", any(status))
            .route("/busy/{times}", any(busy))
            .route("/picture", any(picture))
            .with_state(Arc::clone(&asked));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
        Self { address, asked, server }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Everything that was asked, in order: `{method, path, query, headers, body}`.
    pub fn asked(&self) -> Vec<Value> {
        self.asked.lock().expect("no panic while held").clone()
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn note(asked: &Asked, method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Value {
    let headers: Map<String, Value> = headers
        .iter()
        .map(|(name, value)| (name.to_string(), json!(String::from_utf8_lossy(value.as_bytes()))))
        .collect();
    let seen = json!({
        "method": method.as_str(), "path": uri.path(), "query": uri.query(),
        "headers": headers, "body": String::from_utf8_lossy(body),
    });
    asked.lock().expect("no panic while held").push(seen.clone());
    seen
}

async fn echo(
    State(asked): State<Asked>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Json<Value> {
    Json(note(&asked, &method, &uri, &headers, &body))
}

/// That status, with what was sent in the body.
async fn status(
    State(asked): State<Asked>,
    Path(status): Path<u16>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let seen = note(&asked, &method, &uri, &headers, &body);
    (StatusCode::from_u16(status).expect("a status"), Json(seen)).into_response()
}

/// 429 so many times, each asking for two seconds of rest; then 200.
async fn busy(
    State(asked): State<Asked>,
    Path(times): Path<usize>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    note(&asked, &method, &uri, &headers, &body);
    let before =
        asked.lock().expect("no panic while held").iter().filter(|a| a["path"] == uri.path()).count();
    if before <= times {
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "2")], "slowly").into_response();
    }
    "now".into_response()
}

async fn picture() -> Response {
    ([(header::CONTENT_TYPE, "image/png")], &b"\x89PNG\r\n\x1a\n\0\xff"[..]).into_response()
}
