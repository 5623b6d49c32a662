//! Credentials over HTTP: who may make, see and use them; and the change of the key that seals them.

#[cfg(feature = "chaos")]
mod rotation;

use crate::support::on_each_database;
use serde_json::{Value, json};

fn bearer(name: &str) -> Value {
    json!({ "name": name, "kind": "bearer", "value": "a-token-of-mine", "allowed_hosts": ["API.example.com", "*.example.org", "api.example.com"] })
}

on_each_database! {
    async fn values_go_in_and_never_come_out(app) {
        let client = app.user("ada").await;
        let made = client.post("/api/credentials", bearer(" My API ")).await.expect(201);
        assert_eq!((&made["name"], &made["kind"]), (&json!("My API"), &json!("bearer")));
        assert_eq!(made["allowed_hosts"], json!(["api.example.com", "*.example.org"]));
        let keys: Vec<&String> = made.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["id", "name", "kind", "allowed_hosts", "created_at", "updated_at"]);
        assert_eq!(client.get("/api/credentials").await.expect(200), json!({ "items": [made], "next": null }));
        let path = format!("/api/credentials/{}", made["id"].as_str().expect("an id"));
        let replaced = client.put(&path, json!({ "value": "another-token" })).await.expect(200);
        assert_eq!(replaced["allowed_hosts"], made["allowed_hosts"], "the hosts stay");
        let moved = client.put(&path, json!({ "value": "another-token", "allowed_hosts": ["10.0.0.1"] })).await.expect(200);
        assert_eq!(moved["allowed_hosts"], json!(["10.0.0.1"]));
        assert_eq!(client.put(&path, json!({ "allowed_hosts": ["evil.example"] })).await.problem(422).1, ["value"]);
        client.delete(&path).await.expect(204);
        client.delete(&path).await.problem(404);
        assert_eq!(client.get("/api/credentials").await.expect(200)["items"], json!([]));
    }

    async fn nobody_reaches_those_of_others(app) {
        let (ada, grace) = (app.user("ada").await, app.user("grace").await);
        let made = ada.post("/api/credentials", bearer("mine")).await.expect(201);
        let path = format!("/api/credentials/{}", made["id"].as_str().expect("an id"));
        assert_eq!(grace.get("/api/credentials").await.expect(200)["items"], json!([]));
        grace.put(&path, json!({ "nonsense": 1 })).await.problem(404);
        grace.delete(&path).await.problem(404);
        grace.post("/api/credentials", bearer("mine")).await.expect(201);
        // By name or id, a step of somebody else does not find it.
        for named in [json!("mine too"), made["id"].clone()] {
            let config = json!({ "url": "https://api.example.com/", "credential": named });
            let workflow = grace.workflow(&[("Call", "http_request", config)], &[]).await;
            let reply = grace.post(&format!("{workflow}/runs"), json!({})).await;
            assert_eq!(reply.problem(422).0, "workflow_has_problems");
            let problem = &reply.expect(422)["problems"][0];
            assert_eq!((&problem["code"], &problem["field"]), (&json!("unknown_credential"), &json!("config.credential")));
        }
    }

    async fn api_keys_need_their_scope(app) {
        let client = app.user("ada").await;
        let key = client.post("/api/keys", json!({ "name": "K", "scopes": ["read", "run"] })).await.expect(201);
        let program = client.as_bearer(key["key"].as_str().expect("the key"));
        program.get("/api/credentials").await.expect(200);
        assert_eq!(program.post("/api/credentials", bearer("x")).await.problem(403).0, "scope_missing");
    }

    async fn refuses_what_makes_no_sense_and_names_the_field(app) {
        let client = app.user("ada").await;
        client.post("/api/credentials", bearer("taken")).await.expect(201);
        assert_eq!(client.post("/api/credentials", bearer("taken")).await.problem(409).1, ["name"]);
        for (change, fields) in [
            (json!({ "name": "" }), vec!["name"]),
            (json!({ "name": "a\0b" }), vec!["name"]),
            (json!({ "name": "x".repeat(300) }), vec!["name"]),
            (json!({ "name": "{{ input }}" }), vec!["name"]),
            (json!({ "kind": "jwt" }), vec!["kind"]),
            (json!({ "value": "abc" }), vec!["value"]),
            (json!({ "value": null }), vec!["value"]),
            (json!({ "kind": "basic", "value": { "username": "me" } }), vec!["value.password"]),
            (json!({ "kind": "header", "value": { "name": "a b", "value": "long enough" } }), vec!["value.name"]),
            (json!({ "allowed_hosts": [] }), vec!["allowed_hosts"]),
            (json!({ "allowed_hosts": ["a.example", "*", "https://b.example"] }), vec!["allowed_hosts.1", "allowed_hosts.2"]),
            (json!({ "allowed_hosts": vec!["a.example"; 21] }), vec!["allowed_hosts"]),
            (json!({ "kind": "postgres", "value": "postgres://me:word@db.example/x", "allowed_hosts": ["other.example"] }), vec!["allowed_hosts"]),
            (json!({ "kind": "postgres", "value": "http://db.example/x", "allowed_hosts": [] }), vec!["value"]),
            (json!({ "colour": 1 }), vec!["colour"]),
        ] {
            let mut body = bearer("new");
            body.as_object_mut().expect("an object").extend(change.as_object().cloned().expect("an object"));
            assert_eq!(client.post("/api/credentials", body).await.problem(422).1, fields, "{change}");
        }
    }

    async fn a_credential_goes_to_its_hosts_only(app) {
        let client = app.user("ada").await;
        client.post("/api/credentials", bearer("api")).await.expect(201);
        let db = json!({ "name": "db", "kind": "postgres", "value": "postgres://me:word@db.example/x" });
        client.post("/api/credentials", db).await.expect(201);
        for (url, credential, code) in [
            ("https://api.example.com.evil.example/", "api", "host_not_allowed"),
            ("https://{{ 'evil.example' }}/", "api", "host_not_allowed"),
            ("https://example.org/", "api", "host_not_allowed"),
        ] {
            let config = json!({ "url": url, "credential": credential });
            let workflow = client.workflow(&[("Call", "http_request", config)], &[]).await;
            let done = client.post(&format!("{workflow}/runs?wait=30"), json!({})).await.expect(200);
            assert_eq!(done["run"]["error_code"], code, "{url}: {done}");
            assert!(!done.to_string().contains("a-token"), "{done}");
        }
        // One that is gone is missed before the next run, also where the draft stayed as it was.
        let config = json!({ "url": "http://10.0.0.1/", "credential": "api" });
        let workflow = client.workflow(&[("Call", "http_request", config)], &[]).await;
        client.post(&format!("{workflow}/runs?wait=30"), json!({})).await.expect(200);
        let listed = client.get("/api/credentials").await.expect(200);
        let api = listed["items"].as_array().expect("a list").iter().find(|c| c["name"] == "api").expect("it is there");
        client.delete(&format!("/api/credentials/{}", api["id"].as_str().expect("an id"))).await.expect(204);
        let refused = client.post(&format!("{workflow}/runs"), json!({})).await;
        assert_eq!(refused.expect(422)["problems"][0]["code"], "unknown_credential");
        let config = json!({ "url": "https://db.example/", "credential": "db" });
        let workflow = client.workflow(&[("Call", "http_request", config)], &[]).await;
        let reply = client.post(&format!("{workflow}/runs"), json!({})).await.expect(422);
        assert_eq!(reply["problems"][0]["code"], "wrong_credential_kind");
    }
}
