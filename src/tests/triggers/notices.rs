//! Telling somebody that a run failed.

use super::{PATIENCE, PAUSE, broken, echo, monday, on, program, runs_ended};
use crate::support::{Client, Database, TestApp};
use axum::{Router, extract::State, http::HeaderMap, routing::post};
use chrono::TimeDelta;
use millrace::server::{services::failure_notices, store};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Instant,
};

/// Somebody who wants to be told.
#[derive(Clone, Default)]
struct Listener {
    /// What came: the delivery's id and the body.
    heard: Arc<Mutex<Vec<(String, Value)>>>,
    /// Answers to give before those that take it.
    refusals: Arc<Mutex<Vec<u16>>>,
}

async fn hear(State(listener): State<Listener>, headers: HeaderMap, body: String) -> axum::http::StatusCode {
    let id = headers["x-millrace-delivery"].to_str().expect("text").to_owned();
    listener.heard.lock().expect("a lock").push((id, serde_json::from_str(&body).expect("JSON")));
    let refusal = listener.refusals.lock().expect("a lock").pop();
    axum::http::StatusCode::from_u16(refusal.unwrap_or(204)).expect("a status")
}

impl Listener {
    async fn start(refusals: Vec<u16>) -> (Self, SocketAddr) {
        let this = Self { refusals: Arc::new(Mutex::new(refusals)), ..Self::default() };
        let router = Router::new().route("/told", post(hear)).with_state(this.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
        (this, address)
    }

    fn heard(&self) -> Vec<(String, Value)> {
        self.heard.lock().expect("a lock").clone()
    }
}

fn allow_loopback(config: &mut millrace::server::config::Config) {
    config.outbound.outbound_allow.0 = vec!["127.0.0.0/8".parse().expect("a network")];
}

async fn tell(client: &Client, workflow: &str, address: SocketAddr) {
    let body = json!({ "url": format!("http://{address}/told") });
    client.put(&format!("{workflow}/failure-notice"), body).await.expect(200);
}

async fn fail(client: &Client, workflow: &str) -> String {
    let done = client.post(&format!("{workflow}/runs?wait=30"), json!({})).await.expect(200);
    assert_eq!(done["run"]["status"], "failed", "{done}");
    done["run"]["id"].as_str().expect("an id").to_owned()
}

/// The last notice once it is in that state.
async fn last(client: &Client, workflow: &str, is_it: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let notice = client.get(&format!("{workflow}/failure-notice")).await.expect(200);
        if is_it(&notice["last"]) {
            return notice["last"].clone();
        }
        assert!(began.elapsed() < PATIENCE, "{notice}");
        tokio::time::sleep(PAUSE).await;
    }
}

fn is_sent(last: &Value) -> bool {
    last["sent_at"].is_string()
}

macro_rules! by_the_clock {
    ($(async fn $name:ident($app:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn body($app: TestApp) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                body(on(Database::Sqlite, allow_loopback).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(database) = Database::postgres() {
                    body(on(database, allow_loopback).await).await;
                }
            }
        }
    )+};
}

by_the_clock! {
    async fn a_failed_run_is_told_once(app) {
        let client = program(&app, "ada").await;
        let (listener, address) = Listener::start(Vec::new()).await;
        let (workflow, well) = (broken(&client).await, echo(&client).await);
        fail(&client, &workflow).await;
        assert_eq!(client.get(&format!("{workflow}/failure-notice")).await.expect(200), json!({ "url": null, "last": null }));
        tell(&client, &workflow, address).await;
        tell(&client, &well, address).await;
        let run = fail(&client, &workflow).await;
        client.post(&format!("{well}/runs?wait=30"), json!({})).await.expect(200);
        let told = last(&client, &workflow, is_sent).await;
        assert_eq!((told["run_id"].as_str(), &told["attempts"], &told["due_at"]), (Some(run.as_str()), &json!(1), &Value::Null));
        // Nothing is left to tell: neither what failed before there was anybody, nor what completed.
        assert_eq!(failure_notices::deliver_due(&app.state).await.expect("it looks"), 0);
        let heard = listener.heard();
        assert_eq!(heard.len(), 1, "{heard:?}");
        let (id, body) = &heard[0];
        assert_eq!((id, &body["event"], &body["run"]["trigger"]), (&run, &json!("run.failed"), &json!("api")));
        assert_eq!((body["run"]["id"].as_str(), &body["workflow"]["name"]), (Some(run.as_str()), &json!("Test")));
        assert!(body["run"]["error_message"].as_str().is_some_and(|text| text.starts_with("Broken:")), "{body}");
        assert!(body["text"].as_str().is_some_and(|text| text.contains("failed: Broken:")), "{body}");
    }

    async fn the_runs_of_a_run_are_not_told(app) {
        let client = program(&app, "ada").await;
        let (listener, address) = Listener::start(Vec::new()).await;
        let child = broken(&client).await;
        let id = child.rsplit('/').next().expect("an id");
        let parent = client.workflow(&[("All", "for_each", json!({ "items": "{{ [1, 2, 3] }}", "workflow": id }))], &[]).await;
        tell(&client, &child, address).await;
        tell(&client, &parent, address).await;
        let run = fail(&client, &parent).await;
        last(&client, &parent, is_sent).await;
        runs_ended(&client, &parent, 1).await;
        assert_eq!(client.get(&format!("{child}/failure-notice")).await.expect(200)["last"], Value::Null);
        assert_eq!(failure_notices::deliver_due(&app.state).await.expect("it looks"), 0);
        assert_eq!(listener.heard().into_iter().map(|(id, _)| id).collect::<Vec<_>>(), [run]);
    }

    async fn who_refuses_is_told_again(app) {
        let client = program(&app, "ada").await;
        let (listener, address) = Listener::start(vec![503, 500]).await;
        let workflow = broken(&client).await;
        tell(&client, &workflow, address).await;
        fail(&client, &workflow).await;
        let refused = last(&client, &workflow, |last| last["error"].is_string()).await;
        assert_eq!((&refused["sent_at"], &refused["attempts"]), (&Value::Null, &json!(1)));
        assert!(refused["error"].as_str().is_some_and(|text| text.contains("500")), "{refused}");
        assert_eq!(refused["due_at"], "2026-11-23T10:00:05.250Z");
        app.clock.advance(TimeDelta::seconds(5));
        last(&client, &workflow, |last| last["attempts"] == 2 && last["due_at"] == "2026-11-23T10:00:35.250Z").await;
        app.clock.advance(TimeDelta::seconds(30));
        let told = last(&client, &workflow, is_sent).await;
        assert_eq!((&told["attempts"], &told["error"]), (&json!(3), &Value::Null));
        let heard = listener.heard();
        assert_eq!(heard.len(), 3);
        assert!(heard.iter().all(|(id, body)| (id, body) == (&heard[0].0, &heard[0].1)), "the same each time: {heard:?}");
    }

    async fn who_never_takes_it_is_given_up(app) {
        let client = program(&app, "ada").await;
        let (listener, address) = Listener::start(vec![400; 50]).await;
        let workflow = broken(&client).await;
        tell(&client, &workflow, address).await;
        fail(&client, &workflow).await;
        // Each look is hours later: longer than any pause between attempts.
        let given_up = |last: &Value| {
            app.clock.advance(TimeDelta::hours(5));
            // An attempt under way is counted already, and due again in case its sender ends.
            last["attempts"] == 10 && last["due_at"].is_null()
        };
        let tried = last(&client, &workflow, given_up).await;
        assert_eq!(tried["sent_at"], Value::Null);
        assert!(tried["error"].as_str().is_some_and(|text| text.contains("400")), "{tried}");
        assert_eq!(failure_notices::deliver_due(&app.state).await.expect("it looks"), 0);
        assert_eq!(listener.heard().len(), 10);
    }

    async fn a_notice_whose_sender_ended_is_sent_by_the_next(app) {
        let client = program(&app, "ada").await;
        let (listener, address) = Listener::start(Vec::new()).await;
        let workflow = broken(&client).await;
        // Nobody answers there: the first attempt fails, and the next one is due in five seconds.
        let body = json!({ "url": "http://127.0.0.1:9/told" });
        client.put(&format!("{workflow}/failure-notice"), body).await.expect(200);
        fail(&client, &workflow).await;
        last(&client, &workflow, |last| last["error"].is_string()).await;
        tell(&client, &workflow, address).await;
        // A process claims it for a minute and is never heard of again.
        let later = app.clock.now() + TimeDelta::seconds(5);
        let notice = store::failure_notices::due(&app.state.store, later, 1).await.expect("it can be read").remove(0);
        let write = app.state.store.write().await.expect("a transaction");
        assert!(store::failure_notices::claim(&write, &notice, later + TimeDelta::seconds(60)).await.expect("a claim"));
        assert!(!store::failure_notices::claim(&write, &notice, later + TimeDelta::seconds(60)).await.expect("no second claim"));
        write.commit().await.expect("a commit");
        app.clock.advance(TimeDelta::seconds(64));
        assert_eq!(failure_notices::deliver_due(&app.state).await.expect("it looks"), 0, "it is claimed");
        app.clock.advance(TimeDelta::seconds(1));
        failure_notices::deliver_due(&app.state).await.expect("it looks");
        last(&client, &workflow, is_sent).await;
        assert_eq!(listener.heard().len(), 1);
    }

    async fn nobody_is_told_any_more_when_the_address_is_taken_away(app) {
        let client = program(&app, "ada").await;
        let (listener, address) = Listener::start(vec![500]).await;
        let workflow = broken(&client).await;
        tell(&client, &workflow, address).await;
        fail(&client, &workflow).await;
        last(&client, &workflow, |last| last["error"].is_string()).await;
        client.put(&format!("{workflow}/failure-notice"), json!({ "url": null })).await.expect(200);
        fail(&client, &workflow).await;
        app.clock.advance(TimeDelta::hours(1));
        assert_eq!(failure_notices::deliver_due(&app.state).await.expect("it looks"), 0);
        assert_eq!(listener.heard().len(), 1);
    }
}

/// Addresses inside are out of reach here, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_guard_holds() {
    let app = TestApp::start_with(Database::Sqlite, monday(), |_| {}).await;
    let client = program(&app, "ada").await;
    let (listener, address) = Listener::start(Vec::new()).await;
    let workflow = broken(&client).await;
    tell(&client, &workflow, address).await;
    fail(&client, &workflow).await;
    let refused = last(&client, &workflow, |last| last["error"].is_string()).await;
    assert!(
        refused["error"].as_str().is_some_and(|text| text.contains("MILLRACE_OUTBOUND_ALLOW")),
        "{refused}"
    );
    assert!(listener.heard().is_empty());
}
