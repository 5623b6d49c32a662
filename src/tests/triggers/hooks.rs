//! Requests that come to webhooks.

use super::{address, broken, echo, runs, runs_ended};
use crate::support::{Client, Reply, TestApp, on_each_database};
use chrono::Utc;
use hmac::{Hmac, KeyInit as _, Mac as _};
use millrace::server::services::credentials;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

/// A webhook with what its senders know.
struct Hook {
    path: String,
    secret: String,
    view: Value,
}

async fn hook(client: &Client, workflow: &str, more: Value) -> Hook {
    let mut body = json!({ "kind": "webhook" });
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    let view = client.post(&format!("{workflow}/triggers"), body).await.expect(201);
    let text = |key: &str| view[key].as_str().expect(key).to_owned();
    Hook { path: text("url"), secret: text("secret"), view }
}

impl Hook {
    /// A request by somebody who knows the secret and has no account.
    async fn send(&self, app: &TestApp, body: Value) -> Reply {
        app.anonymous().as_bearer(&self.secret).post(&self.path, body).await
    }
}

fn signature(secret: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key will do");
    mac.update(text.as_bytes());
    let tag: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={tag}")
}

/// Without what differs from request to request.
fn told(reply: &Reply) -> (u16, Vec<(String, String)>, Value) {
    let headers = reply
        .headers
        .iter()
        .filter(|(name, _)| !["x-request-id", "date"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned()))
        .collect();
    let mut body: Value = serde_json::from_str(&reply.text).expect("JSON");
    body["request_id"] = Value::Null;
    (reply.status, headers, body)
}

on_each_database! {
    async fn whoever_knows_the_secret_starts_a_run(app) {
        let client = app.user("ada").await;
        let workflow = echo(&client).await;
        let hook = hook(&client, &workflow, json!({})).await;
        assert!(hook.secret.len() >= 32, "one is made");
        assert_eq!(hook.path, format!("/hooks/{}", hook.view["slug"].as_str().expect("a slug")));
        let reply = hook.send(&app, json!({ "n": 1 })).await;
        let accepted = reply.expect(202);
        assert_eq!(reply.headers["x-millrace-run-id"].to_str().ok(), accepted["run_id"].as_str());
        let anonymous = app.anonymous();
        anonymous.with("x-millrace-secret", &hook.secret).post(&hook.path, json!({ "n": 2 })).await.expect(202);
        let body = r#"{ "n":   3 }"#;
        let time = Utc::now().timestamp().to_string();
        let signed = anonymous
            .with("x-millrace-timestamp", &time)
            .with("x-millrace-signature", signature(&hook.secret, &format!("{time}.{body}")));
        signed.raw(Method::POST, &hook.path, body).await.expect(202);
        let github = anonymous.with("x-hub-signature-256", signature(&hook.secret, body));
        github.raw(Method::POST, &hook.path, body).await.expect(202);
        let all = runs_ended(&client, &workflow, 4).await;
        let inputs: Vec<_> = all.iter().map(|run| run["input_data"]["n"].as_i64().expect("a number")).collect();
        assert_eq!(inputs, [1, 2, 3, 3]);
        assert_eq!((&all[0]["trigger"], &all[0]["trigger_id"]), (&json!("webhook"), &hook.view["id"]));
        let view = client.get(&address(&workflow, &hook.view)).await.expect(200);
        assert_eq!((&view["last"]["run_id"], &view["last"]["status"]), (&all[3]["id"], &json!("completed")));
        // Where browsers say so, it came from another site; there are no cookies in it that could mean anything.
        let other_site = anonymous.as_bearer(&hook.secret).with("origin", "https://shop.example").with("sec-fetch-site", "cross-site");
        other_site.post(&hook.path, json!(5)).await.expect(202);
    }

    async fn nobody_else_learns_anything(app) {
        let client = app.user("ada").await;
        let workflow = echo(&client).await;
        let hook = hook(&client, &workflow, json!({ "secret": "a long enough secret" })).await;
        let nowhere = format!("/hooks/{}", "x".repeat(32));
        let anonymous = app.anonymous();
        let unknown = anonymous.as_bearer(&hook.secret).post(&nowhere, json!({})).await;
        assert_eq!(unknown.problem(404).0, "no_such_hook");
        let stale = (Utc::now().timestamp() - 3600).to_string();
        for sender in [
            anonymous.clone(),
            anonymous.as_bearer("a long enough secre"),
            anonymous.as_bearer(""),
            anonymous.with("x-millrace-secret", "another one"),
            anonymous.with("x-hub-signature-256", signature("another one", "{}")),
            anonymous.with("x-hub-signature-256", "sha256=00"),
            anonymous.with("x-millrace-signature", signature(&hook.secret, "{}")),
            anonymous.with("x-millrace-timestamp", &stale).with("x-millrace-signature", signature(&hook.secret, &format!("{stale}.{{}}"))),
            // Not even somebody's account is the secret.
            client.clone(),
        ] {
            let refused = sender.post(&hook.path, json!({})).await;
            assert_eq!(told(&refused), told(&unknown), "{:?}", sender.headers);
        }
        for path in ["/hooks/%00", "/hooks/%ff", &format!("/hooks/{}", "y".repeat(3000))] {
            assert_eq!(anonymous.post(path, json!({})).await.problem(404).0, "no_such_hook", "{path}");
        }
        let large = "x".repeat(app.state.config.limits.max_input_bytes + 1);
        for path in [&hook.path, &nowhere] {
            assert_eq!(anonymous.raw(Method::POST, path, large.clone()).await.problem(413).0, "body_too_large");
        }
        assert_eq!(anonymous.get(&hook.path).await.problem(405).0, "method_not_allowed");
        assert_eq!(runs(&client, &workflow).await, Vec::<Value>::new());
    }

    async fn the_body_is_the_input(app) {
        let client = app.user("ada").await;
        let workflow = echo(&client).await;
        let hook = hook(&client, &workflow, json!({})).await;
        let sender = app.anonymous().as_bearer(&hook.secret);
        let send = |kind: &'static str, body: &'static str| {
            let request = sender.request(Method::POST, &hook.path).body(body);
            let request = if kind.is_empty() { request } else { request.header("content-type", kind) };
            let sender = sender.clone();
            async move { sender.send(request).await }
        };
        let given = [
            ("application/json", "[1, null]", json!([1, null])),
            ("application/x-www-form-urlencoded", "a=1&b=two+words&a=%C3%A4", json!({ "a": ["1", "ä"], "b": "two words" })),
            ("text/plain; charset=utf-8", "just text", json!("just text")),
            ("application/vnd.github+json", "{\"action\": \"opened\"}", json!({ "action": "opened" })),
            ("", "", Value::Null),
        ];
        for (kind, body, _) in &given {
            send(kind, body).await.expect(202);
        }
        let inputs: Vec<_> = runs_ended(&client, &workflow, given.len()).await.iter().map(|run| run["input_data"].clone()).collect();
        assert_eq!(inputs, given.iter().map(|(.., value)| value.clone()).collect::<Vec<_>>());
        assert_eq!(send("application/json", "{").await.problem(400).0, "malformed_json");
        assert_eq!(send("image/png", "x").await.problem(415).0, "unsupported_body");
        let view = client.get(&address(&workflow, &hook.view)).await.expect(200);
        assert_eq!(view["last"]["error_code"], "unsupported_body", "{view}");
    }

    async fn a_repeated_key_makes_nothing_new(app) {
        let client = app.user("ada").await;
        let workflow = echo(&client).await;
        let (one, two) = (hook(&client, &workflow, json!({})).await, hook(&client, &workflow, json!({})).await);
        let sender = |hook: &Hook| app.anonymous().as_bearer(&hook.secret).with("idempotency-key", "order 7");
        let first = sender(&one).post(&one.path, json!({ "n": 1 })).await.expect(202)["run_id"].clone();
        let again = sender(&one).post(&one.path, json!({ "n": 1 })).await.expect(202)["run_id"].clone();
        assert_eq!(first, again);
        assert_eq!(sender(&one).post(&one.path, json!({ "n": 2 })).await.problem(422).0, "idempotency_key_reused");
        let other = sender(&two).post(&two.path, json!({ "n": 2 })).await.expect(202)["run_id"].clone();
        assert_ne!(first, other, "each webhook has keys of its own");
        let long = app.anonymous().as_bearer(&one.secret).with("idempotency-key", "k".repeat(201));
        assert_eq!(long.post(&one.path, json!({})).await.problem(422).1, ["Idempotency-Key"]);
    }

    async fn one_that_waits_answers_with_the_output(app) {
        let client = app.user("ada").await;
        let workflow = echo(&client).await;
        let waits = hook(&client, &workflow, json!({ "mode": "wait", "wait_seconds": 60 })).await;
        assert_eq!((&waits.view["mode"], &waits.view["wait_seconds"]), (&json!("wait"), &json!(60)));
        let reply = waits.send(&app, json!("water")).await;
        assert_eq!(reply.expect(200), json!({ "Echo": "water" }));
        assert!(reply.headers.contains_key("x-millrace-run-id"));
        let broken = broken(&client).await;
        let fails = hook(&client, &broken, json!({ "mode": "wait" })).await;
        let (code, _) = fails.send(&app, json!({})).await.problem(502);
        assert_eq!(code, "run_failed");
        let slow = client.workflow(&[("Slow", "delay", json!({ "seconds": 600 }))], &[]).await;
        let slow = hook(&client, &slow, json!({ "mode": "wait", "wait_seconds": 1 })).await;
        let accepted = slow.send(&app, json!({})).await.expect(202);
        assert!(accepted["run_id"].is_string(), "{accepted}");
    }

    async fn one_that_is_off_says_so_to_those_who_may_know(app) {
        let client = app.user("ada").await;
        let workflow = echo(&client).await;
        let hook = hook(&client, &workflow, json!({})).await;
        client.put(&format!("{workflow}/active"), json!({ "is_active": false })).await.expect(200);
        assert_eq!(hook.send(&app, json!({})).await.problem(409).0, "workflow_inactive");
        assert_eq!(app.anonymous().post(&hook.path, json!({})).await.problem(404).0, "no_such_hook");
        client.put(&format!("{workflow}/active"), json!({ "is_active": true })).await.expect(200);
        let at = address(&workflow, &hook.view);
        client.put(&at, json!({ "kind": "webhook", "paused": true })).await.expect(200);
        assert_eq!(hook.send(&app, json!({})).await.problem(409).0, "trigger_paused");
        // The secret stays where a change does not name one.
        client.put(&at, json!({ "kind": "webhook", "paused": false })).await.expect(200);
        hook.send(&app, json!({})).await.expect(202);
        client.delete(&workflow).await.expect(204);
        assert_eq!(hook.send(&app, json!({})).await.problem(404).0, "no_such_hook");
    }

    async fn what_does_not_fit_the_workflow_starts_nothing(app) {
        let client = app.user("ada").await;
        let workflow = echo(&client).await;
        let schema = json!({ "type": "object", "required": ["order"] });
        client.put(&workflow, json!({ "name": "Orders", "input_schema": schema })).await.expect(200);
        let hook = hook(&client, &workflow, json!({})).await;
        assert_eq!(hook.send(&app, json!({ "n": 1 })).await.problem(422).0, "input_does_not_fit");
        hook.send(&app, json!({ "order": 1 })).await.expect(202);
        runs_ended(&client, &workflow, 1).await;
    }

    async fn a_secret_is_shown_once_and_can_be_changed(app) {
        let client = app.user("ada").await;
        let workflow = echo(&client).await;
        let made = hook(&client, &workflow, json!({ "secret": "chosen by a person" })).await;
        assert_eq!(made.secret, "chosen by a person");
        let at = address(&workflow, &made.view);
        for path in [&at, &format!("{workflow}/triggers")] {
            assert!(!client.get(path).await.text.contains("chosen by a person"), "{path}");
        }
        let changed = client.put(&at, json!({ "kind": "webhook", "new_secret": true })).await.expect(200);
        assert_eq!(made.send(&app, json!({})).await.problem(404).0, "no_such_hook");
        let now = Hook { secret: changed["secret"].as_str().expect("a secret").to_owned(), ..made };
        now.send(&app, json!({})).await.expect(202);
        // Also after its keys were changed, twice, so that the first one is gone.
        for _ in 0..2 {
            let rotated = credentials::rotate(&app.state).await.expect("the keys change");
            assert_eq!(rotated.values, 1);
        }
        now.send(&app, json!({})).await.expect(202);
    }
}
