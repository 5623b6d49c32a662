//! What is no trigger, and triggers of others.

use super::{address, echo, schedule};
use crate::support::{Database, TestApp, on_each_database};
use millrace::server::clock::Clock;
use serde_json::json;

on_each_database! {
    async fn says_which_field_is_wrong(app) {
        let client = app.user("ada").await;
        let workflow = echo(&client).await;
        let at = format!("{workflow}/triggers");
        let long = "x".repeat(201);
        for (body, fields) in [
            (json!({}), vec!["kind"]),
            (json!({ "kind": "sundial" }), vec!["kind"]),
            (json!({ "kind": "schedule" }), vec!["cron"]),
            (json!({ "kind": "schedule", "cron": 5 }), vec!["cron"]),
            (json!({ "kind": "schedule", "cron": "every day" }), vec!["cron"]),
            (json!({ "kind": "schedule", "cron": "61 * * * *" }), vec!["cron"]),
            (json!({ "kind": "schedule", "cron": "0 0 30 2 *" }), vec!["cron"]),
            (json!({ "kind": "schedule", "cron": "0 0 0 1 1 * 9999" }), vec!["cron"]),
            (json!({ "kind": "schedule", "cron": "\u{0}" }), vec!["cron"]),
            (json!({ "kind": "schedule", "cron": "0 9 * * *", "timezone": "Atlantis/Center" }), vec!["timezone"]),
            (json!({ "kind": "schedule", "cron": "x", "timezone": "y", "name": long }), vec!["name", "cron", "timezone"]),
            (json!({ "kind": "schedule", "cron": "0 9 * * *", "secret": "a long enough secret", "mode": "now" }), vec!["secret", "mode"]),
            (json!({ "kind": "webhook", "cron": "0 9 * * *", "timezone": "UTC", "input_data": null }), vec!["cron", "timezone", "input_data"]),
            (json!({ "kind": "webhook", "secret": "short" }), vec!["secret"]),
            (json!({ "kind": "webhook", "secret": "with a line\nbreak in it" }), vec!["secret"]),
            (json!({ "kind": "webhook", "secret": long }), vec!["secret"]),
            (json!({ "kind": "webhook", "mode": "later" }), vec!["mode"]),
            (json!({ "kind": "webhook", "wait_seconds": 0 }), vec!["wait_seconds"]),
            (json!({ "kind": "webhook", "wait_seconds": 601 }), vec!["wait_seconds"]),
            (json!({ "kind": "webhook", "slug": "mine" }), vec!["slug"]),
            (json!({ "kind": "webhook", "name": "two\nlines" }), vec!["name"]),
        ] {
            assert_eq!(client.post(&at, body.clone()).await.problem(422).1, fields, "{body}");
        }
        assert_eq!(client.get(&at).await.expect(200)["items"], json!([]));
        let made = schedule(&client, &workflow, "0 9 * * *").await;
        let other = json!({ "kind": "webhook" });
        assert_eq!(client.put(&address(&workflow, &made), other).await.problem(422).1, ["kind"]);
        for url in ["example.org/x", "ftp://example.org", "http://", "https://me:pw@example.org/", "javascript:alert(1)", "http://a b"] {
            let refused = client.put(&format!("{workflow}/failure-notice"), json!({ "url": url })).await;
            assert_eq!(refused.problem(422).1, ["url"], "{url}");
        }
        assert_eq!(client.put(&format!("{workflow}/active"), json!({})).await.problem(422).1, ["is_active"]);
        let preview = |cron: &str, zone: &str| json!({ "cron": cron, "timezone": zone });
        let times = client.post("/api/schedules/preview", preview("0 9 * * 1-5", "Europe/Berlin")).await.expect(200);
        assert_eq!(times["next_times"].as_array().map(Vec::len), Some(5));
        assert!(times["meaning"].as_str().is_some_and(|text| text.len() > 10), "{times}");
        assert_eq!(client.post("/api/schedules/preview", preview("x", "y")).await.problem(422).1, ["cron", "timezone"]);
    }

    async fn a_workflow_has_so_many_and_no_more(app) {
        let client = app.user("ada").await;
        let workflow = echo(&client).await;
        for _ in 0..50 {
            schedule(&client, &workflow, "0 9 * * *").await;
        }
        let one_more = client.post(&format!("{workflow}/triggers"), json!({ "kind": "webhook" })).await;
        assert_eq!(one_more.problem(422).0, "too_many_triggers");
        assert_eq!(client.get(&format!("{workflow}/triggers")).await.expect(200)["items"].as_array().map(Vec::len), Some(50));
    }

    async fn those_of_others_are_not_there(app) {
        let (client, grace) = (app.user("ada").await, app.user("grace").await);
        let (workflow, own) = (echo(&client).await, echo(&grace).await);
        let made = schedule(&client, &workflow, "0 9 * * *").await;
        let body = json!({ "kind": "schedule", "cron": "0 9 * * *" });
        let at = address(&workflow, &made);
        let elsewhere = address(&own, &made);
        for path in [&at, &elsewhere, &format!("{own}/triggers/nonsense")] {
            grace.get(path).await.problem(404);
            grace.put(path, body.clone()).await.problem(404);
            grace.delete(path).await.problem(404);
            grace.post(&format!("{path}/test"), json!({})).await.problem(404);
        }
        grace.get(&format!("{workflow}/triggers")).await.problem(404);
        grace.post(&format!("{workflow}/triggers"), body.clone()).await.problem(404);
        grace.put(&format!("{workflow}/active"), json!({ "is_active": false })).await.problem(404);
        grace.get(&format!("{workflow}/failure-notice")).await.problem(404);
        grace.put(&format!("{workflow}/failure-notice"), json!({ "url": null })).await.problem(404);
        assert_eq!(client.get(&at).await.expect(200)["is_on"], true);
        client.get(&address(&own, &made)).await.problem(404);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_input_that_no_run_could_have_is_refused_at_once() {
    let app = TestApp::start_with(Database::Sqlite, Clock::system(), |config| {
        config.limits.max_input_bytes = 100;
    })
    .await;
    let client = app.user("ada").await;
    let workflow = echo(&client).await;
    let body = |input: String| json!({ "kind": "schedule", "cron": "0 9 * * *", "input_data": input });
    let at = format!("{workflow}/triggers");
    client.post(&at, body("x".repeat(98))).await.expect(201);
    assert_eq!(client.post(&at, body("x".repeat(99))).await.problem(422).1, ["input_data"]);
}
