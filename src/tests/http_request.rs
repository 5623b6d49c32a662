//! `http_request` in whole runs: what is sent, what comes back, how it fails.

mod canary;

use crate::support::{Client, Database, Reply, Target, TestApp};
use millrace::server::{clock::Clock, config::Networks};
use serde_json::{Value, json};
use std::time::Duration;

/// An application that may reach this machine, with an account.
async fn app(database: Database) -> (TestApp, Client) {
    let app = TestApp::start_with(database, Clock::system(), |config| {
        config.outbound.outbound_allow = Networks(vec!["127.0.0.1/32".parse().expect("a network")]);
        config.outbound.max_reply_bytes = 64 * 1024;
    })
    .await;
    let client = app.user("ada").await;
    (app, client)
}

async fn apps() -> Vec<(TestApp, Client)> {
    let mut apps = vec![app(Database::Sqlite).await];
    if let Some(database) = Database::postgres() {
        apps.push(app(database).await);
    }
    apps
}

/// A run of one step to its end.
async fn run(client: &Client, config: Value) -> Value {
    let path = client.workflow(&[("Call", "http_request", config)], &[]).await;
    client
        .post(&format!("{path}/runs?wait=60"), json!({ "input_data": { "n": 7, "who": "a\"b&c" } }))
        .await
        .expect(200)
}

fn output(run: &Value) -> &Value {
    assert_eq!(run["run"]["status"], "completed", "{run}");
    &run["run"]["output_data"]["Call"]
}

fn failure(run: &Value) -> (String, String) {
    assert_eq!(run["run"]["status"], "failed", "{run}");
    let text = |key: &str| run["run"][key].as_str().unwrap_or_default().to_owned();
    (text("error_code"), text("error_message"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sends_what_the_config_says_and_gives_what_came() {
    let target = Target::start().await;
    for (_app, client) in apps().await {
        let done = run(
            &client,
            json!({
                "method": "POST", "url": target.url("/echo?first={{ input.n }}"),
                "query": { "who": "{{ input.who }}" }, "headers": { "X-Number": "{{ input.n }}" },
                "body": { "whole": "{{ input }}", "text": "for {{ input.who }}" }
            }),
        )
        .await;
        let output = output(&done);
        assert_eq!(output["status"], 200);
        assert_eq!(output["headers"]["content-type"], "application/json");
        let seen = &output["body"];
        assert_eq!((&seen["method"], &seen["query"]), (&json!("POST"), &json!("first=7&who=a%22b%26c")));
        assert_eq!(seen["headers"]["x-number"], "7");
        assert_eq!(seen["headers"]["content-type"], "application/json");
        let sent: Value = serde_json::from_str(seen["body"].as_str().expect("text")).expect("JSON");
        assert_eq!(sent, json!({ "whole": { "n": 7, "who": "a\"b&c" }, "text": "for a\"b&c" }));
        let usage = &done["node_executions"][0]["usage"];
        assert_eq!(usage["bytes_sent"], seen["body"].as_str().map(str::len).unwrap_or_default());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_attempt_of_a_change_carries_the_same_key() {
    for (_app, client) in apps().await {
        let target = Target::start().await;
        let retry = json!({ "retry": { "max_attempts": 3, "delay_ms": 1 } });
        for method in ["POST", "PUT", "PATCH", "DELETE", "GET", "HEAD", "OPTIONS"] {
            let before = target.asked().len();
            let config = json!({ "method": method, "url": target.url("/status/503"), "body": "x" });
            let made = client.post("/api/workflows", json!({ "name": method })).await.expect(201);
            let path = format!("/api/workflows/{}", made["id"].as_str().expect("an id"));
            let node = json!({ "id": uuid::Uuid::now_v7(), "name": "Call", "node_type": "http_request", "config": config, "settings": retry });
            client
                .put(
                    &format!("{path}/graph"),
                    json!({ "revision": made["revision"], "nodes": [node], "edges": [] }),
                )
                .await
                .expect(200);
            let done = client.post(&format!("{path}/runs?wait=60"), json!({})).await.expect(200);
            let (code, message) = failure(&done);
            assert_eq!(code, "http_503");
            assert!(message.starts_with(&format!("Call: config.url: {method} 127.0.0.1:")), "{message}");
            // The resumed run is the same effect, so its key is the same too.
            let run = done["run"]["id"].as_str().expect("an id");
            let again = client.post(&format!("{path}/runs/{run}/resume"), json!({})).await.expect(202);
            let again = format!("{path}/runs/{}", again["run_id"].as_str().expect("an id"));
            ended(&client, &again).await;
            let asked = target.asked().split_off(before);
            assert_eq!(asked.len(), 6, "{method}");
            let keys: std::collections::HashSet<_> =
                asked.iter().map(|a| a["headers"]["idempotency-key"].as_str().map(str::to_owned)).collect();
            let changes = !["GET", "HEAD", "OPTIONS"].contains(&method);
            assert_eq!(keys.len(), 1, "{method}: {keys:?}");
            assert_eq!(keys.iter().all(Option::is_some), changes, "{method}: {keys:?}");
        }
    }
}

async fn ended(client: &Client, run: &str) -> Value {
    for _ in 0..2000 {
        let reply = client.get(run).await.expect(200);
        if ["completed", "failed", "cancelled"].iter().any(|status| reply["run"]["status"] == *status) {
            return reply;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{run} does not end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_server_is_left_alone_for_as_long_as_it_asks() {
    for (_app, client) in apps().await {
        let target = Target::start().await;
        let made = client.post("/api/workflows", json!({ "name": "Busy" })).await.expect(201);
        let path = format!("/api/workflows/{}", made["id"].as_str().expect("an id"));
        let node = json!({ "id": uuid::Uuid::now_v7(), "name": "Call", "node_type": "http_request",
            "config": { "url": target.url("/busy/1") }, "settings": { "retry": { "max_attempts": 2, "delay_ms": 1 } } });
        let graph = json!({ "revision": made["revision"], "nodes": [node], "edges": [] });
        client.put(&format!("{path}/graph"), graph).await.expect(200);
        let done = client.post(&format!("{path}/runs?wait=60"), json!({})).await.expect(200);
        assert_eq!(output(&done)["body"], "now");
        let attempts = done["node_executions"].as_array().expect("a list");
        assert_eq!((attempts.len(), &attempts[0]["error_code"]), (2, &json!("http_429")));
        let time = |value: &Value| {
            chrono::DateTime::parse_from_rfc3339(value.as_str().expect("a time"))
                .expect("a time")
                .timestamp_millis()
        };
        let rest = time(&attempts[1]["started_at"]) - time(&attempts[0]["completed_at"]);
        assert!(rest >= 2000, "the second attempt began {rest} ms after the first");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_wrong_is_told_with_its_field() {
    let target = Target::start().await;
    let free = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address")
    };
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let silent_url = format!("http://{}/", silent.local_addr().expect("an address"));
    for (_app, client) in apps().await {
        for (config, code, says) in [
            (
                json!({ "url": "http://no-such-name.invalid/" }),
                "dns_failed",
                "config.url: cannot reach no-such-name.invalid",
            ),
            (
                json!({ "url": format!("http://{free}/") }),
                "connect_failed",
                "config.url: cannot connect to 127.0.0.1",
            ),
            (
                json!({ "url": format!("https://{}/", target.address) }),
                "tls_failed",
                "config.url: no secure connection",
            ),
            (
                json!({ "url": silent_url, "timeout_ms": 150 }),
                "http_timeout",
                "config.timeout_ms: no whole reply came within 150 ms",
            ),
            (
                json!({ "url": "http://169.254.169.254/latest/" }),
                "address_blocked",
                "config.url: requests to this address are blocked",
            ),
            (json!({ "url": "http://localhost.localdomain.invalid:1/" }), "dns_failed", "config.url: "),
            (
                json!({ "url": "http://{{ 'me@' }}example.com/" }),
                "invalid_url",
                "config.url: the address holds a user name",
            ),
            (json!({ "url": target.url("/status/404") }), "http_404", "config.url: GET 127.0.0.1:"),
            (
                json!({ "url": target.url("/picture"), "response": "json" }),
                "reply_not_json",
                "config.response: the reply is not JSON",
            ),
            (
                json!({ "url": target.url("/echo"), "headers": { "{{ 'x' }}": "1" } }),
                "bad_config",
                "config.headers.",
            ),
        ] {
            // What the checker sees before, it refuses before.
            let path = client.workflow(&[("Call", "http_request", config.clone())], &[]).await;
            let reply: Reply = client.post(&format!("{path}/runs?wait=60"), json!({})).await;
            if reply.status == 422 {
                assert!(code == "bad_config", "{config}: {}", reply.text);
                continue;
            }
            let (got, message) = failure(&reply.expect(200));
            assert_eq!(got, code, "{config}: {message}");
            assert!(message.starts_with(&format!("Call: {says}")), "{config}: {message}");
        }
        let done = run(&client, json!({ "url": target.url("/status/418"), "fail_on_status": false })).await;
        assert_eq!(output(&done)["status"], 418);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_are_kept_as_a_file_and_can_be_sent_on() {
    let target = Target::start().await;
    for (app, client) in apps().await {
        let nodes = [
            ("Fetch", "http_request", json!({ "url": target.url("/picture") })),
            (
                "Send",
                "http_request",
                json!({ "method": "PUT", "url": target.url("/echo"), "body_kind": "binary", "body": "{{ input.body }}" }),
            ),
        ];
        let path = client.workflow(&nodes, &[("Fetch", None, "Send")]).await;
        let done = client.post(&format!("{path}/runs?wait=60"), json!({})).await.expect(200);
        assert_eq!(done["run"]["status"], "completed", "{done}");
        let sent = &done["run"]["output_data"]["Send"]["body"];
        assert_eq!(
            (&sent["headers"]["content-type"], &sent["headers"]["content-length"]),
            (&json!("image/png"), &json!("10"))
        );
        let listed = client.get("/api/files").await.expect(200);
        let file = &listed["items"][0];
        assert_eq!((&file["content_type"], &file["bytes"]), (&json!("image/png"), &json!(10)));
        let address = format!("/api/files/{}", file["file"].as_str().expect("an id"));
        let reply = client.get(&address).await;
        assert_eq!((reply.status, reply.text.contains("PNG")), (200, true));
        assert!(reply.headers["content-disposition"].to_str().expect("text").starts_with("attachment"));
        assert_eq!(reply.headers["content-type"], "application/octet-stream");
        let grace = app.user("grace").await;
        grace.get(&address).await.problem(404);
        grace.delete(&address).await.problem(404);
        assert_eq!(grace.get("/api/files").await.expect(200)["items"], json!([]));
        client.delete(&address).await.expect(204);
        client.get(&address).await.problem(404);
    }
}

/// A proxy would be asked for the address instead of the guard.
#[cfg(feature = "chaos")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_of_the_environment_is_not_asked() {
    let target = Target::start().await;
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    proxy.set_nonblocking(true).expect("a listener that does not wait");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("flow.json");
    let node = json!({ "name": "Call", "node_type": "http_request", "config": { "url": target.url("/echo") }, "position": [0, 0] });
    let text = json!({ "format": 1, "name": "Test", "nodes": [node], "edges": [] }).to_string();
    std::fs::write(&file, text).expect("writes");
    let run = |allowed: &str| {
        let mut command = crate::support::process::millrace(folder.path());
        let address = format!("http://{}", proxy.local_addr().expect("an address"));
        for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"] {
            command.env(name, &address);
        }
        command.env_remove("NO_PROXY").env_remove("no_proxy");
        command
            .env("MILLRACE_OUTBOUND_ALLOW", allowed)
            .arg("run")
            .arg(&file)
            .output()
            .expect("the program runs")
    };
    let done = run("127.0.0.1");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(target.asked().len(), 1);
    let refused = run("10.0.0.0/8");
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("blocked: 127.0.0.1 is this machine"), "{said}");
    assert_eq!(target.asked().len(), 1);
    assert!(proxy.accept().is_err(), "the proxy was asked");
}
