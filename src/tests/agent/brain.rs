//! A model elsewhere that says one step after the other, whoever asks: which one goes by the results that it is shown, so
//! that the same question gets the same answer again.

use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

/// It ends with the test.
pub struct Brain {
    address: SocketAddr,
    told: Arc<Mutex<Vec<String>>>,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Clone)]
struct Script {
    steps: Arc<Vec<Value>>,
    told: Arc<Mutex<Vec<String>>>,
}

impl Brain {
    /// Each step a tool and its input.
    pub async fn start<const N: usize>(steps: [(&str, Value); N]) -> Self {
        let step =
            |(tool, input)| json!({ "thought": "so it goes", "action": { "tool": tool, "input": input } });
        let told = Arc::default();
        let script =
            Script { steps: Arc::new(steps.into_iter().map(step).collect()), told: Arc::clone(&told) };
        let app = Router::new().route("/v1/chat/completions", post(answer)).with_state(script);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let server = tokio::spawn(async move { axum::serve(listener, app).await.expect("serves") });
        Self { address, told, server }
    }

    /// What a model is reached by.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The last message of each question.
    pub fn told(&self) -> Vec<String> {
        self.told.lock().expect("no panic while held").clone()
    }
}

impl Drop for Brain {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(
    State(script): State<Script>,
    Json(question): Json<Value>,
) -> Result<Json<Value>, (StatusCode, &'static str)> {
    // Steps are documents then.
    if question.get("tools").is_some() {
        return Err((StatusCode::BAD_REQUEST, "This model does not support tools."));
    }
    let messages: Vec<&str> = question["messages"]
        .as_array()
        .map(|all| all.iter().filter_map(|message| message["content"].as_str()).collect())
        .unwrap_or_default();
    let last = messages.last().copied().unwrap_or_default().to_owned();
    script.told.lock().expect("no panic while held").push(last);
    let results = messages.iter().filter(|message| message.starts_with("Result of ")).count();
    let step = script.steps.get(results).cloned().unwrap_or_default();
    Ok(Json(json!({
        "choices": [{ "message": { "role": "assistant", "content": step.to_string() }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 100, "completion_tokens": 10 },
    })))
}
