//! Steps that ask a model: documents of a schema, prompts that are too long, models that are gone. The model is a tiny one
//! with weights of no meaning: what it writes makes no sense, and follows its schema all the same.

use crate::support::{Client, Database, TestApp};
use millrace::server::{clock::Clock, llm::RemoteBook as _, services::models::remote::StoredBook};
use millrace::workflow::ids::UserId;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// An application with the tiny model alone, and the folder of its models.
async fn with_tiny(rest_seconds: u64, memory: Option<u64>) -> (TestApp, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    install(folder.path());
    let models = folder.path().to_owned();
    let app = TestApp::start_with(Database::Sqlite, Clock::system(), |config| {
        config.models.models_dir = Some(models);
        config.models.model_rest_seconds = rest_seconds;
        config.models.model_memory_bytes = memory;
    })
    .await;
    (app, folder)
}

fn tiny_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/fixtures/llm/tiny_qwen3_gguf/model.gguf")
}

fn install(models: &Path) {
    std::fs::create_dir_all(models.join("tiny")).expect("a folder");
    std::fs::copy(tiny_file(), models.join("tiny/model.gguf")).expect("a copy");
}

/// A workflow that asks the model, and a second step that takes a look at the answer.
async fn asking(client: &Client, config: Value, look: &str) -> String {
    let steps = [("Ask", "llm_call", config), ("Look", "transform", json!({ "expression": look }))];
    client.workflow(&steps, &[("Ask", None, "Look")]).await
}

async fn run(client: &Client, path: &str) -> Value {
    client.post(&format!("{path}/runs?wait=60"), json!({ "input_data": "x" })).await.expect(200)
}

fn step<'r>(done: &'r Value, name: &str) -> &'r Value {
    let steps = done["node_executions"].as_array().expect("steps");
    steps.iter().find(|step| step["node_name"] == name).expect("the step")
}

async fn tiny(client: &Client) -> Value {
    let models = client.get("/api/models").await.expect(200);
    let items = models["items"].as_array().expect("models").clone();
    items.into_iter().find(|model| model["name"] == "tiny").unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_output_of_a_step_is_the_document_of_its_schema() {
    let (app, _folder) = with_tiny(0, None).await;
    let client = app.user("ada").await;
    let before = tiny(&client).await;
    assert_eq!((&before["state"], &before["memory_bytes"]), (&json!("installed"), &json!(null)));
    let schema = json!({
        "type": "object",
        "properties": {
            "stars": { "type": "integer", "minimum": 1, "maximum": 5 },
            "wörter": { "type": "array", "items": { "type": "string" }, "minItems": 2, "maxItems": 3 },
            "kind": { "enum": ["gut", "schlecht", "weiß nicht"] },
        },
        "required": ["stars", "wörter", "kind"],
    });
    let config =
        json!({ "prompt_template": "{input}", "max_tokens": 60, "seed": 3, "output_schema": schema });
    let path = asking(&client, config, "[input.stars + 0, input[\"wörter\"] | length, input.kind]").await;
    let done = run(&client, &path).await;
    assert_eq!(done["run"]["status"], "completed", "{done}");
    let looked = done["run"]["output_data"]["Look"].as_array().expect("a list").clone();
    assert!((1..=5).contains(&looked[0].as_i64().expect("a number")), "{looked:?}");
    assert!((2..=3).contains(&looked[1].as_i64().expect("a number")), "{looked:?}");
    let usage = &step(&done, "Ask")["usage"];
    assert!(usage["completion_tokens"].as_u64().expect("tokens") <= 60, "{usage}");
    assert_eq!(usage["model"], "tiny");
    let after = tiny(&client).await;
    assert_eq!((&after["state"], &after["loaded"]), (&json!("ready"), &json!(true)));
    assert!(after["memory_bytes"].as_u64().is_some_and(|bytes| bytes > 400_000), "{after}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_that_no_document_keeps_fails_the_step_with_the_number_it_takes() {
    let (app, _folder) = with_tiny(0, None).await;
    let client = app.user("ada").await;
    let schema = json!({ "type": "object", "properties": { "text": { "type": "string", "minLength": 30 } }, "required": ["text"] });
    let config = json!({ "prompt_template": "{input}", "max_tokens": 20, "output_schema": schema });
    let path = asking(&client, config, "input").await;
    let done = run(&client, &path).await;
    assert_eq!((&done["run"]["status"], &done["run"]["output_data"]), (&json!("failed"), &json!(null)));
    let failed = step(&done, "Ask");
    assert_eq!(failed["error_code"], "max_tokens_too_small", "{failed}");
    assert!(failed["error_message"].as_str().is_some_and(|m| m.contains("max_tokens allows 20")), "{failed}");
    // The queue goes on.
    let fine =
        json!({ "prompt_template": "{input}", "max_tokens": 20, "output_schema": { "type": "boolean" } });
    let path = asking(&client, fine, "input == true or input == false").await;
    assert_eq!(run(&client, &path).await["run"]["output_data"], json!({ "Look": true }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schemas_that_cannot_be_followed_are_named_before_the_run() {
    let (app, _folder) = with_tiny(0, None).await;
    let client = app.user("ada").await;
    for (schema, field, code) in [
        (
            json!({ "properties": { "n": { "type": "integer", "minimum": 2, "maximum": 1 } } }),
            "properties.n.minimum",
            "contradictory_schema",
        ),
        (json!({ "items": { "$ref": "https://example.org/s.json" } }), "items.$ref", "remote_reference"),
        (json!({ "type": "array", "contains": {} }), "contains", "unsupported_keyword"),
    ] {
        let path =
            asking(&client, json!({ "prompt_template": "{input}", "output_schema": schema }), "input").await;
        let found = client.post(&format!("{path}/validate"), json!({})).await.expect(200);
        let problem =
            found["problems"].as_array().expect("problems").iter().find(|p| p["severity"] == "error");
        let problem = problem.unwrap_or_else(|| panic!("{found}"));
        assert_eq!((&problem["code"], &problem["node"]), (&json!(code), &json!("Ask")));
        assert_eq!(problem["field"], json!(format!("config.output_schema.{field}")));
        client.post(&format!("{path}/runs"), json!({ "input_data": 1 })).await.expect(422);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prompt_that_is_too_long_fails_or_is_cut() {
    let (app, _folder) = with_tiny(0, None).await;
    let client = app.user("ada").await;
    let long = "word ".repeat(300);
    let ask = |truncate: &str| json!({ "prompt_template": long, "max_tokens": 4, "truncate": truncate });
    let done = run(&client, &asking(&client, ask("no"), "input").await).await;
    let failed = step(&done, "Ask");
    assert_eq!(failed["error_code"], "prompt_too_long", "{failed}");
    assert!(failed["error_message"].as_str().is_some_and(|m| m.contains("at most 511")), "{failed}");
    for side in ["start", "middle"] {
        let done = run(&client, &asking(&client, ask(side), "input | length").await).await;
        assert_eq!(done["run"]["status"], "completed", "{done}");
        let asked = step(&done, "Ask");
        assert!(asked["usage"]["truncated_tokens"].as_u64().is_some_and(|cut| cut > 900), "{asked}");
        assert!(asked["logs"].to_string().contains("were left out"), "{asked}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_is_deleted_answers_while_it_is_loaded_and_is_missed_after_its_rest() {
    let (app, folder) = with_tiny(1, None).await;
    let client = app.user("ada").await;
    let config = json!({ "prompt_template": "{input}", "max_tokens": 3 });
    let path = asking(&client, config, "1").await;
    assert_eq!(run(&client, &path).await["run"]["status"], "completed");
    std::fs::remove_dir_all(folder.path().join("tiny")).expect("removed");
    let model = json!({ "prompt_template": "{input}", "max_tokens": 3, "model": "tiny" });
    // The checker knows that the files are gone; a run that has begun does not ask it again.
    let named = asking(&client, model, "1").await;
    let refused = client.post(&format!("{named}/runs"), json!({ "input_data": 1 })).await;
    assert!(refused.expect(422).to_string().contains("model_not_installed"));
    for _ in 0..600 {
        if tiny(&client).await["loaded"] != json!(true) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_ne!(tiny(&client).await["loaded"], json!(true), "it rests after a second");
    install(folder.path());
    assert_eq!(tiny(&client).await["state"], "installed");
    assert_eq!(run(&client, &named).await["run"]["status"], "completed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_needs_too_much_memory_or_is_damaged_fails_the_step_and_nothing_else() {
    let (app, folder) = with_tiny(0, Some(300_000)).await;
    let client = app.user("ada").await;
    let path = asking(&client, json!({ "prompt_template": "{input}" }), "input").await;
    let done = run(&client, &path).await;
    assert_eq!(step(&done, "Ask")["error_code"], "model_too_large", "{done}");
    assert_eq!(tiny(&client).await["state"], "installed");

    let whole = std::fs::read(tiny_file()).expect("the model");
    std::fs::write(folder.path().join("tiny/model.gguf"), &whole[..whole.len() / 2]).expect("written");
    let done = run(&client, &path).await;
    assert_eq!(step(&done, "Ask")["error_code"], "model_file_damaged", "{done}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_cannot_be_looked_up_is_no_model_that_refuses() {
    let app = TestApp::start(Database::Sqlite).await;
    let (book, owner) = (StoredBook(app.state.store.clone()), UserId(uuid::Uuid::nil()));
    assert_eq!(book.find(owner, "far").await.expect("it looks"), None);
    app.state.store.close().await.expect("it closes");
    let error = book.find(owner, "far").await.expect_err("there is no database any more");
    assert!(error.retryable && error.is_database_away(), "{error:?}");
}
