//! `/api/chat`: answers as the chat page gets them, for whom, and that who leaves ends the work.

use super::{MODEL, app, apps, question};
use crate::support::{Client, Database, TestApp};
use futures::StreamExt as _;
use millrace::api::chat::{ChatEvent, ChatFailure};
use serde_json::{Value, json};
use std::time::Duration;

/// The events of a whole answer.
async fn chat(client: &Client, body: Value) -> Vec<ChatEvent> {
    let reply = client.post("/api/chat", body).await;
    assert_eq!(
        (reply.status, &reply.headers["content-type"]),
        (200, &"text/event-stream".parse().expect("a header"))
    );
    let data = reply.text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| ChatEvent::read(data).unwrap_or_else(|| panic!("not known: {data}"))).collect()
}

fn said(events: &[ChatEvent]) -> String {
    let text = |event: &ChatEvent| match event {
        ChatEvent::Text(text) => Some(text.clone()),
        _ => None,
    };
    events.iter().filter_map(text).collect()
}

fn failure(events: &[ChatEvent]) -> &ChatFailure {
    match events.last() {
        Some(ChatEvent::Failed(failure)) => failure,
        other => panic!("no failure: {other:?}"),
    }
}

/// A browser that is signed in: it has a cookie and no token.
async fn browser(app: &TestApp, name: &str) -> Client {
    app.user(name).await;
    let client = app.anonymous();
    let body = json!({ "username": name, "password": "correct horse" });
    let reply = client.post("/api/auth/login", body).await;
    reply.expect(200);
    let cookies = ["millrace_access", "millrace_refresh"];
    let sent = cookies.map(|cookie| reply.cookie(cookie).map(|value| format!("{cookie}={value}")));
    client.with("cookie", sent.into_iter().flatten().collect::<Vec<_>>().join("; "))
}

/// What the list of models says of the one that the tests ask.
async fn model(client: &Client) -> Value {
    let models = client.get("/api/models").await.expect(200);
    models["items"]
        .as_array()
        .expect("models")
        .iter()
        .find(|m| m["name"] == MODEL)
        .expect("the model")
        .clone()
}

async fn until(client: &Client, what: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..3000 {
        let now = model(client).await;
        if what(&now) {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {}", model(client).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_is_told_all_that_happens() {
    for app in apps().await {
        let browser = browser(&app, "ada").await;
        let events = chat(&browser, question(json!({}))).await;
        assert_eq!(events[..2], [ChatEvent::Loading {}, ChatEvent::Started {}]);
        assert!(said(&events).contains("Paris"), "{events:?}");
        let texts = events.iter().filter(|event| matches!(event, ChatEvent::Text(_))).count();
        let Some(ChatEvent::Done(done)) = events.last() else { panic!("not done: {events:?}") };
        assert!(texts > 2 && texts as u64 <= done.usage.completion_tokens, "in pieces: {events:?}");
        assert!(done.usage.prompt_tokens > 10);

        // From another site, the cookie is worth nothing.
        let foreign =
            browser.with("origin", "https://evil.example").post("/api/chat", question(json!({}))).await;
        assert_eq!(foreign.problem(403).0, "cross_site");
        let nobody = Client::new(browser.address).post("/api/chat", question(json!({}))).await;
        assert_eq!(nobody.problem(401).0, "unauthorized");
        for (change, code) in [
            (json!({ "model": "none" }), (404, "model_not_found")),
            (json!({ "temperature": 9 }), (422, "invalid_input")),
        ] {
            assert_eq!(browser.post("/api/chat", question(change)).await.problem(code.0).0, code.1);
        }
        let long = json!({ "messages": [{ "role": "user", "content": "mill ".repeat(9000) }] });
        let long = chat(&browser, question(long)).await;
        assert_eq!(failure(&long).code, "prompt_too_long");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_hangs_up_frees_the_model() {
    let app = app(Database::Sqlite).await;
    let ada = app.user("ada").await;
    // Longer than any test waits, so that an answer that nobody reads would hold the model.
    let endless = question(json!({ "temperature": 1.5, "max_tokens": 4000, "seed": 7 }));
    let reply = ada
        .request(reqwest::Method::POST, "/api/chat")
        .json(&endless)
        .send()
        .await
        .expect("an answer begins");
    let mut first = reply.bytes_stream();
    first.next().await.expect("a piece").expect("bytes");
    until(&ada, |model| model["state"] == "busy").await;

    // The next one waits, says so, and leaves the line when it hangs up.
    let grace = app.user("grace").await;
    let second = grace
        .request(reqwest::Method::POST, "/api/chat")
        .json(&endless)
        .send()
        .await
        .expect("an answer begins");
    let mut second = second.bytes_stream();
    let piece = second.next().await.expect("a piece").expect("bytes");
    let piece = String::from_utf8_lossy(&piece).into_owned();
    assert!(piece.contains("{\"waiting\":{\"ahead\":1}}"), "{piece}");
    until(&ada, |model| model["queue_length"] == 1).await;
    drop(second);
    until(&ada, |model| model["queue_length"] == 0).await;
    assert_eq!(model(&ada).await["state"], "busy");

    drop(first);
    until(&ada, |model| model["state"] == "ready").await;
    assert!(said(&chat(&grace, question(json!({}))).await).contains("Paris"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workflow_shows_its_steps_and_its_run() {
    for app in apps().await {
        let ada = app.user("ada").await;
        let config = json!({ "prompt_template": "What is the capital of {input}?", "temperature": 0, "max_tokens": 10 });
        let steps =
            [("Trim", "transform", json!({ "expression": "input.strip()" })), ("Ask", "llm_call", config)];
        let path = ada.workflow(&steps, &[("Trim", None, "Ask")]).await;
        ada.put(&path, json!({ "name": "Capitals", "is_active": true })).await.expect(200);
        let ask = || json!({ "model": "workflow/Capitals", "messages": [{ "role": "user", "content": " France " }] });
        let events = chat(&ada, ask()).await;
        let ChatEvent::Run { workflow_id, run_id } = events[0] else { panic!("no run: {events:?}") };
        assert!(path.ends_with(&workflow_id.to_string()));
        let run = ada.get(&format!("{path}/runs/{run_id}")).await.expect(200);
        assert_eq!(run["run"]["output_data"]["Ask"], said(&events));
        assert!(said(&events).contains("Paris"), "{events:?}");
        let runs = |name: &str| events.contains(&ChatEvent::Step { name: name.to_owned(), waits: None });
        assert!(runs("Trim") && runs("Ask"), "{events:?}");

        let grace = app.user("grace").await;
        assert_eq!(grace.post("/api/chat", ask()).await.problem(404).0, "model_not_found");
        let by_id = json!({ "model": format!("workflow/{workflow_id}"), "messages": ask()["messages"] });
        assert_eq!(grace.post("/api/chat", by_id).await.problem(404).0, "model_not_found");
        let failing = json!({ "expression": "input.missing" });
        let failing = ada.workflow(&[("Fail", "transform", failing)], &[]).await;
        ada.put(&failing, json!({ "name": "Fails", "is_active": true })).await.expect(200);
        let failed = chat(&ada, json!({ "model": "workflow/Fails", "messages": ask()["messages"] })).await;
        assert_eq!(failure(&failed).code, "run_failed");
        assert!(failure(&failed).message.contains("Fail: "), "{failed:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_cancels_the_run() {
    let app = app(Database::Sqlite).await;
    let ada = app.user("ada").await;
    let path = ada.workflow(&[("Wait", "delay", json!({ "seconds": 3600 }))], &[]).await;
    ada.put(&path, json!({ "name": "Waits", "is_active": true })).await.expect(200);
    let body = json!({ "model": "workflow/Waits", "messages": [{ "role": "user", "content": "x" }] });
    let reply = ada.request(reqwest::Method::POST, "/api/chat").json(&body).send().await.expect("it begins");
    let status =
        || async { ada.get(&format!("{path}/runs")).await.expect(200)["items"][0]["status"].clone() };
    let reaches = |wanted: &'static str| async move {
        for _ in 0..1000 {
            if status().await == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it is {}", status().await);
    };
    reaches("waiting").await;
    drop(reply);
    reaches("cancelled").await;
}
