//! Files into collections: what is read, what is refused, progress, cancelling, sending again. The embedding model is the
//! real one.

mod command_line;
mod crashes;
mod hostile;

use crate::support::{Client, Database, TestApp, on_each_database};
use millrace::server::{clock::Clock, config::Config};
use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Where the models are; fails where they are not.
pub fn models_folder() -> PathBuf {
    let folder = std::env::var_os("MILLRACE_MODELS_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("data/models"), PathBuf::from);
    assert!(
        folder.join("all-minilm-l6-v2").is_dir(),
        "This test needs the model all-minilm-l6-v2 in {}: run `make test`, which fetches it, or name another folder in \
         MILLRACE_MODELS_DIR.",
        folder.display()
    );
    folder
}

/// The same for an application.
pub fn with_models(config: &mut Config) {
    config.models.models_dir = Some(models_folder());
}

/// An application with the models, on both databases.
macro_rules! with_models_on_each_database {
    ($(async fn $name:ident($app:ident) $body:block)+) => {
        $(mod $name {
            #[allow(unused_imports, reason = "not every body uses all of its file's imports")]
            use super::*;

            async fn body($app: TestApp) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                body(TestApp::start_with(Database::Sqlite, Clock::system(), with_models).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(database) = Database::postgres() {
                    body(TestApp::start_with(database, Clock::system(), with_models).await).await;
                }
            }
        })+
    };
}

/// A committed sample document.
pub fn sample(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/samples").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A new collection of that name; gives its path.
pub async fn collection(client: &Client, name: &str) -> String {
    client.post("/api/vectors/collections", json!({ "name": name })).await.expect(201);
    format!("/api/vectors/collections/{name}")
}

/// The files as one form.
pub fn form(files: &[(&str, Vec<u8>)]) -> Form {
    files.iter().fold(Form::new(), |form, (name, bytes)| {
        form.part("file", Part::bytes(bytes.clone()).file_name((*name).to_owned()))
    })
}

/// Sends the files and waits until they are in.
pub async fn upload(client: &Client, path: &str, files: &[(&str, Vec<u8>)]) -> Value {
    let request = client.request(Method::POST, &format!("{path}/upload?wait=300")).multipart(form(files));
    client.send(request).await.expect(200)
}

/// The file of that name in the view of an upload.
fn file<'a>(view: &'a Value, name: &str) -> &'a Value {
    let files = view["files"].as_array().expect("files");
    files.iter().find(|file| file["name"] == name).unwrap_or_else(|| panic!("no {name} in {view}"))
}

async fn documents(client: &Client, path: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut after = String::new();
    loop {
        let page = client.get(&format!("{path}/documents?limit=200&after={after}")).await.expect(200);
        all.extend(page["items"].as_array().expect("items").iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => return all,
        }
    }
}

async fn best(client: &Client, path: &str, query: &str) -> Value {
    let reply =
        client.post(&format!("{path}/search"), json!({ "query": query, "top_k": 3 })).await.expect(200);
    reply["results"][0].clone()
}

with_models_on_each_database! {
    async fn the_samples_are_read_and_found(app) {
        let client = app.user("ada").await;
        let path = collection(&client, "workshop").await;
        let names = ["handbook.md", "delivery.html", "products.csv", "questions.json", "leaflet.pdf"];
        let files: Vec<_> = names.iter().map(|name| (*name, sample(name))).collect();
        let view = upload(&client, &path, &files).await;
        assert_eq!((&view["state"], &view["collection"]), (&json!("completed"), &json!("workshop")));
        let mut total = 0;
        for name in names {
            let file = file(&view, name);
            assert_eq!(file["state"], "done", "{file}");
            assert!(file["error"].is_null() && file["warnings"].is_null(), "{file}");
            assert_eq!((&file["parts_done"], &file["added"]), (&file["parts_total"], &file["parts_total"]), "{file}");
            total += file["added"].as_u64().expect("a number");
        }
        assert_eq!(file(&view, "products.csv")["added"], 12);
        assert_eq!(file(&view, "questions.json")["added"], 6);
        assert!(file(&view, "handbook.md")["added"].as_u64() >= Some(3), "{view}");
        let all = documents(&client, &path).await;
        assert_eq!(all.len() as u64, total);
        for (query, source, words) in [
            ("How many days of holiday do I get?", "handbook.md", "28 days of holiday"),
            ("Which oak table is the largest?", "products.csv", "Heron table"),
            ("How do I oil my table again?", "questions.json", "hard wax oil"),
            ("How much does it cost to send a stool by carrier?", "delivery.html", "12 euros"),
            ("riving knife of the table saw", "leaflet.pdf", "3 millimetres"),
        ] {
            let hit = best(&client, &path, query).await;
            assert_eq!(hit["metadata"]["source"], source, "{query}: {hit}");
            assert!(hit["content"].as_str().expect("text").contains(words), "{query}: {hit}");
        }
        let leaflet: Vec<_> = all.iter().filter(|d| d["metadata"]["source"] == "leaflet.pdf").collect();
        assert!([1, 2].iter().all(|page| leaflet.iter().any(|d| d["metadata"]["page"] == *page)), "{leaflet:?}");
        let row = all.iter().find(|d| d["metadata"]["product"] == "Weir bench").expect("a row");
        assert_eq!((&row["metadata"]["row"], &row["metadata"]["price_eur"]), (&json!(11), &json!(490)));
        let cheap = json!({ "query": "a shelf", "filter": { "price_eur": { "lt": 200 }, "category": "shelf" } });
        let found = client.post(&format!("{path}/search"), cheap).await.expect(200);
        assert_eq!(found["results"].as_array().map(Vec::len), Some(1), "{found}");
        assert_eq!(found["results"][0]["metadata"]["product"], "Sluice wall shelf");
    }

    async fn sending_again_adds_only_what_is_new(app) {
        let client = app.user("ada").await;
        let path = collection(&client, "notes").await;
        let paragraphs: Vec<String> = (0..12)
            .map(|n| format!("## Note {n}\n\n{}", format!("Note number {n} is about the weir and what it held back. ").repeat(12)))
            .collect();
        let first = paragraphs.join("\n\n").into_bytes();
        let before = upload(&client, &path, &[("notes.md", first.clone())]).await;
        let parts = file(&before, "notes.md")["added"].as_u64().expect("a number");
        assert!(parts >= 12, "{before}");
        let again = upload(&client, &path, &[("notes.md", first)]).await;
        assert_eq!((&file(&again, "notes.md")["added"], &file(&again, "notes.md")["skipped"]), (&json!(0), &json!(parts)));
        // A note before all others moves every part; only the new text is added.
        let edited = format!("## New\n\n{}\n\n{}", "Something that was not there. ".repeat(25), paragraphs.join("\n\n"));
        let third = upload(&client, &path, &[("notes.md", edited.into_bytes())]).await;
        let added = file(&third, "notes.md")["added"].as_u64().expect("a number");
        assert!((1..=3).contains(&added), "{third}");
        // The same text under another name, and twice in one file.
        let row = "text\nThe same line.\nThe same line.\nAnother line.\n".as_bytes().to_vec();
        let twice = upload(&client, &path, &[("rows.csv", row)]).await;
        assert_eq!((&file(&twice, "rows.csv")["added"], &file(&twice, "rows.csv")["skipped"]), (&json!(2), &json!(1)));
        assert_eq!(documents(&client, &path).await.len() as u64, parts + added + 2);
    }

    async fn progress_can_be_watched_and_ended(app) {
        let client = app.user("ada").await;
        let path = collection(&client, "long").await;
        let text: String = (0..4000).map(|n| format!("Sentence {n} of a long story about water.\n\n")).collect();
        let request = client
            .request(Method::POST, &format!("{path}/upload?chunk_size=40&chunk_overlap=0"))
            .multipart(form(&[("long.txt", text.into_bytes()), ("after.txt", b"never reached".to_vec())]));
        let started = client.send(request).await.expect(202);
        assert_eq!(started["state"], "running");
        let upload = format!("{path}/uploads/{}", started["id"].as_str().expect("an id"));
        let mut last = 0;
        let parts = loop {
            let view = client.get(&upload).await.expect(200);
            let (done, total) = (view["files"][0]["parts_done"].as_u64(), view["files"][0]["parts_total"].as_u64());
            assert!(done >= Some(last), "progress goes forward: {view}");
            last = done.expect("a number");
            if last > 0 {
                break total.expect("a number");
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        };
        let list = client.get(&format!("{path}/uploads")).await.expect(200);
        assert_eq!(list["items"][0]["id"], started["id"]);
        let stranger = app.user("eve").await;
        stranger.get(&upload).await.problem(404);
        stranger.delete(&upload).await.problem(404);
        client.delete(&upload).await.expect(202);
        let ended = client.get(&format!("{upload}?wait=60")).await.expect(200);
        assert_eq!(ended["state"], "cancelled", "{ended}");
        assert!(ended["completed_at"].is_string());
        assert_eq!((&ended["files"][0]["state"], &ended["files"][1]["state"]), (&json!("cancelled"), &json!("cancelled")));
        let stored = documents(&client, &path).await.len() as u64;
        assert_eq!(Some(stored), ended["files"][0]["added"].as_u64(), "what was told is there");
        assert!(stored > 0 && stored < parts && stored.is_multiple_of(32), "whole batches: {stored} of {parts}");
        assert_eq!(client.delete(&upload).await.problem(409).0, "upload_ended");
    }
}

on_each_database! {
    async fn what_is_no_upload_is_refused(app) {
        let client = app.user("ada").await;
        let path = collection(&client, "mine").await;
        let send = async |to: &Client, address: &str, form: Form| {
            to.send(to.request(Method::POST, address).multipart(form)).await
        };
        let upload = format!("{path}/upload");
        let text = || form(&[("a.txt", b"hello".to_vec())]);
        send(&app.anonymous(), &upload, text()).await.problem(401);
        let stranger = app.user("eve").await;
        send(&stranger, &upload, text()).await.problem(404);
        send(&client, "/api/vectors/collections/none/upload", text()).await.problem(404);
        assert_eq!(client.post(&upload, json!({})).await.problem(415).0, "not_multipart");
        // A browser sends a file field that was left empty.
        assert_eq!(send(&client, &upload, form(&[("", Vec::new())])).await.problem(422).1, ["files"]);
        assert_eq!(send(&client, &upload, Form::new().text("chunk_size", "20")).await.problem(422).1, ["chunk_size"]);
        for (query, field) in [
            ("chunk_size=5", "chunk_size"),
            ("chunk_size=many", "chunk_size"),
            ("chunk_size=100&chunk_overlap=60", "chunk_overlap"),
            ("rows=all", "rows"),
            ("wait=-1", "wait"),
        ] {
            assert_eq!(send(&client, &format!("{upload}?{query}"), text()).await.problem(422).1, [field], "{query}");
        }
        client.get(&format!("{path}/uploads/nonsense")).await.problem(404);
        client.get(&format!("{path}/uploads/{}", uuid::Uuid::now_v7())).await.problem(404);
        let torn = client
            .request(Method::POST, &upload)
            .header("content-type", "multipart/form-data; boundary=x")
            .body("--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\ncut");
        assert_eq!(client.send(torn).await.problem(400).0, "malformed_multipart");
        // A collection for vectors of the caller's own has no text model.
        let body = json!({ "name": "own", "dimension": 3 });
        client.post("/api/vectors/collections", body).await.expect(201);
        let reply = send(&client, "/api/vectors/collections/own/upload", text()).await;
        assert_eq!(reply.problem(422).0, "no_text_embedding");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold_and_are_given_back() {
    let app = TestApp::start_with(Database::Sqlite, Clock::system(), |config| {
        config.ingest.max_upload_bytes = 100_000;
        config.ingest.max_upload_files = 3;
    })
    .await;
    let client = app.user("ada").await;
    let upload = format!("{}/upload?wait=60", collection(&client, "small").await);
    let send = async |files: &[(&str, Vec<u8>)]| {
        client.send(client.request(Method::POST, &upload).multipart(form(files))).await
    };
    let large = vec![b'a'; 60_000];
    let reply = send(&[("a.txt", large.clone()), ("b.txt", large.clone())]).await;
    assert_eq!(reply.problem(413).0, "upload_too_large");
    let four: Vec<_> = ["a", "b", "c", "d"].iter().map(|name| (*name, b"x".to_vec())).collect();
    assert_eq!(send(&four).await.problem(422).1, ["files"]);
    // Refused ones gave back what they held: ten times as much as may be under way at once.
    for _ in 0..10 {
        assert_eq!(
            send(&[("a.docx", large.clone())]).await.expect(200)["files"][0]["error"]["code"],
            "unsupported_format"
        );
    }
}
