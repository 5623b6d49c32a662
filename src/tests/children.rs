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
