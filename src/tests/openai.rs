//! `/v1` as OpenAI's clients use it, and models elsewhere: Millrace asks itself over it.

mod broken;
mod cache;
mod chat;
mod official;
mod remote;
mod tools;
mod vectors;
mod workflows;

use crate::support::{Client, Database, TestApp};
use millrace::server::{clock::Clock, config::Networks};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Small enough for every test, and good enough to know the capital of France.
const MODEL: &str = "smollm2-135m";

fn models() -> PathBuf {
    let folder = std::env::var_os("MILLRACE_MODELS_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/models"), PathBuf::from);
    for model in [MODEL, "all-minilm-l6-v2"] {
        assert!(folder.join(model).is_dir(), "these tests need {model}: `millrace models pull {model}`");
    }
    folder
}

/// An application with the real models that may reach this machine.
async fn app(database: Database) -> TestApp {
    TestApp::start_with(database, Clock::system(), |config| {
        config.models.models_dir = Some(models());
        config.models.chat_model = Some(MODEL.to_owned());
        // One answer at a time, so that a test can see another one wait.
        config.models.model_parallel = 1;
        config.outbound.outbound_allow = Networks(vec!["127.0.0.1/32".parse().expect("a network")]);
    })
    .await
}

async fn apps() -> Vec<TestApp> {
    let mut apps = vec![app(Database::Sqlite).await];
    if let Some(database) = Database::postgres() {
        apps.push(app(database).await);
    }
    apps
}

/// A program with a key of these scopes.
async fn program(client: &Client, scopes: &[&str]) -> Client {
    let made = client.post("/api/keys", json!({ "name": "Program", "scopes": scopes })).await.expect(201);
    client.as_bearer(made["key"].as_str().expect("the key"))
}

fn question(change: Value) -> Value {
    let mut body = json!({
        "model": MODEL, "temperature": 0, "max_tokens": 10,
        "messages": [{ "role": "user", "content": "What is the capital of France?" }],
    });
    body.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
    body
}

/// The events of a stream up to `[DONE]`, which must be the last one.
fn events(text: &str) -> Vec<Value> {
    let mut data: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    assert_eq!(data.pop(), Some("[DONE]"), "{text}");
    data.into_iter().map(|event| serde_json::from_str(event).expect("JSON")).collect()
}

fn said(events: &[Value]) -> String {
    events.iter().filter_map(|event| event["choices"][0]["delta"]["content"].as_str()).collect()
}

fn error(reply: &Value) -> (&str, &str, Option<&str>) {
    let error = &reply["error"];
    assert!(error["message"].as_str().is_some_and(|m| m.len() > 10), "{reply}");
    (
        error["type"].as_str().expect("a type"),
        error["code"].as_str().expect("a code"),
        error["param"].as_str(),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_answers_in_whole_and_in_pieces() {
    for app in apps().await {
        let program = program(&app.user("ada").await, &["run"]).await;
        let whole = program.post("/v1/chat/completions", question(json!({}))).await.expect(200);
        assert_eq!((&whole["object"], &whole["model"]), (&json!("chat.completion"), &json!(MODEL)));
        let content = whole["choices"][0]["message"]["content"].as_str().expect("text");
        assert!(content.contains("Paris"), "{content}");
        let usage = &whole["usage"];
        let sum =
            |a: &str, b: &str| usage[a].as_u64().expect("a number") + usage[b].as_u64().expect("a number");
        assert_eq!(usage["total_tokens"], sum("prompt_tokens", "completion_tokens"));

        let streamed = json!({ "stream": true, "stream_options": { "include_usage": true } });
        let reply = program.post("/v1/chat/completions", question(streamed)).await;
        assert_eq!(reply.headers["content-type"], "text/event-stream");
        let mut events = events(&reply.text);
        assert_eq!(&events.pop().expect("the last event")["usage"], usage);
        assert_eq!(said(&events), content);
        assert!(events.len() > 4, "in pieces: {events:?}");
        assert_eq!(events[0]["choices"][0]["delta"]["role"], "assistant");
        let last = &events.last().expect("an event")["choices"][0];
        assert_eq!(last["finish_reason"], whole["choices"][0]["finish_reason"]);
        assert!(events.iter().all(|e| e["id"] == events[0]["id"] && e["object"] == "chat.completion.chunk"));

        let stopped =
            question(json!({ "stop": [" Paris", "!"], "max_completion_tokens": 30, "colour": "ignored" }));
        let stopped = program.post("/v1/chat/completions", stopped).await.expect(200);
        let content = stopped["choices"][0]["message"]["content"].as_str().expect("text");
        assert!(!content.contains("Paris"), "{content}");
        assert_eq!(stopped["choices"][0]["finish_reason"], "stop");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_follow_the_format_that_is_asked_for() {
    let app = app(Database::Sqlite).await;
    let program = program(&app.user("ada").await, &["run"]).await;
    let schema = json!({
        "type": "object",
        "properties": { "city": { "type": "string", "maxLength": 12 }, "capital": { "type": "boolean" } },
        "required": ["city", "capital"], "additionalProperties": false,
    });
    let format =
        json!({ "type": "json_schema", "json_schema": { "name": "city", "schema": schema, "strict": true } });
    for (format, fields) in [(format, &["city", "capital"][..]), (json!({ "type": "json_object" }), &[])] {
        let body = question(json!({ "response_format": format, "max_tokens": 40 }));
        let reply = program.post("/v1/chat/completions", body).await.expect(200);
        let content = reply["choices"][0]["message"]["content"].as_str().expect("text");
        let document: Value = serde_json::from_str(content).expect("a document");
        let document = document.as_object().expect("an object");
        assert!(fields.iter().all(|field| document.contains_key(*field)), "{content}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vectors_come_as_numbers_and_as_bytes() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let app = app(Database::Sqlite).await;
    let program = program(&app.user("ada").await, &["run"]).await;
    let body = |format: &str| json!({ "model": "all-minilm-l6-v2", "input": ["one", "two words"], "encoding_format": format });
    let numbers = program.post("/v1/embeddings", body("float")).await.expect(200);
    let bytes = program.post("/v1/embeddings", body("base64")).await.expect(200);
    assert!(numbers["usage"]["prompt_tokens"].as_u64().is_some_and(|n| n >= 7), "{}", numbers["usage"]);
    for index in 0..2 {
        let vector: Vec<f32> =
            serde_json::from_value(numbers["data"][index]["embedding"].clone()).expect("numbers");
        let packed =
            STANDARD.decode(bytes["data"][index]["embedding"].as_str().expect("text")).expect("base64");
        let packed: Vec<f32> = packed
            .chunks_exact(4)
            .map(|four| f32::from_le_bytes(four.try_into().expect("four bytes")))
            .collect();
        assert_eq!((vector.len(), &vector), (384, &packed));
        assert!((vector.iter().map(|n| n * n).sum::<f32>() - 1.0).abs() < 1e-3);
    }
    for (change, param) in [
        (json!({ "input": [] }), "input"),
        (json!({ "input": ["a", ""] }), "input.1"),
        (json!({ "input": [[1, 2]] }), "input"),
        (json!({ "dimensions": 5 }), "dimensions"),
        (json!({ "encoding_format": "hex" }), "encoding_format"),
    ] {
        let mut asked = body("float");
        asked.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        let refused = program.post("/v1/embeddings", asked).await.expect(400);
        assert_eq!(error(&refused).2, Some(param));
    }
    let other = program.post("/v1/embeddings", json!({ "model": MODEL, "input": "x" })).await.expect(404);
    assert_eq!(error(&other).1, "model_not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_have_openais_form() {
    for app in apps().await {
        let ada = app.user("ada").await;
        let (runs, reads) = (program(&ada, &["run"]).await, program(&ada, &["read"]).await);
        let path = "/v1/chat/completions";
        let nobody = app.anonymous().post(path, question(json!({}))).await.expect(401);
        assert_eq!(error(&nobody), ("authentication_error", "unauthorized", None));
        let reader = reads.post(path, question(json!({}))).await.expect(403);
        assert_eq!(error(&reader), ("permission_error", "scope_missing", None));
        for (change, status, code, param) in [
            (json!({ "model": "gpt-9" }), 404, "model_not_found", "model"),
            (json!({ "model": "all-minilm-l6-v2" }), 404, "model_not_found", "model"),
            (json!({ "model": "" }), 400, "invalid_input", "model"),
            (json!({ "n": 2 }), 400, "invalid_input", "n"),
            (json!({ "n": "two" }), 400, "invalid_input", "n"),
            (json!({ "messages": "Hello" }), 400, "invalid_input", "messages"),
            (json!({ "tools": [{ "type": "function" }] }), 400, "invalid_input", "tools"),
            (json!({ "stream": true, "temperature": 9 }), 400, "invalid_input", "temperature"),
        ] {
            let refused = runs.post(path, question(change)).await.expect(status);
            assert_eq!(error(&refused), ("invalid_request_error", code, Some(param)));
        }
        let broken = runs.raw(reqwest::Method::POST, path, "{").await.expect(400);
        assert_eq!(error(&broken).1, "malformed_json");
        // What a model says comes with its own status, streamed or not.
        let long =
            json!({ "messages": [{ "role": "user", "content": "word ".repeat(6000) }], "stream": true });
        let refused = runs.post(path, question(long)).await.expect(422);
        assert_eq!(error(&refused).1, "prompt_too_long");
        let listed = runs.get("/v1/models").await.expect(200);
        let ids: Vec<_> =
            listed["data"].as_array().expect("models").iter().map(|m| m["id"].clone()).collect();
        assert!(ids.contains(&json!(MODEL)) && ids.contains(&json!("all-minilm-l6-v2")), "{ids:?}");
        assert!(!runs.get("/v1/nowhere").await.text.contains("<html"), "no page for programs");
    }
}
