//! The templates that need more than a model, run for real: the sample documents through the upload, the small chat model
//! and the embedding model, a web service of our own.

use crate::{
    support::{Client, Database, TestApp},
    uploads::with_models,
};
use millrace::server::{clock::Clock, services::workflows};
use serde_json::{Value, json};

/// The user's own copy of a template; gives its path.
async fn copy(app: &TestApp, client: &Client, slug: &str) -> String {
    let me = client.get("/api/auth/me").await.expect(200);
    let owner: uuid::Uuid = me["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let made = workflows::create_from_template(&app.state, owner.into(), slug).await.expect("a template");
    format!("/api/workflows/{}", made.id)
}

async fn run(client: &Client, path: &str, input: Value) -> Value {
    let body = json!({ "input_data": input });
    client.post(&format!("{path}/runs?wait=300"), body).await.expect(200)
}

async fn ask_my_documents(database: Database) {
    let app = TestApp::start_with(database, Clock::system(), with_models).await;
    let client = app.user("ada").await;
    let path = copy(&app, &client, "ask-my-documents").await;
    let collection = "/api/vectors/collections/Sample%20documents";
    let uploads = client.get(&format!("{collection}/uploads")).await.expect(200);
    let id = uploads["items"][0]["id"].as_str().expect("the samples are on their way").to_owned();
    let view = client.get(&format!("{collection}/uploads/{id}?wait=120")).await.expect(200);
    assert!(view["files"].as_array().expect("files").iter().all(|file| file["state"] == "done"), "{view}");

    let question = "How many days of holiday do full-time employees have?";
    let detail = run(&client, &path, json!({ "question": question })).await;
    assert_eq!(detail["run"]["status"], "completed", "{}", detail["run"]);
    let output = &detail["run"]["output_data"]["answer"];
    assert!(output["answer"].as_str().is_some_and(|answer| answer.contains("28")), "{output}");
    assert_eq!(output["sources"][0], "handbook.md", "{output}");
    assert_eq!(output["passages"].as_array().map(Vec::len), Some(3), "{output}");

    // A second copy finds the collection and leaves it alone.
    let before = client.get(collection).await.expect(200)["document_count"].clone();
    copy(&app, &client, "ask-my-documents").await;
    let uploads = client.get(&format!("{collection}/uploads")).await.expect(200);
    assert_eq!(uploads["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(client.get(collection).await.expect(200)["document_count"], before);

    // An empty collection is told, not talked around.
    for document in client.get(&format!("{collection}/documents?limit=200")).await.expect(200)["items"]
        .as_array()
        .expect("documents")
    {
        let id = document["id"].as_str().expect("an id");
        assert!(client.delete(&format!("{collection}/documents/{id}")).await.status < 300);
    }
    let detail = run(&client, &path, json!({ "question": question })).await;
    let output = &detail["run"]["output_data"]["nothing"];
    assert!(output["answer"].as_str().is_some_and(|answer| answer.contains("nothing")), "{}", detail["run"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ask_my_documents_on_sqlite() {
    ask_my_documents(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ask_my_documents_on_postgres() {
    if let Some(database) = Database::postgres() {
        ask_my_documents(database).await;
    }
}
