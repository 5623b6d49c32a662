//! A service that stalls, breaks off, talks nonsense or refuses: the step says what happened, and those that wait behind
//! it get their turn.

use crate::support::{Client, Database, TestApp};
use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::State,
    http::header,
    response::Response,
    routing::post,
};
use futures::{StreamExt as _, stream};
use millrace::server::{clock::Clock, config::Networks};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

/// How often each thing was asked.
type Asked = Arc<Mutex<HashMap<String, u32>>>;

/// What is asked says how it is answered.
async fn answer(State(asked): State<Asked>, Json(body): Json<Value>) -> Response {
    let word = body["messages"][0]["content"].as_str().expect("a question").to_owned();
    let times = {
        let mut asked = asked.lock().expect("not poisoned");
        *asked.entry(word.clone()).and_modify(|times| *times += 1).or_insert(1)
    };
    let piece = |text: &str| {
        let event =
            json!({ "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }] });
        format!("data: {event}\n\n")
    };
    let refuse = |status: u16, wait: &str| {
        let said = json!({ "error": { "message": format!("The service says {status}.") } });
        let reply = Response::builder().status(status).header(header::RETRY_AFTER, wait);
        reply.body(Body::from(said.to_string())).expect("a reply")
    };
    let stream = |text: String, then: Option<std::io::Error>, stays: bool| {
        let first = stream::iter([Ok(Bytes::from(text))]);
        let after = stream::once(async move {
            if stays {
                std::future::pending::<()>().await;
            }
            // Or what came before would be lost with the connection.
            tokio::time::sleep(Duration::from_millis(200)).await;
            then.map_or(Ok(Bytes::new()), Err)
        });
        let reply = Response::builder().header(header::CONTENT_TYPE, "text/event-stream");
        reply.body(Body::from_stream(first.chain(after))).expect("a reply")
    };
    match (word.as_str(), times) {
        ("stall", _) => stream(piece("He"), None, true),
        ("break off", _) => stream(piece("He"), Some(std::io::Error::other("gone")), false),
        ("end early", _) => stream(piece("He"), None, false),
        ("talk nonsense", _) => stream(format!("{}data: {{\"choices\": [oops\n\n", piece("He")), None, false),
        ("show a page", _) => {
            let page = Response::builder().header(header::CONTENT_TYPE, "text/html; charset=utf-8");
            page.body(Body::from("<!doctype html><p>Sign in")).expect("a reply")
        }
        ("refuse the key", _) => refuse(401, "0"),
        ("be busy for long", _) => refuse(429, "3600"),
        ("be busy for a second", 1) => refuse(429, "1"),
        ("fail once", 1) => refuse(500, "0"),
        ("fail always", _) => refuse(500, "0"),
        _ => stream(format!("{}data: [DONE]\n\n", piece(&format!("Done: {word}"))), None, false),
    }
}

async fn service() -> (String, Asked) {
    let asked = Asked::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base_url = format!("http://{}/v1", listener.local_addr().expect("an address"));
    let router = Router::new().route("/v1/chat/completions", post(answer)).with_state(asked.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
    (base_url, asked)
}

async fn run(client: Client, word: &'static str) -> Value {
    let config = json!({ "prompt_template": word, "model": "far", "max_tokens": 8 });
    let path = client.workflow(&[("Ask", "llm_call", config)], &[]).await;
    client.post(&format!("{path}/runs?wait=60"), json!({ "input_data": null })).await.expect(200)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_failure_has_its_name_and_those_behind_it_get_their_turn() {
    let (base_url, asked) = service().await;
    let app = TestApp::start_with(Database::Sqlite, Clock::system(), |config| {
        config.outbound.outbound_allow = Networks(vec!["127.0.0.1/32".parse().expect("a network")]);
        config.models.remote_stall_seconds = 1;
        // One after the other, so that whoever does not let go would be seen.
        config.limits.parallel_model_calls = 1;
    })
    .await;
    let ada = app.user("ada").await;
    let model = json!({ "name": "far", "base_url": base_url, "model": "far-1" });
    ada.post("/api/models", model).await.expect(201);

    let failures = [
        ("stall", "remote_stalled", "in the middle of its answer"),
        ("break off", "remote_broken_stream", "broken"),
        ("end early", "remote_broken_stream", "ended in the middle"),
        ("talk nonsense", "remote_broken_stream", "not the JSON"),
        ("show a page", "remote_broken_stream", "a web page"),
        ("refuse the key", "remote_key_refused", "Check the credential"),
        ("be busy for long", "remote_busy", "HTTP 429"),
        ("fail always", "remote_failed", "The service says 500"),
    ];
    let successes = ["be busy for a second", "fail once", "answer"];
    let failing = failures.map(|(word, ..)| tokio::spawn(run(ada.clone(), word)));
    let going_well = successes.map(|word| tokio::spawn(run(ada.clone(), word)));
    for ((word, code, says), failing) in failures.into_iter().zip(failing) {
        let done = failing.await.expect("no panic");
        assert_eq!(done["run"]["status"], "failed", "{word}: {done}");
        assert_eq!(done["run"]["error_code"], code, "{word}: {done}");
        let message = done["run"]["error_message"].as_str().expect("a message");
        assert!(message.contains(says) && message.contains("far"), "{word}: {message}");
    }
    for (word, going_well) in successes.into_iter().zip(going_well) {
        let done = going_well.await.expect("no panic");
        assert_eq!(done["run"]["output_data"]["Ask"], format!("Done: {word}"), "{done}");
    }
    let asked = asked.lock().expect("not poisoned");
    let times = |word: &str| asked.get(word).copied().unwrap_or_default();
    // After the first word nothing is asked twice; before it, what may pass is.
    assert_eq!(["stall", "break off", "refuse the key", "be busy for long"].map(times), [1; 4]);
    assert_eq!(["be busy for a second", "fail once", "fail always"].map(times), [2, 2, 4]);
}
