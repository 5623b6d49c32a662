//! Values of credentials that come back in ways that are easily overlooked: cut in the middle, among bytes that are no
//! text, in the spelling of a page.

use crate::support::{Client, Database, TestApp};
use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse},
    routing::get,
};
use millrace::server::{clock::Clock, config::Networks};
use serde_json::{Value, json};

const TOKEN: &str = "t0ken-4711-abcdefghijklmnopqrstuvwxyz";
const MARKUP: &str = "k3y<&>\"'4712'";

fn sent(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}

/// Gives back what it was sent.
async fn mirror() -> String {
    let cut = |Path(before): Path<usize>, headers: HeaderMap| async move {
        (StatusCode::BAD_GATEWAY, format!("{} {}", "x".repeat(before), sent(&headers, "authorization")))
    };
    let bytes = |headers: HeaderMap| async move {
        let body = [b"\x00\xff\xfe".as_slice(), sent(&headers, "authorization").as_bytes(), b"\x80"].concat();
        ([(header::CONTENT_TYPE, "application/octet-stream")], body).into_response()
    };
    let page = |headers: HeaderMap| async move {
        let text = sent(&headers, "x-key").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        Html(format!("<p>{}</p>", text.replace('"', "&quot;").replace('\'', "&#39;")))
    };
    let router =
        Router::new().route("/cut/{before}", get(cut)).route("/bytes", get(bytes)).route("/page", get(page));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
    format!("http://{address}")
}

async fn call(client: &Client, config: Value) -> Value {
    let path = client.workflow(&[("Call", "http_request", config)], &[]).await;
    client.post(&format!("{path}/runs?wait=60"), json!({})).await.expect(200)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_that_come_back_in_odd_ways_are_hidden() {
    let app = TestApp::start_with(Database::Sqlite, Clock::system(), |config| {
        config.outbound.outbound_allow = Networks(vec!["127.0.0.1/32".parse().expect("a network")]);
    })
    .await;
    let client = app.user("ada").await;
    for (name, kind, value) in
        [("token", "bearer", json!(TOKEN)), ("key", "header", json!({ "name": "X-Key", "value": MARKUP }))]
    {
        let body = json!({ "name": name, "kind": kind, "value": value, "allowed_hosts": ["127.0.0.1"] });
        client.post("/api/credentials", body).await.expect(201);
    }
    let mirror = mirror().await;

    // An error shows the beginning of a reply; wherever it ends, it shows no beginning of the value.
    for before in [450, 470, 480, 485, 490, 495, 500] {
        let run =
            call(&client, json!({ "url": format!("{mirror}/cut/{before}"), "credential": "token" })).await;
        assert_eq!(run["run"]["error_code"], "http_502", "{run}");
        assert!(!run.to_string().contains(&TOKEN[..6]), "{before}: {}", run["run"]["error_message"]);
    }

    let run = call(&client, json!({ "url": format!("{mirror}/bytes"), "credential": "token" })).await;
    let file = &run["run"]["output_data"]["Call"]["body"];
    let kept = client
        .request(reqwest::Method::GET, &format!("/api/files/{}", file["file"].as_str().expect("a file")))
        .send()
        .await
        .expect("answers")
        .bytes()
        .await
        .expect("bytes");
    assert_eq!(&kept[..], b"\x00\xff\xfeBearer [secret token]\x80");
    assert_eq!(file["bytes"], kept.len(), "what is told of the file fits it");

    let run = call(&client, json!({ "url": format!("{mirror}/page"), "credential": "key" })).await;
    assert_eq!(run["run"]["output_data"]["Call"]["body"], "<p>[secret key]</p>", "{run}");
}
