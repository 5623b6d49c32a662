//! A service that counts what it hears by the keys that tell repetitions.

use axum::{Json, Router, extract::State, http::HeaderMap, routing::post};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

type Counts = Arc<Mutex<HashMap<String, usize>>>;

/// It ends with the test.
pub struct Heard {
    address: SocketAddr,
    counts: Counts,
    server: tokio::task::JoinHandle<()>,
}

impl Heard {
    pub async fn start() -> Self {
        let counts = Counts::default();
        let app = Router::new().route("/{*rest}", post(hear)).with_state(Arc::clone(&counts));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let server = tokio::spawn(async move { axum::serve(listener, app).await.expect("serves") });
        Self { address, counts, server }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often each key came since this was asked last.
    pub fn take(&self) -> HashMap<String, usize> {
        std::mem::take(&mut *self.counts.lock().expect("no panic while held"))
    }
}

impl Drop for Heard {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn hear(State(counts): State<Counts>, headers: HeaderMap) -> Json<Value> {
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).expect("a key");
    *counts.lock().expect("no panic while held").entry(key.to_owned()).or_default() += 1;
    Json(json!({ "heard": true }))
}
