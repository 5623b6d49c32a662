//! Keys for programs: shown once, limited to their scopes.

use crate::support::on_each_database;
use serde_json::{Value, json};

on_each_database! {
    async fn a_key_does_what_its_scopes_say(app) {
        let client = app.user("ada").await;
        let made = client.post("/api/keys", json!({ "name": "Reader", "scopes": ["read"] })).await.expect(201);
        let key = made["key"].as_str().expect("the key").to_owned();
        assert!(key.starts_with("mlr_") && key.starts_with(made["prefix"].as_str().expect("a prefix")));
        let listed = client.get("/api/keys").await.expect(200);
        assert_eq!(listed["items"][0]["name"], "Reader");
        assert!(!listed.to_string().contains(&key));
        let program = client.as_bearer(&key);
        program.get("/api/workflows").await.expect(200);
        let refused = program.post("/api/workflows", json!({ "name": "No" })).await;
        assert_eq!(refused.problem(403).0, "scope_missing");
        assert_eq!(program.get("/api/keys").await.problem(403).0, "not_for_api_keys");
        client.delete(&format!("/api/keys/{}", made["id"].as_str().expect("an id"))).await.expect(204);
        program.get("/api/workflows").await.problem(401);
    }

    async fn running_needs_its_own_scope(app) {
        let client = app.user("ada").await;
        let path = client.workflow(&[("A", "transform", json!({ "expression": "1" }))], &[]).await;
        let key = |scopes: Value| {
            let client = client.clone();
            async move {
                let made = client.post("/api/keys", json!({ "name": "K", "scopes": scopes })).await.expect(201);
                client.as_bearer(made["key"].as_str().expect("the key"))
            }
        };
        let runner = key(json!(["run", "read"])).await;
        runner.post(&format!("{path}/runs?wait=10"), json!({})).await.expect(200);
        let writer = key(json!(["write"])).await;
        assert_eq!(writer.post(&format!("{path}/runs"), json!({})).await.problem(403).0, "scope_missing");
        assert_eq!(writer.get(&path).await.problem(403).0, "scope_missing");
    }

    async fn nobody_sees_or_deletes_the_keys_of_others(app) {
        let (ada, grace) = (app.user("ada").await, app.user("grace").await);
        let made = ada.post("/api/keys", json!({ "name": "Mine", "scopes": ["read"] })).await.expect(201);
        assert_eq!(grace.get("/api/keys").await.expect(200)["items"], json!([]));
        grace.delete(&format!("/api/keys/{}", made["id"].as_str().expect("an id"))).await.problem(404);
        ada.as_bearer(made["key"].as_str().expect("the key")).get("/api/auth/me").await.expect(200);
    }

    async fn refuses_keys_without_sense(app) {
        let client = app.user("ada").await;
        let reply = client.post("/api/keys", json!({ "name": " ", "scopes": [], "expires_at": "2001-01-01T00:00:00Z" })).await;
        assert_eq!(reply.problem(422).1, ["name", "scopes", "expires_at"]);
        let reply = client.post("/api/keys", json!({ "name": "A", "scopes": ["fly"] })).await;
        assert_eq!(reply.problem(422).1, ["scopes.0"]);
    }
}
