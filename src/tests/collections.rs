//! Collections of documents: the routes, searching, what survives, and the steps that use them.

mod index;
mod refused;
mod routes;
mod steps;

use crate::support::{Client, Database, TestApp};
use millrace::server::clock::Clock;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const COLLECTIONS: &str = "/api/vectors/collections";

/// A collection of three numbers a document, without a model.
async fn small(client: &Client, name: &str) -> String {
    client.post(COLLECTIONS, json!({ "name": name, "dimension": 3 })).await.expect(201);
    format!("{COLLECTIONS}/{name}")
}

/// The contents that a search finds, best first.
async fn found(client: &Client, path: &str, body: Value) -> Vec<String> {
    let reply = client.post(&format!("{path}/search"), body).await.expect(200);
    let results = reply["results"].as_array().expect("results").clone();
    results.iter().map(|hit| hit["content"].as_str().expect("a text").to_owned()).collect()
}

/// An application with the real embedding model.
async fn with_model() -> TestApp {
    let models = std::env::var_os("MILLRACE_MODELS_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("data/models"), PathBuf::from);
    assert!(
        models.join("all-minilm-l6-v2/model.safetensors").is_file(),
        "this test needs the model all-minilm-l6-v2; `make test` fetches it"
    );
    TestApp::start_with(Database::Sqlite, Clock::system(), |config| {
        config.models.models_dir = Some(models);
    })
    .await
}
