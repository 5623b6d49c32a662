//! Which steps use what one has: told to their owner, and to nobody else.

use crate::support::{Client, on_each_database};
use reqwest::Method;
use serde_json::json;

/// The steps that name something of a kind, as `target: step`.
async fn uses(client: &Client, kind: &str) -> Vec<String> {
    let reply = client.raw(Method::POST, "/fn/uses/list", format!("kind={kind}")).await.expect(200);
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    let list = reply.as_array().expect("a list").clone();
    list.iter().map(|u| format!("{}: {}", text(&u["target"]), text(&u["node_name"]))).collect()
}

on_each_database! {
    async fn steps_that_name_something_are_told_to_their_owner(app) {
        let (ada, grace) = (app.user("ada").await, app.user("grace").await);
        let path = ada.workflow(&[
            ("ask", "http_request", json!({"url": "https://example.org", "credential": "api"})),
            ("elsewhere", "db_write", json!({"table": "orders", "data": {}, "credential": "shop"})),
            ("keep", "db_write", json!({"table": "orders", "data": {}})),
            ("look", "faiss_search", json!({"collection_name": "notes", "query": "x"})),
            ("work", "agent", json!({"prompt_template": "x", "tools": [
                {"type": "db_query", "table": "prices"},
                {"type": "db_query", "table": "theirs", "credential": "shop", "name": "theirs"},
            ]})),
            ("plain", "http_request", json!({"url": "https://example.org"})),
        ], &[]).await;
        assert_eq!(uses(&ada, "credential").await, ["api: ask", "shop: elsewhere", "shop: work"]);
        assert_eq!(uses(&ada, "table").await, ["orders: keep", "prices: work"], "a table of another database is none of ours");
        assert_eq!(uses(&ada, "collection").await, ["notes: look"]);
        assert!(uses(&ada, "anything").await.is_empty());
        assert!(uses(&grace, "credential").await.is_empty());
        app.anonymous().raw(Method::POST, "/fn/uses/list", "kind=credential").await.expect(401);
        ada.delete(&path).await.expect(204);
        assert!(uses(&ada, "credential").await.is_empty(), "a workflow that is gone uses nothing");
    }
}
