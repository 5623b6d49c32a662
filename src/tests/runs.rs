//! Runs from start to end: branches, failures, events, idempotency, input.

use crate::support::{Client, on_each_database};
use serde_json::{Value, json};

async fn sorter(client: &Client) -> String {
    client
        .workflow(
            &[
                ("Length", "transform", json!({ "expression": "input | length" })),
                ("Long", "condition", json!({ "condition": "input > 3" })),
                ("Yes", "transform", json!({ "expression": "'long'" })),
                ("No", "transform", json!({ "expression": "'short'" })),
            ],
            &[("Length", None, "Long"), ("Long", Some("true"), "Yes"), ("Long", Some("false"), "No")],
        )
        .await
}

async fn run(client: &Client, path: &str, input: Value) -> Value {
    client.post(&format!("{path}/runs?wait=20"), json!({ "input_data": input })).await.expect(200)
}

/// `(id, event, data)` of a stream of server-sent events.
fn events(text: &str) -> Vec<(Option<i64>, String, Value)> {
    text.split("\n\n")
        .filter(|block| block.contains("data:"))
        .map(|block| {
            let field = |name: &str| {
                block.lines().find_map(|line| line.strip_prefix(name)).map(|rest| rest.trim().to_owned())
            };
            (
                field("id:").map(|id| id.parse().expect("a number")),
                field("event:").expect("a kind"),
                serde_json::from_str(&field("data:").expect("data")).expect("JSON"),
            )
        })
        .collect()
}

on_each_database! {
    async fn takes_one_branch_and_skips_the_other(app) {
        let client = app.user("ada").await;
        let path = sorter(&client).await;
        let done = run(&client, &path, json!("hello")).await;
        assert_eq!(done["run"]["status"], "completed", "{done}");
        assert_eq!(done["run"]["output_data"], json!({ "Yes": "long" }));
        let status = |done: &Value, name: &str| {
            done["node_executions"].as_array().expect("steps").iter().find(|s| s["node_name"] == name).map(|s| s["status"].clone())
        };
        assert_eq!(status(&done, "No"), Some(json!("skipped")));
        assert_eq!(status(&done, "Yes"), Some(json!("completed")));
        let other = run(&client, &path, json!("hi")).await;
        assert_eq!(other["run"]["output_data"], json!({ "No": "short" }));
        let listed = client.get("/api/runs?status=completed").await.expect(200);
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(2));
        assert_eq!(listed["items"][0]["id"], other["run"]["id"]);
        assert_eq!(client.get("/api/runs?status=failed").await.expect(200)["items"], json!([]));
        assert_eq!(client.get("/api/runs?status=odd").await.problem(422).1, ["status"]);
        assert_eq!(client.get("/api/runs?workflow=odd").await.problem(422).1, ["workflow"]);
    }

    async fn a_failure_names_the_node(app) {
        let client = app.user("ada").await;
        let path = client.workflow(&[
            ("Pick", "transform", json!({ "expression": "input.missing" })),
            ("After", "transform", json!({ "expression": "1" })),
        ], &[("Pick", None, "After")]).await;
        let done = run(&client, &path, json!({ "there": 1 })).await;
        assert_eq!((&done["run"]["status"], &done["run"]["output_data"]), (&json!("failed"), &json!(null)));
        assert!(done["run"]["error_message"].as_str().is_some_and(|m| m.starts_with("Pick: ")), "{done}");
        assert_eq!(done["node_executions"].as_array().map(Vec::len), Some(1), "{done}");
        let cancel = client.post(&format!("{path}/runs/{}/cancel", done["run"]["id"].as_str().expect("an id")), json!({})).await;
        assert_eq!(cancel.problem(409).0, "run_ended");
    }

    async fn comparing_kinds_is_an_error_and_not_a_guess(app) {
        let client = app.user("ada").await;
        let path = client.workflow(&[("Big", "condition", json!({ "condition": "input > 10" }))], &[]).await;
        assert_eq!(run(&client, &path, json!(11)).await["run"]["status"], "completed");
        let failed = run(&client, &path, json!("3")).await;
        assert_eq!(failed["run"]["error_code"], "type_mismatch", "{failed}");
    }

    async fn events_replay_from_where_one_was(app) {
        let client = app.user("ada").await;
        let path = sorter(&client).await;
        let done = run(&client, &path, json!("hello")).await;
        let stream = format!("{path}/runs/{}/events", done["run"]["id"].as_str().expect("an id"));
        let all = events(&client.get(&stream).await.text);
        let kinds: Vec<_> = all.iter().map(|e| e.1.as_str()).collect();
        assert_eq!((kinds.first(), kinds.last()), (Some(&"run.started"), Some(&"run.completed")), "{kinds:?}");
        assert!(kinds.contains(&"node.skipped"));
        let ids: Vec<_> = all.iter().map(|e| e.0.expect("stored events have ids")).collect();
        assert_eq!(ids, (1..=ids.len() as i64).collect::<Vec<_>>(), "no gaps");
        let rest = events(&client.with("last-event-id", "3").get(&stream).await.text);
        assert_eq!(rest, all[3..]);
        let after = client.with("last-event-id", ids.len().to_string()).get(&stream).await;
        assert_eq!((after.status, after.text.as_str()), (204, ""));
        assert_eq!(client.with("last-event-id", "x").get(&stream).await.problem(422).1, ["Last-Event-ID"]);
    }

    // After its first run a step that only computes is known to be quick, and begins within the write that makes a run.
    async fn later_runs_are_told_like_the_first(app) {
        let client = app.user("ada").await;
        let path = sorter(&client).await;
        let mut told = Vec::new();
        for _ in 0..4 {
            let done = run(&client, &path, json!("hello")).await;
            let run = done["run"]["id"].as_str().expect("an id");
            let kinds: Vec<_> = events(&client.get(&format!("{path}/runs/{run}/events")).await.text)
                .into_iter()
                .map(|(seq, kind, data)| (seq, kind, data["node"].clone(), data["attempt"].clone()))
                .collect();
            let steps: Vec<_> = done["node_executions"]
                .as_array()
                .expect("steps")
                .iter()
                .map(|step| ["node_name", "status", "attempt", "execution_order", "input_data", "output_data", "port"].map(|f| step[f].clone()))
                .collect();
            assert!(done["node_executions"][0]["started_at"].is_string() && done["node_executions"][0]["completed_at"].is_string());
            told.push((kinds, steps, done["run"]["output_data"].clone()));
        }
        assert!(told.iter().all(|run| *run == told[0]), "{told:#?}");
        // One that fails there, and one whose key made a run before.
        let failed = run(&client, &path, json!(7)).await;
        assert_eq!(failed["run"]["status"], "failed", "{failed}");
        assert!(failed["run"]["error_message"].as_str().is_some_and(|m| m.starts_with("Length: ")), "{failed}");
        let keyed = client.with("idempotency-key", "once");
        let once = async || keyed.post(&format!("{path}/runs?wait=20"), json!({ "input_data": "hi" })).await.expect(200);
        let (one, two) = (once().await, once().await);
        assert_eq!((&one["run"]["id"], &one["run"]["output_data"]), (&two["run"]["id"], &json!({ "No": "short" })));
    }

    async fn the_same_key_is_the_same_run(app) {
        let client = app.user("ada").await;
        let path = sorter(&client).await;
        let keyed = client.with("idempotency-key", "order-17");
        let address = format!("{path}/runs?wait=20");
        let start = |input: &'static str| keyed.post(&address, json!({ "input_data": input }));
        let replies = futures::future::join_all((0..8).map(|_| start("hello"))).await;
        let mut ids: Vec<_> = replies.iter().map(|r| r.expect(200)["run"]["id"].to_string()).collect();
        ids.dedup();
        assert_eq!(ids.len(), 1);
        assert_eq!(start("other").await.problem(422).0, "idempotency_key_reused");
        assert_eq!(client.get(&format!("{path}/runs")).await.expect(200)["items"].as_array().map(Vec::len), Some(1));
    }

    async fn the_input_has_to_fit_the_schema(app) {
        let client = app.user("ada").await;
        let path = sorter(&client).await;
        let schema = json!({ "type": "object", "required": ["text"], "properties": { "text": { "type": "string", "maxLength": 5 } } });
        client.put(&path, json!({ "name": "Strict", "input_schema": schema })).await.expect(200);
        let reply = client.post(&format!("{path}/runs"), json!({ "input_data": { "text": "too long" } })).await;
        assert_eq!(reply.problem(422), ("input_does_not_fit".to_owned(), vec!["input_data.text".to_owned()]));
        client.post(&format!("{path}/runs?wait=20"), json!({ "input_data": { "text": "short" } })).await.expect(200);
    }

    async fn a_run_outlives_who_started_it_and_waits_only_if_asked(app) {
        let client = app.user("ada").await;
        let path = sorter(&client).await;
        let accepted = client.post(&format!("{path}/runs"), json!({ "input_data": "hello" })).await.expect(202);
        let run = format!("{path}/runs/{}", accepted["run_id"].as_str().expect("an id"));
        let all = events(&client.get(&format!("{run}/events")).await.text);
        assert_eq!(all.last().map(|e| e.1.as_str()), Some("run.completed"));
        assert_eq!(client.get(&run).await.expect(200)["run"]["status"], "completed");
        for bad in ["x", "-1", "601", "NaN", "inf"] {
            assert_eq!(client.post(&format!("{path}/runs?wait={bad}"), json!({})).await.problem(422).1, ["wait"]);
        }
    }
}
