//! The same key makes one run, whatever made it.

use super::{id, picker, run, set_expression};
use crate::support::on_each_database;
use serde_json::json;

on_each_database! {
    async fn a_repeated_request_is_one_run(app) {
        let client = app.user("ada").await;
        let path = picker(&client).await;
        let failed = run(&client, &path, json!({ "a": 1, "b": 2 })).await;
        let address = format!("{path}/runs/{}", id(&failed));
        let (resume, fork) = (format!("{address}/resume"), format!("{address}/fork"));
        let keyed = client.with("idempotency-key", "again-1");
        let replies = futures::future::join_all((0..8).map(|_| keyed.post(&resume, json!({})))).await;
        let mut ids: Vec<_> = replies.iter().map(|r| r.expect(202)["run_id"].to_string()).collect();
        ids.dedup();
        assert_eq!(ids.len(), 1, "{ids:?}");
        assert_eq!(keyed.post(&fork, json!({})).await.problem(422).0, "idempotency_key_reused");
        let start = keyed.post(&format!("{path}/runs"), json!({ "input_data": { "a": 1, "b": 2 } })).await;
        assert_eq!(start.problem(422).0, "idempotency_key_reused");
        assert_eq!(client.get(&format!("{path}/runs")).await.expect(200)["items"].as_array().map(Vec::len), Some(2));
    }

    async fn another_body_under_the_same_key_is_refused(app) {
        let client = app.user("ada").await;
        let path = picker(&client).await;
        let failed = run(&client, &path, json!({})).await;
        let fork = format!("{path}/runs/{}/fork", id(&failed));
        let keyed = client.with("idempotency-key", "again-2");
        let first = keyed.post(&fork, json!({ "outputs": { "Pick": { "a": 1, "b": 2 } }, "version": "current" })).await.expect(202);
        let same = json!({ "version": "current", "outputs": { "Pick": { "b": 2, "a": 1 } } });
        assert_eq!(keyed.post(&fork, same.clone()).await.expect(202)["run_id"], first["run_id"]);
        // The reply to a repeated request does not depend on what the draft looks like by now.
        set_expression(&client, &path, "Last", "nonsense +").await;
        assert_eq!(keyed.post(&fork, same).await.expect(202)["run_id"], first["run_id"]);
        for other in [
            json!({}),
            json!({ "outputs": { "Pick": { "a": 1, "b": 3 } }, "version": "current" }),
            json!({ "outputs": { "Pick": { "a": 1, "b": 2 } } }),
            json!({ "outputs": { "Pick": { "a": 1, "b": 2 } }, "version": "current", "input_data": null }),
        ] {
            assert_eq!(keyed.post(&fork, other.clone()).await.problem(422).0, "idempotency_key_reused", "{other}");
        }
    }

    async fn keys_are_looked_at_before_anything_is_done(app) {
        let client = app.user("ada").await;
        let path = picker(&client).await;
        let failed = run(&client, &path, json!({})).await;
        client.with("idempotency-key", "again-3").post(&format!("{path}/runs"), json!({})).await.expect(202);
        let resume = format!("{path}/runs/{}/resume", id(&failed));
        assert_eq!(client.with("idempotency-key", "again-3").post(&resume, json!({})).await.problem(422).0, "idempotency_key_reused");
        for bad in ["", " ", &"k".repeat(256)] {
            let reply = client.with("idempotency-key", bad).post(&resume, json!({})).await;
            assert_eq!(reply.problem(422).1, ["Idempotency-Key"], "{bad:?}");
        }
    }
}
