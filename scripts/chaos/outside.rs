//! What the agents of the runs talk with, in this process, which nobody kills: a model that says one step after the other,
//! whoever asks, and a service that hears what it is sent. Both write down what they hear, in one order.

use anyhow::{Context as _, Result};
use axum::{Json, Router, extract::State, http::HeaderMap, routing::post};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How often each agent calls its tool.
pub const CALLS: usize = 3;
/// How long a call takes, so that kills hit it.
const PAUSE: Duration = Duration::from_millis(25);

/// What one of them heard.
#[derive(Debug, Clone)]
pub enum Heard {
    /// The model of a run was shown so many results.
    Asked { run: String, results: usize },
    /// A call of the tool, counted from 0, with the key that tells repetitions.
    Called { run: String, call: usize, key: String },
}

type Ledger = Arc<Mutex<Vec<Heard>>>;

/// Ends with the process.
#[derive(Debug)]
pub struct Outside {
    pub address: String,
    heard: Ledger,
}

impl Outside {
    pub async fn open() -> Result<Self> {
        let heard = Ledger::default();
        let app = Router::new()
            .route("/v1/chat/completions", post(think))
            .route("/sent", post(send))
            .with_state(Arc::clone(&heard));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.context("no free port")?;
        let address = format!("http://{}", listener.local_addr()?);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { address, heard })
    }

    /// Everything so far, in its order.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn keep(heard: &Ledger, what: Heard) {
    heard.lock().unwrap_or_else(PoisonError::into_inner).push(what);
}

/// The task that an agent is given: the run and its number.
pub const TASK: &str = "Send it for |{{ run.id }}|{{ input.n }}|";

/// The answer of an agent that saw the results of all its calls.
pub fn answer(n: i64) -> String {
    (0..CALLS as i64).map(|call| n + call).sum::<i64>().to_string()
}

async fn think(State(heard): State<Ledger>, Json(question): Json<Value>) -> Json<Value> {
    let texts: Vec<&str> = question["messages"]
        .as_array()
        .map(|all| all.iter().filter_map(|message| message["content"].as_str()).collect())
        .unwrap_or_default();
    let task: Vec<&str> = texts
        .iter()
        .find(|text| text.starts_with("Send it for |"))
        .map_or(Vec::new(), |t| t.split('|').collect());
    let (run, n) =
        (task.get(1).copied().unwrap_or_default(), task.get(2).and_then(|n| n.parse::<i64>().ok()));
    let results: Vec<i64> = question["messages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|message| message["role"] == "tool")
        .filter_map(|message| given(message["content"].as_str()?))
        .collect();
    keep(&heard, Heard::Asked { run: run.to_owned(), results: results.len() });
    let message = if results.len() < CALLS {
        let body = json!({ "run": run, "call": results.len(), "n": n });
        let arguments = json!({ "path": "sent", "body": body }).to_string();
        let call = json!({ "id": "call", "type": "function", "function": { "name": "send", "arguments": arguments } });
        json!({ "role": "assistant", "content": format!("{} results", results.len()), "tool_calls": [call] })
    } else {
        json!({ "role": "assistant", "content": results.iter().sum::<i64>().to_string() })
    };
    let reason = if message["tool_calls"].is_array() { "tool_calls" } else { "stop" };
    Json(json!({
        "choices": [{ "message": message, "finish_reason": reason }],
        "usage": { "prompt_tokens": 100, "completion_tokens": 10 },
    }))
}

/// The number in a result.
fn given(text: &str) -> Option<i64> {
    let (_, rest) = text.split_once("\"given\":")?;
    rest.split(|c: char| !c.is_ascii_digit() && c != '-').next()?.parse().ok()
}

async fn send(State(heard): State<Ledger>, headers: HeaderMap, Json(sent): Json<Value>) -> Json<Value> {
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    let call = sent["call"].as_i64().unwrap_or_default();
    let run = sent["run"].as_str().unwrap_or_default().to_owned();
    keep(
        &heard,
        Heard::Called { run, call: usize::try_from(call).unwrap_or(usize::MAX), key: key.to_owned() },
    );
    tokio::time::sleep(PAUSE).await;
    Json(json!({ "given": sent["n"].as_i64().unwrap_or_default() + call }))
}
