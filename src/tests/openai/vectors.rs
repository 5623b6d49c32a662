//! Embedding models elsewhere: this very program, asked over `/v1`, and a service whose models change.

use super::{MODEL, app, apps, program};
use crate::support::{Client, Database, TestApp};
use axum::{Json, Router, extract::State, routing::post};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

/// Adds the embedding model of this program as one elsewhere.
async fn add(app: &TestApp, client: &Client, name: &str) -> Value {
    let key = program(client, &["run"]).await.token.expect("a key");
    let credential = json!({ "name": format!("Key of {name}"), "kind": "openai", "value": key, "allowed_hosts": ["127.0.0.1"] });
    let credential = client.post("/api/credentials", credential).await.expect(201);
    let base_url = format!("http://{}/v1/embeddings", app.address);
    let body = json!({ "name": name, "kind": "embedding", "base_url": base_url, "model": "all-minilm-l6-v2", "credential_id": credential["id"] });
    client.post("/api/models", body).await.expect(201)
}

fn found(reply: &Value) -> Vec<(String, f64)> {
    let hits = reply["results"].as_array().expect("results").iter();
    hits.map(|hit| {
        (hit["content"].as_str().expect("text").to_owned(), hit["score"].as_f64().expect("a score"))
    })
    .collect()
}

const TEXTS: [&str; 3] =
    ["Cats purr when they are content.", "Rust compiles to machine code.", "The Seine flows through Paris."];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collection_has_its_vectors_from_elsewhere() {
    for app in apps().await {
        let ada = app.user("ada").await;
        let made = add(&app, &ada, "far").await;
        assert_eq!((&made["kind"], &made["dimension"]), (&json!("embedding"), &json!(384)));
        assert_eq!(made["endpoint"]["base_url"], format!("http://{}/v1", app.address));
        let tested = ada.post("/api/models/far/test", json!({})).await.expect(200);
        assert_eq!(tested["text"], "a vector of 384 numbers");
        for (name, model) in [("Near", "all-minilm-l6-v2"), ("Far", "far")] {
            let body = json!({ "name": name, "embedding_model": model });
            let collection = ada.post("/api/vectors/collections", body).await.expect(201);
            assert_eq!(
                (&collection["embedding_model"], &collection["dimension"]),
                (&json!(model), &json!(384))
            );
            assert_eq!(collection["embeds_text"], true);
            let path = format!("/api/vectors/collections/{name}/documents");
            ada.post(&path, json!({ "texts": TEXTS })).await.expect(201);
        }
        let question = json!({ "query": "Which river is in France?", "top_k": 3 });
        let near =
            found(&ada.post("/api/vectors/collections/Near/search", question.clone()).await.expect(200));
        let far = found(&ada.post("/api/vectors/collections/Far/search", question).await.expect(200));
        assert_eq!(near[0].0, TEXTS[2]);
        for (near, far) in near.iter().zip(&far) {
            assert!(near.0 == far.0 && (near.1 - far.1).abs() < 1e-4, "{near:?} {far:?}");
        }
        // Steps use it as any other.
        let steps = [
            ("Add", "vector_add", json!({ "collection_name": "Far", "texts": ["A llama lives in Peru."] })),
            (
                "Find",
                "faiss_search",
                json!({ "collection_name": "Far", "query": "South American animals", "top_k": 1 }),
            ),
        ];
        let path = ada.workflow(&steps, &[("Add", None, "Find")]).await;
        let done = ada.post(&format!("{path}/runs?wait=60"), json!({ "input_data": null })).await.expect(200);
        assert_eq!(done["run"]["output_data"]["Find"][0]["content"], "A llama lives in Peru.", "{done}");
        // And programs ask it over `/v1`.
        let caller = program(&ada, &["run"]).await;
        let ask = |model: &str| json!({ "model": model, "input": ["one", "two words"] });
        let near = caller.post("/v1/embeddings", ask("all-minilm-l6-v2")).await.expect(200);
        let far = caller.post("/v1/embeddings", ask("far")).await.expect(200);
        assert_eq!((&far["data"], &far["usage"]), (&near["data"], &near["usage"]));
        assert_eq!(far["model"], "far");
        let body = json!({ "model": "far", "messages": [{ "role": "user", "content": "x" }] });
        caller.post("/v1/chat/completions", body).await.expect(404);
        let chat = json!({ "prompt_template": "x", "model": "far" });
        let path = ada.workflow(&[("Ask", "llm_call", chat)], &[]).await;
        assert_eq!(
            ada.post(&format!("{path}/runs"), json!({})).await.problem(422).0,
            "workflow_has_problems"
        );
        // Somebody else has no such model.
        let grace = app.user("grace").await;
        let refused =
            grace.post("/api/vectors/collections", json!({ "name": "Far", "embedding_model": "far" })).await;
        assert_eq!(refused.problem(422).1, ["embedding_model"]);
        program(&grace, &["run"]).await.post("/v1/embeddings", ask("far")).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_is_refused_when_it_is_said() {
    let app = app(Database::Sqlite).await;
    let ada = app.user("ada").await;
    add(&app, &ada, "far").await;
    let collection = |change: Value| {
        let mut body = json!({ "name": "Far" });
        body.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        ada.post("/api/vectors/collections", body)
    };
    let wide = collection(json!({ "embedding_model": "far", "dimension": 5 })).await;
    assert_eq!(wide.problem(422).1, ["dimension"]);
    for nobody in ["nowhere", MODEL] {
        let refused = collection(json!({ "embedding_model": nobody })).await;
        assert_eq!(refused.problem(422).1, ["embedding_model"]);
    }
    // A chat model there makes no vectors.
    let listed = ada.get("/api/models").await.expect(200);
    let far =
        listed["items"].as_array().expect("models").iter().find(|m| m["name"] == "far").expect("far").clone();
    let credentials = ada.get("/api/credentials").await.expect(200);
    let body = json!({
        "name": "other", "kind": "embedding", "base_url": far["endpoint"]["base_url"], "model": MODEL,
        "credential_id": credentials["items"][0]["id"],
    });
    assert_eq!(ada.post("/api/models", body.clone()).await.problem(422).0, "remote_refused");
    let mut body = body;
    body["name"] = json!("far");
    assert_eq!(ada.post("/api/models", body).await.problem(409).0, "taken");
}

/// A service with the models `three` and `five`, whose vectors may become longer.
async fn changing() -> (String, Arc<AtomicU32>) {
    async fn answer(State(more): State<Arc<AtomicU32>>, Json(body): Json<Value>) -> Json<Value> {
        let numbers = if body["model"] == "three" { 3 } else { 5 } + more.load(Ordering::SeqCst);
        let texts = body["input"].as_array().expect("texts").len();
        let vector: Vec<u32> = (1..=numbers).collect();
        let data: Vec<Value> =
            (0..texts).map(|index| json!({ "index": index, "embedding": vector })).collect();
        Json(json!({ "data": data }))
    }
    let more = Arc::new(AtomicU32::new(0));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base_url = format!("http://{}/v1", listener.local_addr().expect("an address"));
    let router = Router::new().route("/v1/embeddings", post(answer)).with_state(more.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
    (base_url, more)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_changes_is_not_mixed_with_what_it_was() {
    let app = app(Database::Sqlite).await;
    let ada = app.user("ada").await;
    let (base_url, more) = changing().await;
    let model =
        |model: &str| json!({ "name": "far", "kind": "embedding", "base_url": base_url, "model": model });
    assert_eq!(ada.post("/api/models", model("three")).await.expect(201)["dimension"], 3);
    ada.post("/api/vectors/collections", json!({ "name": "Kept", "embedding_model": "far" }))
        .await
        .expect(201);
    let documents = "/api/vectors/collections/Kept/documents";
    let add = || ada.post(documents, json!({ "texts": ["one more"] }));
    add().await.expect(201);
    // The service gives longer vectors under the same name.
    more.store(1, Ordering::SeqCst);
    assert_eq!(add().await.problem(422).0, "embedding_dimension_changed");
    let search = || ada.post("/api/vectors/collections/Kept/search", json!({ "query": "more" }));
    assert_eq!(search().await.problem(422).0, "embedding_dimension_changed");
    // Added anew, it is known to be longer.
    ada.delete("/api/models/far").await.expect(204);
    assert_eq!(add().await.problem(422).0, "unknown_embedding_model");
    assert_eq!(ada.post("/api/models", model("three")).await.expect(201)["dimension"], 4);
    assert_eq!(add().await.problem(422).0, "embedding_dimension_changed");
    // Another model of the same length would not be noticed by its length.
    more.store(0, Ordering::SeqCst);
    ada.delete("/api/models/far").await.expect(204);
    ada.post("/api/models", model("five")).await.expect(201);
    assert_eq!(add().await.problem(422).0, "embedding_model_changed");
    // The words are still found.
    let words = json!({ "query": "more", "mode": "lexical" });
    let found = ada.post("/api/vectors/collections/Kept/search", words).await.expect(200);
    assert_eq!(found["results"].as_array().map(Vec::len), Some(1), "{found}");
    // What it was is welcome.
    ada.delete("/api/models/far").await.expect(204);
    ada.post("/api/models", model("three")).await.expect(201);
    add().await.expect(201);
    assert_eq!(search().await.expect(200)["results"].as_array().map(Vec::len), Some(2));
}
