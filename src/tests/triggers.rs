//! What starts workflows by itself: schedules on a clock that the tests turn, webhooks, and notices of failed runs.

mod bad_input;
#[cfg(feature = "chaos")]
mod crashes;
mod hooks;
mod notices;
mod schedules;
mod together;

use crate::support::{Client, Database, TestApp};
use chrono::{DateTime, Utc};
use millrace::server::{clock::Clock, config::Config};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Longer than anything takes here.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(10);

fn time(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("a time").with_timezone(&Utc)
}

/// A clock that stands at a quarter past a second of a Monday morning.
fn monday() -> Clock {
    Clock::manual(time("2026-11-23T10:00:00.250Z"))
}

/// A Millrace whose clock the test turns.
async fn on(database: Database, change: impl FnOnce(&mut Config)) -> TestApp {
    TestApp::start_with(database, monday(), change).await
}

/// A client that stays signed in while hours pass: with a key.
async fn program(app: &TestApp, name: &str) -> Client {
    let person = app.user(name).await;
    let body = json!({ "name": "Tests", "scopes": ["read", "run", "write"] });
    let made = person.post("/api/keys", body).await.expect(201);
    person.as_bearer(made["key"].as_str().expect("the key"))
}

/// A workflow that gives its input back; its path.
async fn echo(client: &Client) -> String {
    client.workflow(&[("Echo", "transform", json!({ "expression": "input" }))], &[]).await
}

/// A workflow whose runs fail; its path.
async fn broken(client: &Client) -> String {
    client.workflow(&[("Broken", "transform", json!({ "expression": "input.nothing.there" }))], &[]).await
}

async fn schedule(client: &Client, workflow: &str, cron: &str) -> Value {
    let body = json!({ "kind": "schedule", "cron": cron, "timezone": "UTC" });
    client.post(&format!("{workflow}/triggers"), body).await.expect(201)
}

/// The address of a trigger.
fn address(workflow: &str, trigger: &Value) -> String {
    format!("{workflow}/triggers/{}", trigger["id"].as_str().expect("an id"))
}

/// Every run of a workflow, oldest first, with its input.
async fn runs(client: &Client, workflow: &str) -> Vec<Value> {
    let listed = client.get(&format!("{workflow}/runs?limit=200")).await.expect(200);
    let mut all = Vec::new();
    for run in listed["items"].as_array().expect("items").iter().rev() {
        let path = format!("{workflow}/runs/{}", run["id"].as_str().expect("an id"));
        all.push(client.get(&path).await.expect(200)["run"].clone());
    }
    all
}

/// The runs once there are so many, all of them over.
async fn runs_ended(client: &Client, workflow: &str, count: usize) -> Vec<Value> {
    let is_over = |run: &Value| matches!(run["status"].as_str(), Some("completed" | "failed" | "cancelled"));
    let began = Instant::now();
    loop {
        let all = runs(client, workflow).await;
        assert!(all.len() <= count, "more than {count} runs: {all:#?}");
        if all.len() == count && all.iter().all(is_over) {
            return all;
        }
        assert!(began.elapsed() < PATIENCE, "{} of {count} runs: {all:#?}", all.len());
        tokio::time::sleep(PAUSE).await;
    }
}
