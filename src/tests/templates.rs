//! The templates that need more than a model, run for real: the sample documents through the upload, the small chat model
//! and the embedding model, a web service of our own.

use crate::{
    support::{Client, Database, TestApp},
    uploads::{sample, with_models},
};
use axum::{Json, Router, routing::get};
use millrace::server::{clock::Clock, config::Networks, services::workflows};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// The user's own copy of a template; gives its path.
async fn copy(app: &TestApp, client: &Client, slug: &str) -> String {
    let me = client.get("/api/auth/me").await.expect(200);
    let owner: uuid::Uuid = me["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let made = workflows::create_from_template(&app.state, owner.into(), slug).await.expect("a template");
    format!("/api/workflows/{}", made.id)
}

async fn run(client: &Client, path: &str, input: Value) -> Value {
    let body = json!({ "input_data": input });
    client.post(&format!("{path}/runs?wait=300"), body).await.expect(200)
}

async fn ask_my_documents(database: Database) {
    let app = TestApp::start_with(database, Clock::system(), with_models).await;
    let client = app.user("ada").await;
    let path = copy(&app, &client, "ask-my-documents").await;
    let collection = "/api/vectors/collections/Sample%20documents";
    let uploads = client.get(&format!("{collection}/uploads")).await.expect(200);
    let id = uploads["items"][0]["id"].as_str().expect("the samples are on their way").to_owned();
    let view = client.get(&format!("{collection}/uploads/{id}?wait=120")).await.expect(200);
    assert!(view["files"].as_array().expect("files").iter().all(|file| file["state"] == "done"), "{view}");

    let question = "How many days of holiday do full-time employees have?";
    let detail = run(&client, &path, json!({ "question": question })).await;
    assert_eq!(detail["run"]["status"], "completed", "{}", detail["run"]);
    let output = &detail["run"]["output_data"]["answer"];
    assert!(output["answer"].as_str().is_some_and(|answer| answer.contains("28")), "{output}");
    assert_eq!(output["sources"][0], "handbook.md", "{output}");
    assert_eq!(output["passages"].as_array().map(Vec::len), Some(3), "{output}");

    // A second copy finds the collection and leaves it alone.
    let before = client.get(collection).await.expect(200)["document_count"].clone();
    copy(&app, &client, "ask-my-documents").await;
    let uploads = client.get(&format!("{collection}/uploads")).await.expect(200);
    assert_eq!(uploads["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(client.get(collection).await.expect(200)["document_count"], before);

    // An empty collection is told, not talked around.
    for document in client.get(&format!("{collection}/documents?limit=200")).await.expect(200)["items"]
        .as_array()
        .expect("documents")
    {
        let id = document["id"].as_str().expect("an id");
        assert!(client.delete(&format!("{collection}/documents/{id}")).await.status < 300);
    }
    let detail = run(&client, &path, json!({ "question": question })).await;
    let output = &detail["run"]["output_data"]["nothing"];
    assert!(output["answer"].as_str().is_some_and(|answer| answer.contains("nothing")), "{}", detail["run"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ask_my_documents_on_sqlite() {
    ask_my_documents(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ask_my_documents_on_postgres() {
    if let Some(database) = Database::postgres() {
        ask_my_documents(database).await;
    }
}

/// Gives the sample reply, warmer by ten degrees each time, from 21.4, at another hour.
async fn weather() -> SocketAddr {
    let calls = Arc::new(AtomicUsize::new(0));
    let sample: Value = serde_json::from_slice(&sample("weather.json")).expect("JSON");
    let reply = move || {
        let (mut reply, call) = (sample.clone(), calls.fetch_add(1, Ordering::SeqCst));
        reply["current"]["temperature_2m"] = json!(21.4 + 10.0 * call as f64);
        reply["current"]["time"] = json!(format!("2026-11-23T{:02}:00", 9 + call % 12));
        async move { Json(reply) }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let service = Router::new().route("/weather", get(reply));
    tokio::spawn(async move { axum::serve(listener, service).await.expect("serves") });
    address
}

async fn watch_an_api(database: Database) {
    let app = TestApp::start_with(database, Clock::system(), |config| {
        config.outbound.outbound_allow = Networks(vec!["127.0.0.1/32".parse().expect("a network")]);
    })
    .await;
    let client = app.user("ada").await;
    let path = copy(&app, &client, "watch-an-api").await;
    let made = client.get(&path).await.expect(200);
    assert!(made["vars"]["url"].as_str().is_some_and(|url| url.starts_with("https://")), "{made}");
    let url = format!("http://{}/weather", weather().await);
    let body = json!({ "name": made["name"], "description": made["description"], "input_schema": made["input_schema"],
        "vars": { "url": url, "limit": 30 } });
    client.put(&path, body).await.expect(200);

    let detail = run(&client, &path, json!({})).await;
    assert_eq!(detail["run"]["status"], "completed", "{detail}");
    assert_eq!(client.get("/api/tables/warm_hours/rows").await.status, 404, "21.4 degrees are no news");
    let detail = run(&client, &path, json!({})).await;
    assert_eq!(detail["run"]["output_data"]["record"], json!({ "rows": 1 }), "{detail}");
    let rows = client.get("/api/tables/warm_hours/rows").await.expect(200);
    let row = &rows["items"][0];
    assert_eq!(
        (&row["measured_at"], &row["temperature"], &row["wind"]),
        (&json!("2026-11-23T10:00"), &json!(31.4), &json!(12.6)),
        "{rows}"
    );

    // Its schedule is there, and fires once it is started.
    let triggers = client.get(&format!("{path}/triggers")).await.expect(200);
    let schedule = &triggers["items"][0];
    assert_eq!(
        (&schedule["cron"], &schedule["paused"]),
        (&json!("*/15 * * * *"), &json!(true)),
        "{triggers}"
    );
    let address = format!("{path}/triggers/{}", schedule["id"].as_str().expect("an id"));
    let each_second = json!({ "kind": "schedule", "cron": "* * * * * *", "paused": false });
    client.put(&address, each_second).await.expect(200);
    let began = Instant::now();
    let fired = loop {
        let runs = client.get("/api/runs?trigger=schedule&status=completed").await.expect(200);
        if let Some(run) = runs["items"].as_array().and_then(|items| items.first()) {
            break run.clone();
        }
        assert!(began.elapsed() < Duration::from_secs(60), "the schedule does not fire: {runs}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert_eq!(fired["workflow_id"], made["id"], "{fired}");
    client.delete(&address).await;
    let rows = client.get("/api/tables/warm_hours/rows").await.expect(200);
    assert!(rows["items"].as_array().is_some_and(|rows| rows.len() >= 2), "{rows}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watch_an_api_on_sqlite() {
    watch_an_api(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watch_an_api_on_postgres() {
    if let Some(database) = Database::postgres() {
        watch_an_api(database).await;
    }
}
