//! Agents: tools, people and child runs, with a model elsewhere that says what it is told to.

mod brain;

use crate::support::{Client, Database, Target, TestApp};
pub use brain::Brain;
use millrace::server::{clock::Clock, config::Networks};
use serde_json::{Value, json};
use std::collections::HashSet;

async fn apps() -> Vec<TestApp> {
    let mut apps = Vec::new();
    for database in [Some(Database::Sqlite), Database::postgres()].into_iter().flatten() {
        let app = TestApp::start_with(database, Clock::system(), |config| {
            config.outbound.outbound_allow = Networks(vec!["127.0.0.1/32".parse().expect("a network")]);
        });
        apps.push(app.await);
    }
    apps
}

/// A workflow of one agent that thinks with that model; gives its path.
async fn agent(client: &Client, brain: &Brain, config: Value) -> String {
    let body = json!({ "name": "brain", "base_url": brain.url(), "model": "scripted" });
    client.post("/api/models", body).await.expect(201);
    let mut whole = json!({ "prompt_template": "Do it for {input}.", "model": "brain" });
    whole.as_object_mut().expect("an object").extend(config.as_object().expect("an object").clone());
    client.workflow(&[("Agent", "agent", whole)], &[]).await
}

async fn run(client: &Client, path: &str, input: Value) -> Value {
    client.post(&format!("{path}/runs?wait=60"), json!({ "input_data": input })).await.expect(200)
}

/// The run, once the agent asks a person about that.
async fn until_it_asks(client: &Client, path: &str, run: &str, about: &str) -> Value {
    for _ in 0..2000 {
        let detail = client.get(&format!("{path}/runs/{run}")).await.expect(200);
        let agent = &detail["node_executions"][0];
        let message = agent["output_data"]["message"].as_str().unwrap_or_default();
        if agent["status"] == "waiting" && message.contains(about) {
            return detail;
        }
        assert!(detail["run"]["completed_at"].is_null(), "{detail}");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("it asks nobody");
}

fn lines(detail: &Value) -> Vec<String> {
    let logs = detail["node_executions"][0]["logs"].as_array().expect("a log");
    logs.iter().filter_map(|line| line["message"].as_str().map(str::to_owned)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_kind_of_tool_is_used() {
    for app in apps().await {
        let (ada, target) = (app.user("ada").await, Target::start().await);
        let columns = json!([{ "name": "item", "type": "text" }, { "name": "owner", "type": "text" }]);
        ada.post("/api/tables", json!({ "name": "orders", "columns": columns })).await.expect(201);
        let rows = json!([{ "item": "lamp", "owner": "ada" }, { "item": "chair", "owner": "grace" }]);
        let write = json!({ "table": "orders", "data": rows });
        let writer = ada.workflow(&[("Write", "db_write", write)], &[]).await;
        assert_eq!(run(&ada, &writer, json!(null)).await["run"]["status"], "completed");
        let twice = json!({ "expression": "input.n * 2" });
        let child = ada.workflow(&[("Twice", "transform", twice)], &[]).await;
        let brain = Brain::start([
            ("api", json!({ "method": "POST", "path": "echo", "body": { "a": 1 } })),
            ("api", json!({ "method": "POST", "path": "echo", "body": { "a": 2 } })),
            ("orders", json!({ "where": { "owner": { "ne": "" } } })),
            ("twice", json!({ "n": 21 })),
            ("nowhere", json!("x")),
            ("final", json!({ "answer": 42 })),
        ])
        .await;
        let parameters =
            json!({ "type": "object", "properties": { "n": { "type": "integer" } }, "required": ["n"] });
        let config = json!({
            "tools": [
                { "type": "http_request", "name": "api", "url": target.url(""), "methods": ["POST"] },
                { "type": "db_query", "name": "orders", "table": "orders", "where": { "owner": "ada" } },
                { "type": "workflow", "name": "twice", "workflow": child.rsplit('/').next(), "parameters": parameters },
                { "type": "workflow", "name": "nowhere", "workflow": child.rsplit('/').next() },
            ],
            "output_schema": { "type": "object", "properties": { "answer": { "type": "integer" } }, "required": ["answer"] },
        });
        let path = agent(&ada, &brain, config).await;
        let detail = run(&ada, &path, json!("me")).await;
        assert_eq!(detail["run"]["status"], "completed", "{detail}");
        assert_eq!(detail["run"]["output_data"], json!({ "Agent": { "answer": 42 } }));
        let asked = target.asked();
        let keys: HashSet<_> =
            asked.iter().map(|a| a["headers"]["idempotency-key"].as_str().expect("a key")).collect();
        assert_eq!((asked.len(), keys.len()), (2, 2));
        let told = brain.told();
        assert!(told[1].contains("\\\"a\\\":1") || told[1].contains("\"a\":1"), "{}", told[1]);
        assert!(told[3].contains("lamp") && !told[3].contains("chair"), "{}", told[3]);
        assert!(told[4].contains("{\"Twice\":42}"), "{}", told[4]);
        assert!(told[5].contains("The call failed"), "{}", told[5]);
        let usage = &detail["node_executions"][0]["usage"];
        assert_eq!(
            (&usage["steps"], &usage["calls"], &usage["model"]),
            (&json!(6), &json!(5), &json!("brain"))
        );
        // One line for each thought, call and result, each told once although the handler was called three times.
        let count = |begin: &str| lines(&detail).iter().filter(|line| line.starts_with(begin)).count();
        assert_eq!(
            (count("step "), count("call of "), count("result of ") + count("nowhere failed")),
            (6, 5, 5)
        );
        let events = ada
            .get(&format!("{path}/runs/{}/events", detail["run"]["id"].as_str().expect("an id")))
            .await
            .text;
        assert_eq!(events.matches("\"message\":\"call of ").count(), 5, "{events}");
        let children = ada.get(&format!("{child}/runs")).await.expect(200);
        assert_eq!(children["items"].as_array().map(Vec::len), Some(2));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_asked_each_time() {
    for app in apps().await {
        let (ada, target) = (app.user("ada").await, Target::start().await);
        let post = |n: i64| ("api", json!({ "path": "echo", "body": { "n": n } }));
        let brain = Brain::start([post(1), post(2), ("final", json!("done"))]).await;
        let tool = json!({ "type": "http_request", "name": "api", "url": target.url(""), "methods": ["POST"], "require_approval": true });
        let path = agent(&ada, &brain, json!({ "tools": [tool] })).await;
        let begun = ada.post(&format!("{path}/runs"), json!({ "input_data": 1 })).await.expect(202);
        let id = begun["run_id"].as_str().expect("an id");
        for (about, approved, comment) in [("{\"n\":1}", false, "not this one"), ("{\"n\":2}", true, "go")] {
            until_it_asks(&ada, &path, id, about).await;
            assert_eq!(target.asked().len(), 0, "nothing is sent before it is allowed");
            let body = json!({ "node": "Agent", "approved": approved, "comment": comment });
            ada.post(&format!("{path}/runs/{id}/approve"), body).await.expect(202);
        }
        let detail = loop {
            let detail = ada.get(&format!("{path}/runs/{id}")).await.expect(200);
            if detail["run"]["completed_at"].is_string() {
                break detail;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        };
        assert_eq!(detail["run"]["output_data"], json!({ "Agent": "done" }), "{detail}");
        assert_eq!(target.asked().len(), 1);
        assert!(target.asked()[0]["body"].as_str().is_some_and(|body| body.contains('2')));
        let told = brain.told();
        assert!(told[1].contains("not this one"), "{}", told[1]);
        let lines = lines(&detail);
        assert!(lines.iter().any(|l| l == "ada rejected the call of api: not this one"), "{lines:?}");
        assert!(lines.iter().any(|l| l == "ada approved the call of api: go"), "{lines:?}");
        assert_eq!(
            detail["node_executions"].as_array().map(Vec::len),
            Some(1),
            "one attempt, however often it waited"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_goes_in_circles_is_stopped() {
    for app in apps().await {
        let ada = app.user("ada").await;
        let same = || ("api", json!({ "url": "http://169.254.169.254/" }));
        let brain = Brain::start([same(), same(), same(), same()]).await;
        let tool = json!({ "type": "http_request", "name": "api" });
        let path = agent(&ada, &brain, json!({ "tools": [tool] })).await;
        let detail = run(&ada, &path, json!(1)).await;
        assert_eq!(detail["run"]["error_code"], "agent_loops", "{detail}");
        let told = brain.told();
        // The guard of outgoing requests holds for tools as well.
        assert!(told[1].contains("The call failed"), "{}", told[1]);
        assert!(told[3].contains("repeated_call"), "{}", told[3]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_is_resumed_goes_on_where_it_was() {
    for app in apps().await {
        let (ada, target) = (app.user("ada").await, Target::start().await);
        let post = |tool, n: i64| (tool, json!({ "path": "echo", "body": { "n": n } }));
        let brain = Brain::start([post("api", 1), post("careful", 2), ("final", json!("done"))]).await;
        let tool = |name: &str, asks: bool| json!({ "type": "http_request", "name": name, "url": target.url(""), "methods": ["POST"], "require_approval": asks });
        let path = agent(&ada, &brain, json!({ "tools": [tool("api", false), tool("careful", true)] })).await;
        let begun = ada.post(&format!("{path}/runs"), json!({ "input_data": 1 })).await.expect(202);
        let first = begun["run_id"].as_str().expect("an id").to_owned();
        until_it_asks(&ada, &path, &first, "{\"n\":2}").await;
        ada.post(&format!("{path}/runs/{first}/cancel"), json!({})).await.expect(202);
        let resumed = ada.post(&format!("{path}/runs/{first}/resume"), json!({})).await.expect(202);
        let second = resumed["run_id"].as_str().expect("an id").to_owned();
        until_it_asks(&ada, &path, &second, "{\"n\":2}").await;
        assert_eq!((target.asked().len(), brain.told().len()), (1, 2), "nothing is done or thought again");
        let body = json!({ "node": "Agent", "approved": true });
        ada.post(&format!("{path}/runs/{second}/approve"), body).await.expect(202);
        for _ in 0..2000 {
            let detail = ada.get(&format!("{path}/runs/{second}")).await.expect(200);
            if detail["run"]["completed_at"].is_string() {
                assert_eq!(detail["run"]["output_data"], json!({ "Agent": "done" }), "{detail}");
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        assert_eq!((target.asked().len(), brain.told().len()), (2, 3));
    }
}

/// A service that gives ten million letters, and one that never answers.
async fn a_hard_service() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let app = axum::Router::new()
        .route("/big", axum::routing::get(async || "mill ".repeat(2_000_000)))
        .route("/never", axum::routing::get(std::future::pending::<String>));
    tokio::spawn(async move { axum::serve(listener, app).await.expect("serves") });
    format!("http://{address}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_of_ten_megabytes_is_cut_and_a_cancel_does_not_wait_for_a_tool() {
    for app in apps().await {
        let (ada, service) = (app.user("ada").await, a_hard_service().await);
        let brain =
            Brain::start([("api", json!({ "path": "big" })), ("api", json!({ "path": "never" }))]).await;
        let tool = json!({ "type": "http_request", "name": "api", "url": service });
        let path = agent(&ada, &brain, json!({ "tools": [tool], "result_chars": 500 })).await;
        let begun = ada.post(&format!("{path}/runs"), json!({ "input_data": 1 })).await.expect(202);
        let run = format!("{path}/runs/{}", begun["run_id"].as_str().expect("an id"));
        for _ in 0..2000 {
            if brain.told().len() == 2 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let told = brain.told();
        assert!(
            told[1].contains("characters are left out here") && told[1].len() < 1000,
            "{}",
            told[1].len()
        );
        ada.post(&format!("{run}/cancel"), json!({})).await.expect(202);
        let detail = loop {
            let detail = ada.get(&run).await.expect(200);
            if detail["run"]["completed_at"].is_string() {
                break detail;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        };
        assert_eq!(detail["run"]["status"], "cancelled", "{detail}");
    }
}
