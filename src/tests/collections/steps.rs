//! The steps that use collections.

use super::{COLLECTIONS, found, with_model};
use crate::support::{Client, on_each_database};
use serde_json::{Value, json};

async fn run(client: &Client, path: &str, input: Value) -> Value {
    client.post(&format!("{path}/runs?wait=30"), json!({ "input_data": input })).await.expect(200)
}

on_each_database! {
    async fn a_step_adds_and_another_finds(app) {
        let client = app.user("ada").await;
        let path = client.workflow(&[
            ("Add", "vector_add", json!({ "collection_name": "notes", "documents": "{{ input }}" })),
            ("Find", "faiss_search", json!({ "collection_name": "notes", "vector": [1, 0.2], "top_k": 2, "filter": {"n": {"gt": 0}} })),
        ], &[("Add", None, "Find")]).await;
        let documents = json!([
            { "content": "east", "vector": [1, 0], "metadata": {"n": 1} },
            { "content": "north", "vector": [0, 1], "metadata": {"n": 2} },
            { "content": "hidden", "vector": [1, 0], "metadata": {"n": 0} },
            { "content": "east", "vector": [1, 0], "metadata": {"n": 1} },
        ]);
        let done = run(&client, &path, documents.clone()).await;
        assert_eq!(done["run"]["status"], "completed", "{done}");
        let hits = &done["run"]["output_data"]["Find"];
        assert_eq!((&hits[0]["content"], &hits[1]["content"], &hits[2]), (&json!("east"), &json!("north"), &Value::Null), "{done}");
        let keys: Vec<_> = hits[0].as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["id", "content", "metadata", "score"]);
        let added = |done: &Value| done["node_executions"].as_array().expect("steps").iter().find(|s| s["node_name"] == "Add").expect("a step")["output_data"].clone();
        let first = added(&done);
        assert_eq!((&first["added"], &first["skipped"]), (&json!(3), &json!(1)));
        assert_eq!(first["ids"][0], first["ids"][3]);
        // Again: nothing is added twice, and the ids are the same.
        let again = added(&run(&client, &path, documents).await);
        assert_eq!((&again["added"], &again["ids"]), (&json!(0), &first["ids"]));
        let seen = client.get(&format!("{COLLECTIONS}/notes")).await.expect(200);
        assert_eq!((&seen["document_count"], &seen["dimension"]), (&json!(3), &json!(2)));
    }

    async fn a_step_that_cannot_says_why(app) {
        let client = app.user("ada").await;
        client.post(COLLECTIONS, json!({ "name": "docs", "dimension": 2 })).await.expect(201);
        for (node_type, config, code, part) in [
            ("faiss_search", json!({ "collection_name": "dosc", "vector": [1, 0] }), "unknown_collection", "\"dosc\""),
            ("faiss_search", json!({ "collection_name": "docs", "vector": "{{ input }}" }), "invalid_input", "vector"),
            ("faiss_search", json!({ "collection_name": "docs", "query": "x" }), "invalid_input", "vector"),
            ("faiss_search", json!({ "collection_name": "docs", "vector": [1, 0], "filter": {"n": {"like": 1}} }), "invalid_input", "filter.n.like"),
            ("faiss_search", json!({ "collection_name": "docs", "query": "{{ '' }}", "mode": "lexical" }), "invalid_input", "query"),
            ("vector_add", json!({ "collection_name": "docs", "documents": [{"content": "a", "vector": [1, 2, 3]}] }), "invalid_input", "vectors.0"),
            ("vector_add", json!({ "collection_name": "a/b", "documents": [{"content": "a", "vector": [1, 2]}] }), "invalid_input", "collection_name"),
            ("vector_add", json!({ "collection_name": "texts", "texts": "a" }), "model_not_installed", "millrace models pull"),
        ] {
            let path = client.workflow(&[("Step", node_type, config.clone())], &[]).await;
            let done = run(&client, &path, json!([1, 2, 3])).await;
            assert_eq!((&done["run"]["status"], &done["run"]["error_code"]), (&json!("failed"), &json!(code)), "{config}: {done}");
            let message = done["run"]["error_message"].as_str().expect("a message");
            assert!(message.starts_with("Step: ") && message.contains(part), "{config}: {message}");
        }
        assert_eq!(client.get(&format!("{COLLECTIONS}/docs")).await.expect(200)["document_count"], 0);
    }

    async fn the_checker_knows_the_collections_of_the_owner_only(app) {
        let (client, grace) = (app.user("ada").await, app.user("grace").await);
        client.post(COLLECTIONS, json!({ "name": "docs" })).await.expect(201);
        for (who, expected) in [(&client, json!([])), (&grace, json!(["unknown_collection"]))] {
            let path = who.workflow(&[("Find", "faiss_search", json!({ "collection_name": "docs", "query": "x" }))], &[]).await;
            let problems = who.post(&format!("{path}/validate"), json!({})).await.expect(200)["problems"].clone();
            let codes: Vec<_> = problems.as_array().expect("problems").iter().map(|p| p["code"].clone()).collect();
            assert_eq!(Value::Array(codes), expected, "{problems}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn long_texts_are_split_where_asked() {
    let app = with_model().await;
    let client = app.user("ada").await;
    let sentence =
        |i: usize| format!("Paragraph {i} tells how machine number {i} is cleaned and oiled every week.");
    let text: Vec<String> = (0..60).map(sentence).collect();
    let config =
        json!({ "collection_name": "manual", "texts": "{{ input }}", "chunk": {"size": 40, "overlap": 0} });
    let path = client.workflow(&[("Add", "vector_add", config)], &[]).await;
    let done = run(&client, &path, json!(text.join("\n\n"))).await;
    let added = done["run"]["output_data"]["Add"]["added"].as_u64().expect("a number");
    assert!(added >= 15, "{done}");
    let hits = found(
        &client,
        &format!("{COLLECTIONS}/manual"),
        json!({ "query": "machine number 47", "mode": "hybrid", "top_k": 3 }),
    )
    .await;
    assert!(hits[0].contains("47") && hits[0].len() < 400, "{hits:?}");
}
