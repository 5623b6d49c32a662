//! Runs that steps of other runs start, as their owner sees them. How they run is the engine's test.

use crate::support::{Client, on_each_database};
use serde_json::{Value, json};

async fn named(client: &Client, name: &str, expression: &str) -> String {
    let path = client.workflow(&[("Do", "transform", json!({ "expression": expression }))], &[]).await;
    client.put(&path, json!({ "name": name })).await.expect(200);
    path
}

async fn each(client: &Client, workflow: &str) -> String {
    let config = json!({ "items": "{{ input }}", "workflow": workflow, "on_error": "collect" });
    client.workflow(&[("Each", "for_each", config)], &[]).await
}

async fn problems(client: &Client, path: &str) -> Value {
    client.post(&format!("{path}/validate"), json!({})).await.expect(200)["problems"].clone()
}

on_each_database! {
    async fn children_are_listed_by_their_parent(app) {
        let (client, grace) = (app.user("ada").await, app.user("grace").await);
        let child = named(&client, "Less", "input - 1").await;
        let path = each(&client, "Less").await;
        let done = client.post(&format!("{path}/runs?wait=20"), json!({ "input_data": [1, "x", 3] })).await.expect(200);
        let output = &done["run"]["output_data"]["Each"];
        assert_eq!((&output[0]["Do"], &output[2]["Do"]), (&json!(0), &json!(2)), "{done}");
        assert!(output[1]["error"]["code"].is_string(), "{output}");
        let parent = done["run"]["id"].as_str().expect("an id");
        let listed = client.get(&format!("/api/runs?parent={parent}")).await.expect(200)["items"].clone();
        let mut indexes: Vec<_> = listed.as_array().expect("items").iter().map(|run| {
            assert_eq!((&run["trigger"], &run["workflow_name"]), (&json!("parent"), &json!("Less")));
            assert_eq!((run["parent"]["run_id"].as_str(), &run["parent"]["workflow_id"]), (Some(parent), &done["run"]["workflow_id"]));
            assert_eq!(run["parent"]["node_id"], done["node_executions"][0]["node_id"]);
            run["parent"]["item_index"].as_i64().expect("an index")
        }).collect();
        indexes.sort_unstable();
        assert_eq!(indexes, [0, 1, 2]);
        let failed = client.get(&format!("/api/runs?parent={parent}&status=failed")).await.expect(200);
        assert_eq!(failed["items"][0]["parent"]["item_index"], 1);
        assert_eq!(grace.get(&format!("/api/runs?parent={parent}")).await.expect(200)["items"], json!([]));
        let node = done["node_executions"][0]["node_id"].as_str().expect("an id");
        let of_node = client.get(&format!("/api/runs?parent={parent}&parent_node={node}")).await.expect(200);
        assert_eq!(of_node["items"], listed);
        let other = uuid::Uuid::now_v7();
        assert_eq!(client.get(&format!("/api/runs?parent={parent}&parent_node={other}")).await.expect(200)["items"], json!([]));
        let top = client.get("/api/runs?parent=none").await.expect(200)["items"].clone();
        assert_eq!((top.as_array().map(Vec::len), top[0]["id"].as_str()), (Some(1), Some(parent)));
        for field in ["parent", "parent_node"] {
            assert_eq!(client.get(&format!("/api/runs?{field}=x")).await.problem(422).1, [field]);
        }
        // A child by itself can be run again; then it is a run like any other.
        let failed = format!("{child}/runs/{}/resume?wait=20", failed["items"][0]["id"].as_str().expect("an id"));
        let resumed = client.post(&failed, json!({})).await.expect(200);
        assert_eq!((&resumed["run"]["parent"], &resumed["run"]["trigger"]), (&json!(null), &json!("api")));
    }

    async fn the_checker_knows_the_workflows_of_the_owner_only(app) {
        let (client, grace) = (app.user("ada").await, app.user("grace").await);
        let foreign = named(&grace, "Foreign", "1").await;
        let own = named(&client, "Own", "input").await;
        let own_id = own.rsplit('/').next().expect("an id");
        for fits in ["Own", own_id] {
            assert_eq!(problems(&client, &each(&client, fits).await).await, json!([]), "{fits}");
        }
        for unknown in ["Foreign", foreign.rsplit('/').next().expect("an id"), "own"] {
            let path = each(&client, unknown).await;
            let found = problems(&client, &path).await;
            assert_eq!((&found[0]["code"], &found[0]["field"]), (&json!("unknown_workflow"), &json!("config.workflow")), "{unknown}");
            assert_eq!(client.post(&format!("{path}/runs"), json!({})).await.problem(422).0, "workflow_has_problems");
        }
        let path = each(&client, "Own").await;
        named(&client, "Own", "input").await;
        assert_eq!(problems(&client, &path).await[0]["code"], "ambiguous_workflow");
        client.delete(&own).await.expect(204);
        assert_eq!(problems(&client, &path).await, json!([]), "the deleted one is not meant any more");
    }
}
