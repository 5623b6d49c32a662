//! What changed between two versions, over HTTP.

use crate::support::{Client, on_each_database};
use serde_json::{Value, json};

async fn run(client: &Client, path: &str) {
    client.post(&format!("{path}/runs?wait=20"), json!({})).await.expect(200);
}

async fn node(client: &Client, path: &str, name: &str) -> Value {
    let nodes = client.get(&format!("{path}/nodes")).await.expect(200)["items"].clone();
    nodes.as_array().expect("nodes").iter().find(|n| n["name"] == name).expect("the node").clone()
}

on_each_database! {
    async fn a_version_is_compared_with_the_draft_or_another_one(app) {
        let client = app.user("ada").await;
        let path = client.workflow(&[
            ("A", "transform", json!({ "expression": "1" })),
            ("B", "transform", json!({ "expression": "input" })),
        ], &[("A", None, "B")]).await;
        run(&client, &path).await;
        let nothing = client.get(&format!("{path}/versions/1/diff")).await.expect(200);
        assert!(nothing.as_object().expect("an object").values().all(|list| *list == json!([])), "{nothing}");
        let b = node(&client, &path, "B").await;
        let address = format!("{path}/nodes/{}", b["id"].as_str().expect("an id"));
        let changed = json!({ "name": "Bee", "node_type": "transform", "config": { "expression": "[input]" } });
        client.put(&address, changed).await.expect(200);
        let made = json!({ "name": "C", "node_type": "transform", "config": { "expression": "3" } });
        let c = client.post(&format!("{path}/nodes"), made).await.expect(201);
        run(&client, &path).await;
        client.delete(&format!("{path}/nodes/{}", c["id"].as_str().expect("an id"))).await.expect(204);

        let other = client.get(&format!("{path}/versions/1/diff?with=2")).await.expect(200);
        assert_eq!(other["nodes_added"], json!([{ "node_id": c["id"], "name": "C", "node_type": "transform" }]));
        let change = &other["nodes_changed"][0];
        assert_eq!((&change["name"], &change["renamed_from"]), (&json!("Bee"), &json!("B")));
        assert_eq!(change["fields"], json!([{ "field": "config.expression", "old": "input", "new": "[input]" }]));
        assert_eq!(client.get(&format!("{path}/versions/2/diff?with=1")).await.expect(200)["nodes_removed"], other["nodes_added"]);

        let draft = client.get(&format!("{path}/versions/2/diff?with=draft")).await;
        assert_eq!(draft.expect(200)["nodes_removed"], other["nodes_added"]);
        assert_eq!(draft.text, client.get(&format!("{path}/versions/2/diff")).await.text, "the draft is the default");
        client.post(&format!("{path}/versions/1/restore"), json!({})).await.expect(200);
        assert_eq!(client.get(&format!("{path}/versions/1/diff")).await.expect(200), nothing);
    }

    async fn versions_that_are_not_there(app) {
        let (client, grace) = (app.user("ada").await, app.user("grace").await);
        let path = client.workflow(&[("A", "transform", json!({ "expression": "1" }))], &[]).await;
        run(&client, &path).await;
        for number in ["2", "0", "-1", "x", "99999999999"] {
            client.get(&format!("{path}/versions/{number}/diff")).await.problem(404);
        }
        client.get(&format!("{path}/versions/1/diff?with=2")).await.problem(404);
        for with in ["x", "1.5", "Draft", "99999999999", "null"] {
            assert_eq!(client.get(&format!("{path}/versions/1/diff?with={with}")).await.problem(422).1, ["with"], "{with}");
        }
        grace.get(&format!("{path}/versions/1/diff")).await.problem(404);
        grace.get(&format!("{path}/versions/1/diff?with=x")).await.problem(404);
    }
}
