//! Workflows as models.

use super::{MODEL, apps, error, events, program, said};
use crate::support::Client;
use serde_json::{Value, json};

/// A workflow of that name; gives its path.
async fn workflow(client: &Client, name: &str, node: (&str, Value)) -> String {
    let path = client.workflow(&[("Answer", node.0, node.1)], &[]).await;
    client.put(&path, json!({ "name": name, "is_active": true })).await.expect(200);
    path
}

fn ask(model: &str, stream: bool) -> Value {
    let messages = json!([{ "role": "system", "content": "?" }, { "role": "user", "content": "Hello" }]);
    json!({ "model": model, "messages": messages, "stream": stream })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_active_workflow_answers_with_its_output() {
    for app in apps().await {
        let ada = app.user("ada").await;
        let runs = program(&ada, &["run"]).await;
        let path = workflow(&ada, "Shout", ("transform", json!({ "expression": "input.upper()" }))).await;
        workflow(&ada, "Look", ("transform", json!({ "fields": { "said": "input" } }))).await;
        workflow(&ada, "Fail", ("transform", json!({ "expression": "input.missing" }))).await;
        workflow(&ada, "Twin", ("transform", json!({ "expression": "1" }))).await;
        let twin = workflow(&ada, "Twin", ("transform", json!({ "expression": "2" }))).await;
        let chat = |model: &str, stream| {
            let (runs, body) = (runs.clone(), ask(model, stream));
            async move { runs.post("/v1/chat/completions", body).await }
        };
        let content = |reply: Value| reply["choices"][0]["message"]["content"].clone();
        assert_eq!(content(chat("workflow/Shout", false).await.expect(200)), "HELLO");
        assert_eq!(content(chat("workflow/Look", false).await.expect(200)), "{\"said\":\"Hello\"}");
        let id = twin.rsplit('/').next().expect("an id");
        assert_eq!(content(chat(&format!("workflow/{id}"), false).await.expect(200)), "2");
        assert_eq!(said(&events(&chat("workflow/Shout", true).await.text)), "HELLO");

        let failed = chat("workflow/Fail", false).await.expect(422);
        assert_eq!(error(&failed).1, "run_failed");
        assert!(failed["error"]["message"].as_str().is_some_and(|m| m.contains("Answer: ")), "{failed}");
        assert_eq!(error(&chat("workflow/Twin", false).await.expect(404)).1, "model_ambiguous");
        assert_eq!(error(&chat("workflow/Nothing", true).await.expect(404)).1, "model_not_found");
        let grace = program(&app.user("grace").await, &["run"]).await;
        let foreign = grace.post("/v1/chat/completions", ask("workflow/Shout", false)).await.expect(404);
        assert_eq!(error(&foreign).1, "model_not_found");

        let listed = |client: Client| async move { client.get("/v1/models").await.expect(200).to_string() };
        assert!(listed(runs.clone()).await.contains("workflow/Shout"));
        assert!(!listed(grace).await.contains("workflow/"));
        ada.put(&path, json!({ "name": "Shout", "is_active": false })).await.expect(200);
        assert_eq!(error(&chat("workflow/Shout", false).await.expect(404)).1, "workflow_inactive");
        assert!(!listed(runs.clone()).await.contains("workflow/Shout"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_text_of_its_last_step_is_streamed() {
    for app in apps().await {
        let ada = app.user("ada").await;
        let config = json!({ "prompt_template": "What is the capital of France?", "temperature": 0, "max_tokens": 10 });
        let path = workflow(&ada, "Ask", ("llm_call", config)).await;
        let reply = ada.post("/v1/chat/completions", ask("workflow/Ask", true)).await;
        let events = events(&reply.text);
        assert!(said(&events).contains("Paris") && events.len() > 4, "{events:?}");
        let runs = ada.get(&format!("{path}/runs")).await.expect(200);
        let run = runs["items"][0]["id"].as_str().expect("a run");
        let detail = ada.get(&format!("{path}/runs/{run}")).await.expect(200);
        assert_eq!(detail["run"]["output_data"]["Answer"], said(&events));
        let whole = ada.post("/v1/chat/completions", ask("workflow/Ask", false)).await.expect(200);
        let usage = &detail["node_executions"][0]["usage"];
        assert_eq!(whole["usage"]["completion_tokens"], usage["completion_tokens"]);
        assert_eq!(usage["model"], MODEL);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_leaves_takes_the_run_along() {
    for app in apps().await {
        let ada = app.user("ada").await;
        let path = workflow(&ada, "Wait", ("delay", json!({ "seconds": 3600 }))).await;
        let request =
            ada.request(reqwest::Method::POST, "/v1/chat/completions").json(&ask("workflow/Wait", false));
        let waiting = tokio::spawn(request.send());
        let latest = || async { ada.get(&format!("{path}/runs")).await.expect(200)["items"][0].clone() };
        let reaches = |status: &'static str| async move {
            for _ in 0..1000 {
                if latest().await["status"] == status {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            panic!("the run is not {status}: {}", latest().await);
        };
        reaches("waiting").await;
        waiting.abort();
        reaches("cancelled").await;
    }
}
