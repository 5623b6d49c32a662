//! Workflows as a whole: making, listing, changing, deleting, checking, versions.

use crate::support::on_each_database;
use millrace::server::services::workflows::create_from_template;
use reqwest::Method;
use serde_json::{Value, json};

on_each_database! {
    async fn is_made_read_changed_and_deleted(app) {
        let client = app.user("ada").await;
        let body = json!({ "name": "Sort mail", "description": "Ünïcode ✓", "input_schema": { "type": "string" }, "vars": { "z": 1, "a": 2 } });
        let made = client.post("/api/workflows", body).await.expect(201);
        let path = format!("/api/workflows/{}", made["id"].as_str().expect("an id"));
        let read = client.get(&path).await;
        assert_eq!(read.expect(200), made);
        assert!(read.text.contains(r#""vars":{"z":1,"a":2}"#), "the order of keys stays: {}", read.text);
        let changed = client.put(&path, json!({ "name": "Sort post" })).await.expect(200);
        assert_eq!((&changed["name"], &changed["description"]), (&json!("Sort post"), &json!("")));
        client.delete(&path).await.expect(204);
        client.get(&path).await.problem(404);
        assert_eq!(client.get("/api/workflows").await.expect(200)["items"], json!([]));
    }

    async fn another_name_leaves_everything_else_as_it_is(app) {
        let client = app.user("ada").await;
        let body = json!({ "name": "Sort mail", "input_schema": { "type": "object" }, "vars": { "a": 2 }, "is_active": false });
        let made = client.post("/api/workflows", body).await.expect(201);
        let id = made["id"].as_str().expect("an id");
        let sent = format!("id={id}&name=Sort+post&description=By+town");
        client.raw(Method::POST, "/fn/workflows/rename", sent).await.expect(200);
        let now = client.get(&format!("/api/workflows/{id}")).await.expect(200);
        assert_eq!((&now["name"], &now["description"]), (&json!("Sort post"), &json!("By town")));
        for kept in ["input_schema", "vars", "is_active", "revision"] {
            assert_eq!(now[kept], made[kept], "{kept}");
        }
    }

    async fn a_template_brings_the_workflows_that_it_starts(app) {
        let client = app.user("ada").await;
        let owner = client.get("/api/auth/me").await.expect(200)["id"].as_str().expect("an id").parse().expect("an id");
        for _ in 0..2 {
            let made = create_from_template(&app.state, owner, "summarise-each-part").await.expect("a workflow");
            let report = client.post(&format!("/api/workflows/{}/validate", made.id), json!({})).await.expect(200);
            let problems = report["problems"].as_array().expect("problems");
            assert!(problems.iter().all(|p| p["code"] != "unknown_workflow"), "{problems:?}");
        }
        let list = client.get("/api/workflows").await.expect(200);
        let names: Vec<_> = list["items"].as_array().expect("items").iter().map(|w| w["name"].clone()).collect();
        assert_eq!(names, ["Summarise each part", "Summarise each part", "Summarise a text"]);
    }

    async fn pages_are_newest_first_and_complete(app) {
        let client = app.user("ada").await;
        for number in 0..7 {
            client.post("/api/workflows", json!({ "name": format!("W{number}") })).await.expect(201);
        }
        let (mut names, mut next) = (Vec::new(), String::new());
        loop {
            let page = client.get(&format!("/api/workflows?limit=3{next}")).await.expect(200);
            let items = page["items"].as_array().expect("items");
            assert!(items.len() <= 3);
            names.extend(items.iter().map(|w| w["name"].as_str().expect("a name").to_owned()));
            let Value::String(after) = &page["next"] else { break };
            assert!(after.chars().all(|c| c.is_ascii_alphanumeric() || "-_.~".contains(c)), "{after}");
            next = format!("&after={after}");
        }
        assert_eq!(names, ["W6", "W5", "W4", "W3", "W2", "W1", "W0"]);
        for bad in ["0", "201", "-1", "x", "1e3", ""] {
            let reply = client.get(&format!("/api/workflows?limit={bad}")).await;
            assert_eq!(reply.problem(422).1, ["limit"], "{bad}");
        }
        assert_eq!(client.get("/api/workflows?after=nonsense").await.problem(422).1, ["after"]);
    }

    async fn belongs_to_its_owner_alone(app) {
        let (ada, grace) = (app.user("ada").await, app.user("grace").await);
        let path = ada.workflow(&[("A", "transform", json!({ "expression": "1" }))], &[]).await;
        let run = ada.post(&format!("{path}/runs?wait=10"), json!({})).await.expect(200)["run"]["id"].clone();
        let run = run.as_str().expect("an id");
        let nonsense = json!({ "unknown": true });
        for path in [path.clone(), format!("{path}/nodes"), format!("{path}/edges"), format!("{path}/versions"),
            format!("{path}/versions/1"), format!("{path}/runs"), format!("{path}/runs/{run}"), format!("{path}/runs/{run}/events")] {
            grace.get(&path).await.problem(404);
        }
        // The body does not matter before the workflow is theirs.
        grace.put(&path, nonsense.clone()).await.problem(404);
        grace.put(&format!("{path}/graph"), nonsense.clone()).await.problem(404);
        grace.post(&format!("{path}/nodes"), nonsense.clone()).await.problem(404);
        grace.post(&format!("{path}/edges"), nonsense.clone()).await.problem(404);
        grace.post(&format!("{path}/runs"), nonsense.clone()).await.problem(404);
        grace.post(&format!("{path}/validate"), nonsense.clone()).await.problem(404);
        grace.post(&format!("{path}/runs/{run}/cancel"), nonsense).await.problem(404);
        grace.delete(&path).await.problem(404);
        assert_eq!(grace.get("/api/runs").await.expect(200)["items"], json!([]));
        ada.get(&path).await.expect(200);
    }

    async fn the_checker_names_node_and_field(app) {
        let client = app.user("ada").await;
        let path = client.workflow(&[
            ("A", "transform", json!({ "expression": "input +" })),
            ("B", "condition", json!({})),
            ("C", "teleport", json!({})),
        ], &[("A", None, "B"), ("B", Some("true"), "A"), ("C", None, "C")]).await;
        let problems = client.post(&format!("{path}/validate"), json!({})).await.expect(200)["problems"].clone();
        let found: Vec<(String, String)> = problems.as_array().expect("problems").iter()
            .map(|p| (p["node"].as_str().unwrap_or("-").to_owned(), p["field"].as_str().unwrap_or("-").to_owned()))
            .collect();
        for (node, field) in [("A", "config.expression"), ("B", "config.condition"), ("C", "node_type")] {
            assert!(found.iter().any(|(n, f)| n == node && f == field), "{node} {field} is missing in {problems}");
        }
        let codes = problems.to_string();
        assert!(codes.contains("cycle"), "{codes}");
        let refused = client.post(&format!("{path}/runs"), json!({})).await;
        assert_eq!(refused.problem(422).0, "workflow_has_problems");
        assert_eq!(refused.expect(422)["problems"], problems);
        assert_eq!(client.get(&format!("{path}/runs")).await.expect(200)["items"], json!([]));
    }

    async fn versions_are_made_by_runs_and_come_back(app) {
        let client = app.user("ada").await;
        let path = client.workflow(&[("A", "transform", json!({ "expression": "1" }))], &[]).await;
        for _ in 0..2 {
            client.post(&format!("{path}/runs?wait=10"), json!({})).await.expect(200);
        }
        let node = client.get(&format!("{path}/nodes")).await.expect(200)["items"][0].clone();
        let node_path = format!("{path}/nodes/{}", node["id"].as_str().expect("an id"));
        client.put(&node_path, json!({ "name": "A", "node_type": "transform", "config": { "expression": "2" } })).await.expect(200);
        client.post(&format!("{path}/runs?wait=10"), json!({})).await.expect(200);
        let versions = client.get(&format!("{path}/versions")).await.expect(200);
        let numbers: Vec<_> = versions["items"].as_array().expect("items").iter().map(|v| v["number"].clone()).collect();
        assert_eq!(numbers, [json!(2), json!(1)]);
        let first = client.get(&format!("{path}/versions/1")).await.expect(200);
        assert_eq!(first["document"]["nodes"][0]["config"]["expression"], "1");
        client.get(&format!("{path}/versions/3")).await.problem(404);
        client.get(&format!("{path}/versions/x")).await.problem(404);
        let restored = client.post(&format!("{path}/versions/1/restore"), json!({})).await.expect(200);
        assert_eq!(restored["nodes"][0]["config"]["expression"], "1");
    }
}
