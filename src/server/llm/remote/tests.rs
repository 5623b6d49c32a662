//! The client against a service that behaves as it is told, mostly badly.

mod vectors;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::Response;
use axum::routing::post;
use axum::{Json, Router};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::*;
use crate::server::llm::{ChatMessage, FinishReason};

/// How the service answers one request.
enum Act {
    Status(u16, &'static str, &'static str),
    /// A body of that type.
    Whole(&'static str, String),
    /// Events, then what comes after them.
    Events(Vec<&'static str>, Then),
}

#[derive(Clone, Copy)]
enum Then {
    End,
    Break,
    Silence,
}

#[derive(Clone, Default)]
struct Service {
    acts: Arc<Mutex<VecDeque<Act>>>,
    asked: Arc<Mutex<Vec<Value>>>,
    /// A reply that would never end was given up by the caller.
    left: CancellationToken,
}

struct Left(CancellationToken);

impl Drop for Left {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

async fn answer(State(service): State<Service>, Json(body): Json<Value>) -> Response {
    service.asked.lock().unwrap().push(body);
    let act = service.acts.lock().unwrap().pop_front().expect("an answer for each request");
    let builder = Response::builder();
    match act {
        Act::Status(status, wait, body) => builder
            .status(StatusCode::from_u16(status).unwrap())
            .header(header::RETRY_AFTER, wait)
            .body(Body::from(body))
            .unwrap(),
        Act::Whole(kind, body) => builder.header(header::CONTENT_TYPE, kind).body(Body::from(body)).unwrap(),
        Act::Events(events, then) => {
            let events: Vec<_> =
                events.into_iter().map(|e| Ok(Bytes::from(format!("data: {e}\n\n")))).collect();
            let left = Left(service.left.clone());
            let after = stream::once(async move {
                let _left = left;
                match then {
                    Then::End => Ok(Bytes::new()),
                    Then::Break => {
                        // Or what came before would be lost with the connection.
                        tokio::time::sleep(Duration::from_millis(200)).await;
                        Err(std::io::Error::other("gone"))
                    }
                    Then::Silence => std::future::pending().await,
                }
            });
            let body = Body::from_stream(stream::iter(events).chain(after));
            builder.header(header::CONTENT_TYPE, "text/event-stream").body(body).unwrap()
        }
    }
}

struct OneModel(RemoteModel);

impl RemoteBook for OneModel {
    fn find<'a>(&'a self, _: UserId, name: &'a str) -> FoundRemote<'a> {
        Box::pin(async move { Ok((name == self.0.name).then(|| self.0.clone())) })
    }
}

const PATIENT: Patience = Patience { first: Duration::from_secs(30), between: Duration::from_secs(30) };
const HASTY: Patience = Patience { first: Duration::from_millis(80), between: Duration::from_millis(80) };

struct Asking {
    service: Service,
    remotes: Remotes,
    model: RemoteModel,
}

async fn asking(acts: Vec<Act>, patience: Patience) -> Asking {
    let service = Service { acts: Arc::new(Mutex::new(acts.into())), ..Service::default() };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    let router = Router::new()
        .route("/v1/chat/completions", post(answer))
        .route("/v1/embeddings", post(answer))
        .with_state(service.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let model = RemoteModel {
        name: "far".to_owned(),
        base_url,
        model: "far-1".to_owned(),
        credential: None,
        dimension: None,
    };
    let outbound = Outbound::new(vec!["127.0.0.1/32".parse().unwrap()], 1 << 20);
    let remotes = Remotes::new(Arc::new(OneModel(model.clone())), outbound, Secrets::none(), patience);
    Asking { service, remotes, model }
}

impl Asking {
    async fn ask(&self, request: ChatRequest) -> (Result<ChatReply, LlmError>, Vec<String>) {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = heard.clone();
        let caller = Caller::reading(move |text| ear.lock().unwrap().push(text.to_owned()));
        let reply = self.remotes.chat(UserId(Uuid::now_v7()), &self.model, request, caller).await;
        let heard = heard.lock().unwrap().clone();
        (reply, heard)
    }

    async fn fails(&self) -> LlmError {
        self.ask(hello()).await.0.unwrap_err()
    }

    fn times(&self) -> usize {
        self.service.asked.lock().unwrap().len()
    }
}

fn hello() -> ChatRequest {
    ChatRequest::of(vec![ChatMessage::user("Hello")])
}

const HE: &str =
    r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":"He"},"finish_reason":null}]}"#;
const LLO: &str = r#"{"choices":[{"index":0,"delta":{"content":"llo ü"},"finish_reason":"length"}]}"#;
const USAGE: &str = r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}"#;

fn good() -> Act {
    Act::Events(vec![HE, LLO, USAGE, "[DONE]"], Then::Silence)
}

#[tokio::test]
async fn tells_the_text_as_it_comes_and_what_it_cost() {
    let asking = asking(vec![good()], PATIENT).await;
    let (reply, heard) = asking.ask(hello()).await;
    let reply = reply.unwrap();
    assert_eq!(heard, ["He", "llo ü"]);
    assert_eq!((reply.text.as_str(), reply.model.as_str()), ("Hello ü", "far"));
    assert_eq!(reply.finish_reason, FinishReason::Length);
    assert_eq!((reply.usage.prompt_tokens, reply.usage.completion_tokens), (9, 2));
    let asked = asking.service.asked.lock().unwrap()[0].clone();
    assert_eq!((&asked["model"], &asked["stream"]), (&json!("far-1"), &json!(true)));
}

#[tokio::test]
async fn a_busy_service_is_asked_again_until_the_first_word() {
    let busy = || vec![Act::Status(429, "0", "later"), Act::Status(503, "0", "down"), good()];
    let asking = asking(busy(), PATIENT).await;
    assert_eq!(asking.ask(hello()).await.0.unwrap().text, "Hello ü");
    assert_eq!(asking.times(), 3);

    let always = (0..ATTEMPTS).map(|_| Act::Status(429, "0", "{\"error\": {\"message\": \"Too many.\"}}"));
    let asking = self::asking(always.collect(), PATIENT).await;
    let error = asking.fails().await;
    assert_eq!((error.code, error.retryable), ("remote_busy", true));
    assert!(error.message.contains("HTTP 429: Too many)"), "{error}");
    assert_eq!(asking.times(), ATTEMPTS as usize);

    for refused in [Act::Status(400, "0", "no"), Act::Status(429, "3600", "tomorrow")] {
        let asking = self::asking(vec![refused], PATIENT).await;
        asking.fails().await;
        assert_eq!(asking.times(), 1);
    }

    // The text has been shown already.
    let asking = self::asking(vec![Act::Events(vec![HE], Then::Break)], PATIENT).await;
    let (reply, heard) = asking.ask(hello()).await;
    assert_eq!((reply.unwrap_err().code, heard.as_slice()), ("remote_broken_stream", &["He".to_owned()][..]));
    assert_eq!(asking.times(), 1);
}

#[tokio::test]
async fn silence_and_nonsense_have_their_names() {
    let whole = |kind, body: &str| Act::Whole(kind, body.to_owned());
    for (act, patience, code, says) in [
        (Act::Events(vec![], Then::Silence), HASTY, "remote_stalled", "before its answer began"),
        (Act::Events(vec![HE], Then::Silence), HASTY, "remote_stalled", "in the middle of its answer"),
        (Act::Events(vec![HE], Then::End), PATIENT, "remote_broken_stream", "ended in the middle"),
        (
            Act::Events(vec![HE, "{\"choices\": ["], Then::End),
            PATIENT,
            "remote_broken_stream",
            "not the JSON",
        ),
        (Act::Events(vec![HE, "\u{0}"], Then::End), PATIENT, "remote_broken_stream", "not the JSON"),
        (
            Act::Events(vec![HE, r#"{"error":{"message":"out of memory"}}"#], Then::End),
            PATIENT,
            "remote_failed",
            "out of memory",
        ),
        (
            whole("text/html; charset=utf-8", "<html>Sign in</html>"),
            PATIENT,
            "remote_broken_stream",
            "a web page",
        ),
        (whole("application/json", "<html>"), PATIENT, "remote_broken_stream", "not the JSON"),
        (whole("application/json", "{\"ok\": true}"), PATIENT, "remote_broken_stream", "no `choices`"),
        (Act::Status(401, "0", ""), PATIENT, "remote_key_refused", "Check the credential"),
        (Act::Status(404, "0", ""), PATIENT, "remote_refused", "far-1"),
    ] {
        let asking = asking(vec![act], patience).await;
        let error = asking.fails().await;
        assert_eq!(error.code, code, "{error}");
        assert!(error.message.contains(says) && error.message.contains("far"), "{error}");
    }
}

#[tokio::test]
async fn a_conversation_that_is_too_long_is_cut_where_that_is_allowed() {
    const TOO_LONG: &str = r#"{"error": {"message": "This model's maximum context length is 100 tokens. However, your messages resulted in 400 tokens."}}"#;
    let long = || ChatRequest {
        max_tokens: 20,
        ..ChatRequest::of(vec![ChatMessage::user("0123456789".repeat(100))])
    };
    let asking = asking(vec![Act::Status(400, "0", TOO_LONG)], PATIENT).await;
    let error = asking.ask(long()).await.0.unwrap_err();
    assert_eq!((error.code, error.retryable), ("prompt_too_long", false));
    assert!(error.message.contains("100 tokens") && error.message.contains("400 tokens"), "{error}");
    assert!(error.message.contains("`truncate`"), "{error}");

    let acts = vec![Act::Status(400, "0", TOO_LONG), good()];
    let asking = self::asking(acts, PATIENT).await;
    let cutting = ChatRequest { truncate: Some(crate::server::llm::Truncate::Start), ..long() };
    let reply = asking.ask(cutting.clone()).await.0.unwrap();
    assert!((300..400).contains(&reply.usage.truncated_tokens), "{}", reply.usage.truncated_tokens);
    let sent = asking.service.asked.lock().unwrap()[1]["messages"][0]["content"].clone();
    let sent = sent.as_str().unwrap();
    assert!(sent.starts_with('…') && sent.ends_with("789") && sent.len() < 250, "{sent}");

    // Whatever is left out, the service says the same.
    let stubborn = (0..9).map(|_| Act::Status(400, "0", TOO_LONG)).collect();
    let asking = self::asking(stubborn, PATIENT).await;
    assert_eq!(asking.ask(cutting).await.0.unwrap_err().code, "prompt_too_long");
    assert!(asking.times() <= 5, "{}", asking.times());
}

#[tokio::test]
async fn a_service_that_knows_less_is_asked_otherwise() {
    let whole = |body: Value| Act::Whole("application/json", body.to_string());
    let answer = |text: &str| {
        whole(
            json!({ "choices": [{ "message": { "role": "assistant", "content": text }, "finish_reason": "stop" }] }),
        )
    };
    // As llama-cpp-python says it.
    const NO_SCHEMA: &str = r#"{"error": {"message": "1 validation error: {'loc': ('body', 'response_format', 'type'), 'msg': \"Input should be 'text' or 'json_object'\"}"}}"#;
    let acts = vec![Act::Status(500, "0", NO_SCHEMA), answer("{\"n\": 3}")];
    let asking = asking(acts, PATIENT).await;
    let schema = json!({ "type": "object", "properties": { "n": { "type": "integer" } }, "required": ["n"] });
    let reply = asking.ask(ChatRequest { schema: Some(schema), ..hello() }).await.0.unwrap();
    assert_eq!(reply.value, Some(json!({ "n": 3 })));
    let sent = asking.service.asked.lock().unwrap()[1].clone();
    assert_eq!(
        (&sent["response_format"]["type"], sent["response_format"]["schema"].is_object()),
        (&json!("json_object"), true)
    );

    // It fails before the first event of a stream, and can say why only without one.
    const TOO_LONG: &str = r#"{"error": {"message": "This model's maximum context length is 100 tokens. However, you requested 400 tokens"}}"#;
    let acts = vec![Act::Events(vec![], Then::End), Act::Status(400, "0", TOO_LONG)];
    let asking = self::asking(acts, PATIENT).await;
    assert_eq!(asking.fails().await.code, "prompt_too_long");
    let asked = asking.service.asked.lock().unwrap().clone();
    assert_eq!((&asked[0]["stream"], &asked[1]["stream"]), (&json!(true), &json!(false)));
    assert!(asked[1].get("stream_options").is_none());

    let disliked =
        |name: &str| format!("{{\"error\": {{\"message\": \"Unsupported parameter: '{name}'.\"}}}}");
    let (first, second) = (disliked("temperature"), disliked("stream_options"));
    let acts = vec![Act::Status(400, "0", first.leak()), Act::Status(400, "0", second.leak()), good()];
    let asking = self::asking(acts, PATIENT).await;
    assert_eq!(asking.ask(hello()).await.0.unwrap().text, "Hello ü");
    let sent = asking.service.asked.lock().unwrap()[2].clone();
    assert!(sent.get("temperature").is_none() && sent.get("stream_options").is_none(), "{sent}");
}

#[tokio::test]
async fn a_cancel_ends_the_request() {
    let asking = asking(vec![Act::Events(vec![HE], Then::Silence)], PATIENT).await;
    let cancel = CancellationToken::new();
    let on_text = cancel.clone();
    let caller = Caller::reading(move |_| on_text.cancel()).with_cancel(cancel);
    let reply = asking.remotes.chat(UserId(Uuid::now_v7()), &asking.model, hello(), caller).await;
    assert_eq!(reply.unwrap_err().code, "cancelled");
    asking.service.left.cancelled().await;
}

#[tokio::test]
async fn what_a_service_promised_is_checked_here() {
    let schema = json!({ "type": "object", "properties": { "n": { "type": "integer" } }, "required": ["n"] });
    let said = |text: &str, finish: &str| {
        let message = json!({ "role": "assistant", "content": text });
        Act::Whole(
            "application/json",
            json!({ "choices": [{ "message": message, "finish_reason": finish }] }).to_string(),
        )
    };
    for (act, expected) in [
        (said("{\"n\": 3}", "stop"), Ok(json!({ "n": 3 }))),
        (said("```json\n{\"n\": 3}\n```", "stop"), Ok(json!({ "n": 3 }))),
        (said("{\"n\": \"3\"}", "stop"), Err("does not follow")),
        (said("Here you are: 3", "stop"), Err("does not follow")),
        (said("{\"n\":", "length"), Err("Raise `max_tokens`")),
    ] {
        let asking = asking(vec![act], PATIENT).await;
        let got = asking.ask(ChatRequest { schema: Some(schema.clone()), ..hello() }).await.0;
        match expected {
            Ok(value) => assert_eq!(got.unwrap().value, Some(value)),
            Err(says) => {
                let error = got.unwrap_err();
                assert!(error.code == "output_not_valid" && error.message.contains(says), "{error}");
            }
        }
    }
    let choices = || Some(vec!["yes".to_owned(), "no".to_owned()]);
    let asking = asking(vec![said("{\"choice\":\"no\"}", "stop"), said("perhaps", "stop")], PATIENT).await;
    let (reply, heard) = asking.ask(ChatRequest { choices: choices(), ..hello() }).await;
    assert_eq!((reply.unwrap().text.as_str(), heard.len()), ("no", 0));
    let reply = asking.ask(ChatRequest { choices: choices(), ..hello() }).await.0;
    assert_eq!(reply.unwrap_err().code, "output_not_valid");
}

#[tokio::test]
async fn places_that_requests_may_not_reach_are_not_asked() {
    let mut asking = asking(Vec::new(), PATIENT).await;
    asking.remotes.outbound = Outbound::new(Vec::new(), 1 << 20);
    let error = asking.fails().await;
    assert_eq!(error.code, "address_blocked");
    assert!(error.message.contains("MILLRACE_OUTBOUND_ALLOW"), "{error}");
    assert_eq!(asking.times(), 0);
}
