//! What browsers get: pages, their headers, the documentation page.

use crate::support::{Database, TestApp};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_page_may_run_only_scripts_with_its_nonce() {
    let app = TestApp::start(Database::Sqlite).await;
    let one = app.anonymous().get("/sign-in").await;
    let two = app.anonymous().get("/sign-in").await;
    assert_eq!(one.status, 200, "{}", one.text);
    let nonce = |reply: &crate::support::Reply| {
        let policy = reply.headers["content-security-policy"].to_str().expect("text").to_owned();
        let scripts = policy
            .split(';')
            .find(|part| part.trim().starts_with("script-src"))
            .expect("script-src")
            .to_owned();
        assert!(scripts.contains("'strict-dynamic'") && !scripts.contains("unsafe-inline"), "{scripts}");
        assert!(
            policy.contains("frame-ancestors 'none'") && policy.contains("object-src 'none'"),
            "{policy}"
        );
        scripts.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce").to_owned()
    };
    assert_ne!(nonce(&one), nonce(&two));
    let expected = format!("nonce=\"{}\"", nonce(&one));
    for script in one.text.split("<script").skip(1) {
        let tag = script.split('>').next().unwrap_or_default();
        assert!(tag.contains(&expected), "<script{tag}> has no nonce");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reply_has_the_security_headers() {
    let app = TestApp::start(Database::Sqlite).await;
    let client = app.anonymous();
    for path in [
        "/sign-in",
        "/no/such/page",
        "/api/workflows",
        "/api/nope",
        "/health/live",
        "/api/docs/",
        "/api/openapi.json",
    ] {
        let reply = client.get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(reply.headers.get(name).and_then(|v| v.to_str().ok()), Some(value), "{path}");
        }
        let policy = reply.headers["content-security-policy"].to_str().expect("text");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(reply.headers.contains_key("x-request-id"), "{path}");
    }
    assert_eq!(client.get("/no/such/page").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documentation_page_works_under_its_policy() {
    let app = TestApp::start(Database::Sqlite).await;
    let page = app.anonymous().get("/api/docs/").await;
    assert_eq!(page.status, 200);
    for script in page.text.split("<script").skip(1) {
        let tag = script.split('>').next().unwrap_or_default();
        let source =
            tag.split("src=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("no inline scripts");
        let path = format!("/api/docs/{}", source.trim_start_matches("./"));
        assert_eq!(app.anonymous().get(&path).await.status, 200, "{path}");
    }
}

/// Many at once, so that pages are put together by other threads than those that drew them.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn each_page_of_a_workflow_has_its_own_title() {
    let app = TestApp::start(Database::Sqlite).await;
    let mut pages = Vec::new();
    for name in ["ada", "bob"] {
        let client = app.user(name).await;
        let body = json!({ "name": format!("The mill of {name}") });
        let id =
            client.post("/api/workflows", body).await.expect(201)["id"].as_str().expect("an id").to_owned();
        pages.push((client, format!("/workflows/{id}"), format!("<title>The mill of {name} ")));
    }
    for _ in 0..10 {
        let asked = pages.iter().cycle().take(24).map(|(client, path, title)| async move {
            let page = client.get(path).await;
            assert_eq!(page.status, 200, "{}", page.text);
            assert!(page.text.contains(title.as_str()), "{title} is missing: {}", page.text);
        });
        futures::future::join_all(asked).await;
    }
}
