//! Models elsewhere: this very program, asked over `/v1`.

use super::{MODEL, apps, program};
use crate::support::{Client, TestApp};
use serde_json::{Value, json};

/// Adds this program as a model elsewhere, with a key of its own.
async fn add(app: &TestApp, client: &Client, name: &str) -> (Value, String) {
    let key = program(client, &["run"]).await.token.expect("a key");
    let credential = json!({ "name": format!("Key of {name}"), "kind": "openai", "value": key, "allowed_hosts": ["127.0.0.1"] });
    let credential = client.post("/api/credentials", credential).await.expect(201);
    let body = json!({ "name": name, "base_url": format!("http://{}/v1/", app.address), "model": MODEL, "credential_id": credential["id"] });
    (client.post("/api/models", body).await.expect(201), key)
}

async fn run(client: &Client, config: Value) -> Value {
    let path = client.workflow(&[("Ask", "llm_call", config)], &[]).await;
    client.post(&format!("{path}/runs?wait=120"), json!({ "input_data": "France" })).await.expect(200)
}

fn config(change: Value) -> Value {
    let mut config =
        json!({ "prompt_template": "What is the capital of {input}?", "temperature": 0, "max_tokens": 10 });
    config.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
    config
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_asks_it_as_it_asks_one_of_this_machine() {
    for app in apps().await {
        let ada = app.user("ada").await;
        let (made, key) = add(&app, &ada, "far").await;
        assert_eq!((&made["remote"], &made["kind"]), (&json!(true), &json!("chat")));
        assert_eq!(made["endpoint"]["base_url"], format!("http://{}/v1", app.address));
        let near = run(&ada, config(json!({}))).await;
        let far = run(&ada, config(json!({ "model": "far" }))).await;
        assert_eq!(far["run"]["status"], "completed", "{far}");
        assert_eq!(far["run"]["output_data"], near["run"]["output_data"]);
        let (near, far) = (&near["node_executions"][0]["usage"], &far["node_executions"][0]["usage"]);
        assert_eq!((&far["model"], &near["model"]), (&json!("far"), &json!(MODEL)));
        for key in ["prompt_tokens", "completion_tokens", "finish_reason"] {
            assert_eq!(far[key], near[key], "{key}");
        }
        let choice = run(&ada, config(json!({ "model": "far", "choices": ["Paris", "Rome"] }))).await;
        let said = &choice["run"]["output_data"]["Ask"];
        assert!(said == "Paris" || said == "Rome", "{choice}");
        let schema = json!({ "type": "object", "properties": { "capital": { "type": "string", "maxLength": 10 } }, "required": ["capital"] });
        let document =
            run(&ada, config(json!({ "model": "far", "output_schema": schema, "max_tokens": 40 }))).await;
        assert!(document["run"]["output_data"]["Ask"]["capital"].is_string(), "{document}");
        let tested = ada.post("/api/models/far/test", json!({})).await.expect(200);
        assert!(tested["text"].is_string(), "{tested}");
        let all = format!("{far}{choice}{document}{tested}{}", ada.get("/api/models").await.text);
        assert!(!all.contains(&key), "the key is told");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_belongs_to_its_owner() {
    for app in apps().await {
        let (ada, grace) = (app.user("ada").await, app.user("grace").await);
        add(&app, &ada, "far").await;
        let named = |client: Client| async move {
            let models = client.get("/api/models").await.expect(200);
            models["items"].as_array().expect("models").iter().any(|model| model["name"] == "far")
        };
        assert!(named(ada.clone()).await && !named(grace.clone()).await);
        grace.delete("/api/models/far").await.problem(404);
        grace.post("/api/models/far/test", json!({})).await.problem(404);
        let path = grace.workflow(&[("Ask", "llm_call", config(json!({ "model": "far" })))], &[]).await;
        let refused = grace.post(&format!("{path}/runs"), json!({})).await;
        assert_eq!(refused.problem(422).0, "workflow_has_problems");
        let asked = json!({ "model": "far", "messages": [{ "role": "user", "content": "x" }] });
        grace.post("/v1/chat/completions", asked).await.expect(404);
        // Each has their own of that name.
        add(&app, &grace, "far").await;
        grace.delete("/api/models/far").await.expect(204);
        assert!(named(ada.clone()).await && !named(grace.clone()).await);
        let reader = program(&ada, &["read", "run"]).await;
        assert_eq!(reader.delete("/api/models/far").await.problem(403).0, "scope_missing");
        ada.delete("/api/models/far").await.expect(204);
        ada.delete("/api/models/far").await.problem(404);
        ada.delete(&format!("/api/models/{MODEL}")).await.problem(404);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_asked_is_refused_with_its_field() {
    for app in apps().await {
        let ada = app.user("ada").await;
        let (_, key) = add(&app, &ada, "far").await;
        let secret = |kind: &str, value: &str, hosts: Value| json!({ "name": kind, "kind": kind, "value": value, "allowed_hosts": hosts });
        let elsewhere = ada
            .post("/api/credentials", secret("bearer", &key, json!(["api.example.com"])))
            .await
            .expect(201);
        let database = ada
            .post("/api/credentials", secret("postgres", "postgres://a:b@127.0.0.1/c", json!([])))
            .await
            .expect(201);
        let good = json!({ "name": "other", "base_url": "https://api.example.com/v1", "model": "m" });
        for (change, fields) in [
            (json!({ "name": " ", "model": "" }), &["name", "model"][..]),
            (json!({ "name": "workflow/x" }), &["name"]),
            (json!({ "name": "{x}" }), &["name"]),
            (json!({ "base_url": "api.example.com" }), &["base_url"]),
            (json!({ "base_url": "file:///etc/passwd" }), &["base_url"]),
            (json!({ "base_url": "https://u:p@api.example.com" }), &["base_url"]),
            (json!({ "base_url": "https://api.example.com/v1?x=1" }), &["base_url"]),
            (json!({ "base_url": "http://169.254.169.254/v1" }), &["base_url"]),
            (json!({ "credential_id": uuid::Uuid::now_v7() }), &["credential_id"]),
            (json!({ "credential_id": database["id"] }), &["credential_id"]),
            (
                json!({ "credential_id": elsewhere["id"], "base_url": "https://evil.example.org" }),
                &["credential_id"],
            ),
        ] {
            let mut body = good.clone();
            body.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
            let refused = ada.post("/api/models", body).await.problem(422);
            let named: Vec<_> = refused.1.iter().map(String::as_str).collect();
            // A database is refused for its kind and for its hosts.
            assert_eq!(
                named.iter().fold(Vec::new(), |mut all: Vec<&str>, f| {
                    if !all.contains(f) {
                        all.push(f)
                    }
                    all
                }),
                fields,
                "{change}"
            );
        }
        for taken in ["far", MODEL, "qwen3-0.6b"] {
            let body = json!({ "name": taken, "base_url": "https://api.example.com/v1", "model": "m" });
            assert_eq!(ada.post("/api/models", body).await.problem(409).0, "taken", "{taken}");
        }
        // A model whose key was deleted is not asked without one.
        let credentials = ada.get("/api/credentials").await.expect(200);
        let key =
            credentials["items"].as_array().expect("credentials").iter().find(|c| c["name"] == "Key of far");
        let id = key.expect("the key of the model")["id"].as_str().expect("an id").to_owned();
        ada.delete(&format!("/api/credentials/{id}")).await.expect(204);
        let failed = run(&ada, config(json!({ "model": "far" }))).await;
        assert_eq!(failed["run"]["error_code"], "unknown_credential", "{failed}");
        // Names that only resolve to this machine are found out when they are dialled.
        let body = json!({ "name": "near", "base_url": "http://127.0.0.1:1/v1", "model": "m" });
        ada.post("/api/models", body).await.expect(201);
        assert_eq!(ada.post("/api/models/near/test", json!({})).await.problem(503).0, "connect_failed");
    }
}
