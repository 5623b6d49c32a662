//! A server that is killed in the middle of an upload: what it had stored is there whole, and sending the file again adds
//! the rest.

use super::{collection, documents, file, form, models_folder};
use crate::support::{Client, Database, process::Process};
use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::{
    ffi::OsString,
    path::Path,
    time::{Duration, Instant},
};

/// Parts that are stored together.
const BATCH: usize = 32;
/// At least as many parts has the file.
const SENTENCES: usize = 600;
const HOW: &str = "chunk_size=40&chunk_overlap=0";

fn start(folder: &Path, url: Option<&String>) -> Process {
    let mut variables = vec![("MILLRACE_MODELS_DIR", models_folder().into_os_string())];
    variables.extend(url.map(|url| ("DATABASE_URL", OsString::from(url))));
    Process::start(folder, &variables)
}

async fn killed_in_the_middle(database: Database) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = database.url().await;
    let server = start(folder.path(), url.as_ref());
    let mut client = Client::new(server.address);
    let body = json!({ "username": "ada", "email": "ada@example.org", "password": "correct horse" });
    let made = client.post("/api/auth/register", body).await.expect(201);
    client.token = made["access_token"].as_str().map(str::to_owned);
    let path = collection(&client, "story").await;
    let text: String = (0..SENTENCES)
        .map(|n| format!("# {n}\n\nSentence {n} of a long story about {}.\n\n", "water ".repeat(25)))
        .collect();
    let sent = [("story.md", text.into_bytes())];
    let request = client.request(Method::POST, &format!("{path}/upload?{HOW}")).multipart(form(&sent));
    let started = client.send(request).await.expect(202);
    let watched = format!("{path}/uploads/{}", started["id"].as_str().expect("an id"));
    let began = Instant::now();
    loop {
        let view = client.get(&watched).await.expect(200);
        assert!(view["state"] == "running" && began.elapsed() < Duration::from_secs(120), "{view}");
        if view["files"][0]["added"].as_u64() > Some(0) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.signal(Signal::KILL);
    drop(server);

    let server = start(folder.path(), url.as_ref());
    client.address = server.address;
    client.get(&watched).await.problem(404);
    let stored = documents(&client, &path).await.len();
    assert!(stored > 0 && stored < SENTENCES && stored.is_multiple_of(BATCH), "whole batches: {stored}");
    assert_eq!(client.get(&path).await.expect(200)["document_count"], stored);
    let words = json!({ "query": "Sentence 0 of a long story", "mode": "lexical", "top_k": 1 });
    let found: Value = client.post(&format!("{path}/search"), words).await.expect(200);
    assert!(found["results"][0]["content"].as_str().is_some_and(|c| c.contains("Sentence 0 ")), "{found}");

    // The same file again: what is there is skipped, and nothing is there twice.
    let request =
        client.request(Method::POST, &format!("{path}/upload?wait=300&{HOW}")).multipart(form(&sent));
    let view = client.send(request).await.expect(200);
    let again = file(&view, "story.md");
    assert_eq!((&again["state"], &again["skipped"]), (&json!("done"), &json!(stored)), "{again}");
    let total = again["parts_total"].as_u64().expect("a number");
    assert_eq!(again["added"], total - stored as u64, "{again}");
    assert_eq!(documents(&client, &path).await.len() as u64, total);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite() {
    killed_in_the_middle(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres() {
    if let Some(database) = Database::postgres() {
        killed_in_the_middle(database).await;
    }
}
