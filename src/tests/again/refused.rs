//! What resume, fork, approve and cancel refuse, and that the run stays as it was.

use super::{again, id, picker, run, set_expression, sorter};
use crate::support::on_each_database;
use reqwest::Method;
use serde_json::json;

on_each_database! {
    async fn a_run_that_is_over_stays_as_it_is(app) {
        let client = app.user("ada").await;
        let path = sorter(&client).await;
        let done = run(&client, &path, json!("hello")).await;
        let address = format!("{path}/runs/{}", id(&done));
        let resume = client.post(&format!("{address}/resume"), json!({})).await;
        assert_eq!(resume.problem(409).0, "run_completed");
        assert!(resume.text.contains("Fork"), "it says what to do: {}", resume.text);
        assert_eq!(client.post(&format!("{address}/cancel"), json!({})).await.problem(409).0, "run_ended");
        let approve = json!({ "node": "Yes", "approved": true });
        assert_eq!(client.post(&format!("{address}/approve"), approve).await.problem(409).0, "not_waiting");
        assert_eq!(client.get(&address).await.expect(200), done);
        assert_eq!(client.get(&format!("{path}/runs")).await.expect(200)["items"].as_array().map(Vec::len), Some(1));
    }

    async fn forks_at_steps_that_are_not_there(app) {
        let client = app.user("ada").await;
        let path = sorter(&client).await;
        let done = run(&client, &path, json!("hello")).await;
        let fork = format!("{path}/runs/{}/fork", id(&done));
        for (body, fields) in [
            (json!({ "from_node": "Nowhere" }), vec!["from_node"]),
            (json!({ "from_node": "" }), vec!["from_node"]),
            (json!({ "from_node": "yes" }), vec!["from_node"]),
            (json!({ "outputs": { "Nowhere": 1 } }), vec!["outputs.Nowhere"]),
            (json!({ "from_node": "X", "outputs": { "Y": 1, "Z": 2 } }), vec!["from_node", "outputs.Y", "outputs.Z"]),
            (json!({ "from_node": "Yes", "outputs": { "Yes": 1 } }), vec!["from_node"]),
            (json!({ "outputs": { "Long": true } }), vec!["outputs.Long"]),
            (json!({ "outputs": { "Long": { "port": "out", "output": 1 } } }), vec!["outputs.Long"]),
            (json!({ "outputs": { "Long": { "port": "true" } } }), vec!["outputs.Long"]),
            (json!({ "outputs": [] }), vec!["outputs"]),
            (json!({ "outputs": null }), vec!["outputs"]),
            (json!({ "from_node": 3 }), vec!["from_node"]),
            (json!({ "version": "old" }), vec!["version"]),
            (json!({ "input": 1 }), vec!["input"]),
        ] {
            let (code, named) = client.post(&fork, body.clone()).await.problem(422);
            assert_eq!((code.as_str(), named), ("invalid_input", fields.iter().map(|f| (*f).to_owned()).collect()), "{body}");
        }
        assert_eq!(client.raw(Method::POST, &fork, "{").await.problem(400).0, "malformed_json");
        assert_eq!(client.get(&format!("{path}/runs")).await.expect(200)["items"].as_array().map(Vec::len), Some(1));
    }

    async fn a_step_of_the_draft_is_none_of_the_old_version(app) {
        let client = app.user("ada").await;
        let path = sorter(&client).await;
        let done = run(&client, &path, json!("hello")).await;
        let node = json!({ "name": "New", "node_type": "transform", "config": { "expression": "'new'" } });
        client.post(&format!("{path}/nodes"), node).await.expect(201);
        let fork = format!("{path}/runs/{}/fork", id(&done));
        assert_eq!(client.post(&fork, json!({ "from_node": "New" })).await.problem(422).1, ["from_node"]);
        let body = json!({ "from_node": "New", "version": "current" });
        let forked = again(&client, &path, &done, "fork", body).await;
        assert_eq!(forked["run"]["output_data"], json!({ "Yes": "long 5", "New": "new" }));
    }

    async fn inputs_are_checked_as_for_a_start(app) {
        let client = app.user("ada").await;
        let path = picker(&client).await;
        let schema = json!({ "type": "object", "required": ["wanted"] });
        client.put(&path, json!({ "name": "Strict", "input_schema": schema })).await.expect(200);
        let done = run(&client, &path, json!({ "wanted": 1 })).await;
        let fork = format!("{path}/runs/{}/fork", id(&done));
        let misfit = client.post(&fork, json!({ "input_data": {} })).await;
        assert_eq!(misfit.problem(422).0, "input_does_not_fit");
        let input = format!("{{\"input_data\": \"{}\"}}", "x".repeat(1 << 20));
        assert!([413, 422].contains(&client.raw(Method::POST, &fork, input).await.status));
        // The input stays, but the schema that the current version asks for is another one.
        let stricter = json!({ "type": "object", "required": ["more"] });
        client.put(&path, json!({ "name": "Stricter", "input_schema": stricter })).await.expect(200);
        client.post(&fork, json!({})).await.expect(202);
        let current = client.post(&fork, json!({ "version": "current" })).await;
        assert_eq!(current.problem(422).0, "input_does_not_fit");
    }

    async fn approvals_of_what_asks_nobody(app) {
        let client = app.user("ada").await;
        let path = picker(&client).await;
        let failed = run(&client, &path, json!({})).await;
        let approve = format!("{path}/runs/{}/approve", id(&failed));
        for node in ["First", "Pick", "Last"] {
            let reply = client.post(&approve, json!({ "node": node, "approved": true })).await;
            assert_eq!(reply.problem(409).0, "not_waiting", "{node}");
        }
        for (body, field) in [
            (json!({ "node": "Nowhere", "approved": true }), "node"),
            (json!({ "node": "First" }), "approved"),
            (json!({ "approved": true }), "node"),
            (json!({ "node": "First", "approved": "yes" }), "approved"),
            (json!({ "node": "First", "approved": true, "comment": "x".repeat(10_001) }), "comment"),
            (json!({ "node": "First", "approved": true, "by": "grace" }), "by"),
        ] {
            assert_eq!(client.post(&approve, body).await.problem(422).1, [field]);
        }
    }

    async fn runs_of_others_and_runs_that_are_not_there(app) {
        let (ada, grace) = (app.user("ada").await, app.user("grace").await);
        let (path, other) = (picker(&ada).await, picker(&ada).await);
        let failed = run(&ada, &path, json!({})).await;
        let unknown = uuid::Uuid::now_v7().to_string();
        for verb in ["resume", "fork", "approve"] {
            // The body does not matter before the run is theirs.
            grace.post(&format!("{path}/runs/{}/{verb}", id(&failed)), json!({ "bad": 1 })).await.problem(404);
            ada.post(&format!("{other}/runs/{}/{verb}", id(&failed)), json!({ "bad": 1 })).await.problem(404);
            for run in [unknown.as_str(), "x", "%00"] {
                ada.post(&format!("{path}/runs/{run}/{verb}"), json!({ "bad": 1 })).await.problem(404);
            }
        }
        ada.delete(&path).await.expect(204);
        for verb in ["resume", "fork", "approve"] {
            ada.post(&format!("{path}/runs/{}/{verb}", id(&failed)), json!({})).await.problem(404);
        }
    }

    async fn a_key_that_may_only_read_makes_no_runs(app) {
        let client = app.user("ada").await;
        let path = picker(&client).await;
        let failed = run(&client, &path, json!({})).await;
        let made = client.post("/api/keys", json!({ "name": "reader", "scopes": ["read"] })).await.expect(201);
        let reader = client.as_bearer(made["key"].as_str().expect("a key"));
        reader.get(&format!("{path}/runs/{}", id(&failed))).await.expect(200);
        for verb in ["resume", "fork", "approve"] {
            reader.post(&format!("{path}/runs/{}/{verb}", id(&failed)), json!({})).await.problem(403);
        }
    }

    async fn a_resumed_run_keeps_to_its_version(app) {
        let client = app.user("ada").await;
        let path = picker(&client).await;
        let failed = run(&client, &path, json!({})).await;
        // A draft that cannot run is no hindrance to a version that could.
        set_expression(&client, &path, "Pick", "nonsense +").await;
        let resumed = again(&client, &path, &failed, "resume", json!({})).await;
        assert_eq!((&resumed["run"]["version"], &resumed["run"]["status"]), (&json!(1), &json!("failed")));
    }
}
