//! Answers that are taken again. The model is a tiny one, which answers at once.

use crate::support::{Client, Database, TestApp, on_each_database};
use millrace::{
    server::{
        clock::Clock,
        store::llm_cache::{Answers, Room},
    },
    workflow::ids::UserId,
};
use serde_json::{Value, json};
use std::path::Path;

async fn app(database: Database) -> TestApp {
    let fixture =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/fixtures/llm/tiny_qwen3_gguf/model.gguf");
    TestApp::start_with(database, Clock::system(), |config| {
        let folder = config.models.models_dir.clone().expect("a folder").join("tiny");
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::copy(fixture, folder.join("model.gguf")).expect("a copy");
    })
    .await
}

async fn asked(client: &Client, path: &str, input: &str) -> (Value, Value) {
    let done = client.post(&format!("{path}/runs?wait=60"), json!({ "input_data": input })).await.expect(200);
    assert_eq!(done["run"]["status"], "completed", "{done}");
    (done["run"]["output_data"]["Ask"].clone(), done["node_executions"][0].clone())
}

async fn workflow(client: &Client, change: Value) -> String {
    let mut config = json!({ "prompt_template": "{input}", "max_tokens": 8, "cache": true });
    config.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
    client.workflow(&[("Ask", "llm_call", config)], &[]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_question_is_answered_once() {
    let mut apps = vec![app(Database::Sqlite).await];
    if let Some(database) = Database::postgres() {
        apps.push(app(database).await);
    }
    for app in apps {
        let ada = app.user("ada").await;
        for settled in [json!({ "temperature": 0 }), json!({ "temperature": 1, "seed": 5 })] {
            let path = workflow(&ada, settled.clone()).await;
            let (first, fresh) = asked(&ada, &path, "one").await;
            let (second, cached) = asked(&ada, &path, "one").await;
            assert_eq!(first, second);
            assert_eq!((fresh["usage"].get("cached"), &cached["usage"]["cached"]), (None, &json!(true)));
            assert_eq!(cached["usage"]["saved_tokens"], fresh["usage"]["completion_tokens"]);
            assert_eq!(cached["usage"]["model"], "tiny");
            assert!(cached["logs"].to_string().contains("from the cache"), "{}", cached["logs"]);
            assert!(asked(&ada, &path, "two").await.1["usage"].get("cached").is_none());
            // Another workflow that asks the same is the same question; another account is not.
            let again = workflow(&ada, settled.clone()).await;
            assert_eq!(asked(&ada, &again, "one").await.1["usage"]["cached"], true);
        }
        let grace = app.user("grace").await;
        let path = workflow(&grace, json!({ "temperature": 0 })).await;
        assert!(asked(&grace, &path, "one").await.1["usage"].get("cached").is_none());

        let free = workflow(&ada, json!({ "temperature": 0.7 })).await;
        let found = ada.post(&format!("{free}/validate"), json!({})).await.expect(200);
        assert_eq!(found["problems"][0]["code"], "cache_without_effect", "{found}");
        for _ in 0..2 {
            assert!(asked(&ada, &free, "one").await.1["usage"].get("cached").is_none());
        }
        // Another file under the name is another model.
        let path = workflow(&ada, json!({ "temperature": 0 })).await;
        let folder = app.state.config.models_dir().join("tiny/model.gguf");
        let bytes = std::fs::read(&folder).expect("the model");
        std::fs::write(&folder, [&bytes[..], b"\0"].concat()).expect("written");
        assert!(asked(&ada, &path, "one").await.1["usage"].get("cached").is_none());
    }
}

on_each_database! {
    async fn the_oldest_answers_go_when_there_is_no_room(app) {
        let id = app.user("ada").await.get("/api/auth/me").await.expect(200)["id"].clone();
        let ada = UserId(serde_json::from_value(id).expect("an id"));
        let answers = Answers::of(app.state.store.clone(), Room { entries: 3, bytes: 100 });
        let keep = async |key: &str, length: usize, second: i64| {
            let at = chrono::DateTime::from_timestamp(second, 0).expect("a time");
            answers.keep(ada, key, "x".repeat(length), at).await.expect("kept");
        };
        let there = async |keys: &[&str]| {
            let mut found = Vec::new();
            for key in keys {
                found.push(answers.find(ada, key).await.expect("read").map(|text| text.len()));
            }
            found
        };
        for (second, key) in ["a", "b", "c", "d"].iter().enumerate() {
            keep(key, 10, second as i64).await;
        }
        assert_eq!(there(&["a", "b", "c", "d"]).await, [None, Some(10), Some(10), Some(10)]);
        keep("e", 85, 9).await;
        assert_eq!(there(&["b", "c", "d", "e"]).await, [None, None, Some(10), Some(85)]);
        keep("f", 101, 10).await;
        keep("e", 3, 11).await;
        assert_eq!(there(&["d", "e", "f"]).await, [Some(10), Some(85), None], "too large; the first one stays");
        let other = UserId(uuid::Uuid::now_v7());
        assert_eq!(answers.find(other, "e").await.expect("read"), None);
    }
}
