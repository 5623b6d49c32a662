//! An agent whose model elsewhere calls tools as OpenAI's do.

use crate::support::{Database, TestApp};
use axum::{
    Json, Router,
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
    routing::post,
};
use millrace::server::{clock::Clock, config::Networks};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

type Asked = Arc<Mutex<Vec<Value>>>;

fn stream(pieces: &[Value]) -> Response {
    let events = pieces.iter().map(|delta| json!({ "choices": [{ "index": 0, "delta": delta }] }));
    let text: String = events.map(|event| format!("data: {event}\n\n")).collect();
    ([(header::CONTENT_TYPE, "text/event-stream")], format!("{text}data: [DONE]\n\n")).into_response()
}

/// The name comes first, the arguments in pieces.
fn call(arguments: [&str; 2]) -> Response {
    let piece = |name: Option<&str>, arguments: &str| json!({ "tool_calls": [{ "index": 0, "id": "call_x", "type": "function", "function": { "name": name, "arguments": arguments } }] });
    stream(&[
        json!({ "role": "assistant", "content": "I double it." }),
        piece(Some("twice"), ""),
        piece(None, arguments[0]),
        piece(None, arguments[1]),
    ])
}

/// First a call with wrong arguments, then a right one, then the answer.
async fn answer(State(asked): State<Asked>, Json(question): Json<Value>) -> Response {
    let last = question["messages"].as_array().and_then(|all| all.last()).cloned().unwrap_or_default();
    asked.lock().expect("not poisoned").push(question);
    match (last["role"].as_str(), last["tool_call_id"].as_str()) {
        (Some("tool"), Some("call_again")) => call(["{\"n\":", "21}"]),
        (Some("tool"), _) => stream(&[json!({ "content": "It is " }), json!({ "content": "42." })]),
        _ => call(["{\"n\":", "\"x\"}"]),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tools_are_called_in_the_services_own_form() {
    let asked = Asked::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base_url = format!("http://{}/v1", listener.local_addr().expect("an address"));
    let router = Router::new().route("/v1/chat/completions", post(answer)).with_state(asked.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
    let app = TestApp::start_with(Database::Sqlite, Clock::system(), |config| {
        config.outbound.outbound_allow = Networks(vec!["127.0.0.1/32".parse().expect("a network")]);
    })
    .await;
    let ada = app.user("ada").await;
    ada.post("/api/models", json!({ "name": "far", "base_url": base_url, "model": "far-1" }))
        .await
        .expect(201);
    let child = ada.workflow(&[("Twice", "transform", json!({ "expression": "input.n * 2" }))], &[]).await;
    let parameters =
        json!({ "type": "object", "properties": { "n": { "type": "integer" } }, "required": ["n"] });
    let config = json!({
        "prompt_template": "What is twice 21?", "model": "far",
        "tools": [{ "type": "workflow", "name": "twice", "workflow": child.rsplit('/').next(), "parameters": parameters }],
    });
    let path = ada.workflow(&[("Agent", "agent", config)], &[]).await;
    let done = ada.post(&format!("{path}/runs?wait=60"), json!({ "input_data": null })).await.expect(200);
    assert_eq!(done["run"]["output_data"], json!({ "Agent": "It is 42." }), "{done}");
    let asked = asked.lock().expect("not poisoned");
    assert_eq!(asked.len(), 3);
    assert_eq!(asked[0]["tools"][0]["function"]["name"], "twice");
    assert!(asked.iter().all(|question| question.get("response_format").is_none()), "{asked:?}");
    let corrected = asked[1]["messages"].as_array().expect("messages").last().expect("one").clone();
    assert!(corrected["content"].as_str().is_some_and(|said| said.contains("was not made")), "{corrected}");
    // What was wrong is forgotten; what was called is told with what came of it.
    let told = asked[2]["messages"].as_array().expect("messages").clone();
    let roles: Vec<&str> = told.iter().filter_map(|message| message["role"].as_str()).collect();
    assert_eq!(roles, ["system", "user", "assistant", "tool"], "{told:?}");
    assert_eq!(told[2]["content"], "I double it.");
    assert_eq!(told[2]["tool_calls"][0]["function"]["arguments"], "{\"n\":21}");
    assert_eq!(told[2]["tool_calls"][0]["id"], told[3]["tool_call_id"]);
    assert!(told[3]["content"].as_str().is_some_and(|result| result.contains("42")), "{told:?}");
}
