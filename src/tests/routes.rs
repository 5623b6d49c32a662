//! Every route of the OpenAPI document: who may call it, and that the document is whole.

use crate::support::{Database, TestApp};
use reqwest::Method;

/// What needs no account. `logout` ends the session of a cookie and is refused without one.
const PUBLIC: &[&str] = &["/api/auth/register", "/api/auth/login", "/api/auth/session", "/hooks/{slug}"];

fn method(word: &str) -> Option<Method> {
    match word {
        "get" => Some(Method::GET),
        "post" => Some(Method::POST),
        "put" => Some(Method::PUT),
        "delete" => Some(Method::DELETE),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_needs_an_account_save_the_public_ones() {
    let app = TestApp::start(Database::Sqlite).await;
    let document = app.anonymous().get("/api/openapi.json").await.expect(200);
    let mut protected = 0;
    for (path, operations) in document["paths"].as_object().expect("paths") {
        let address = path.replace("{number}", "1").replace(['{', '}'], "");
        for method in operations.as_object().expect("operations").keys().filter_map(|word| method(word)) {
            let reply = app.anonymous().raw(method.clone(), &address, "{ not even JSON").await;
            if PUBLIC.contains(&path.as_str()) {
                assert_ne!(reply.status, 401, "{method} {path}");
            } else if path.starts_with("/v1/") {
                // In the form that the clients of OpenAI read.
                assert_eq!(reply.expect(401)["error"]["code"], "unauthorized", "{method} {path}");
                protected += 1;
            } else {
                assert_eq!(reply.problem(401).0, "unauthorized", "{method} {path}");
                protected += 1;
            }
        }
    }
    assert!(protected >= 47, "only {protected} routes are in the document");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_describes_every_operation_and_refers_to_what_it_has() {
    let app = TestApp::start(Database::Sqlite).await;
    let document = app.anonymous().get("/api/openapi.json").await.expect(200);
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (word, operation) in operations.as_object().expect("operations") {
            assert!(operation["summary"].is_string(), "{word} {path} has no summary");
            assert!(operation["responses"].is_object(), "{word} {path} has no responses");
        }
    }
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap_or_default();
        assert!(document["components"]["schemas"].get(name).is_some(), "{name} is not in the document");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_metrics_answer() {
    let app = TestApp::start(Database::Sqlite).await;
    let client = app.anonymous();
    assert_eq!(client.get("/health/live").await.expect(200)["status"], "ok");
    assert_eq!(client.get("/health/ready").await.expect(200)["database"], "sqlite");
    millrace::server::telemetry::metrics();
    client.get("/api/workflows").await.problem(401);
    let metrics = client.get("/metrics").await;
    assert_eq!(metrics.status, 200);
    for name in ["millrace_http_request_duration_seconds", "millrace_database_connections"] {
        assert!(metrics.text.contains(name), "{name} is missing in {}", metrics.text);
    }
    client.with("x-forwarded-for", "203.0.113.7").get("/metrics").await.problem(404);
}
