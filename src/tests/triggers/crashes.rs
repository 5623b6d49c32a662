//! A server that ends in the middle of a firing: before its run is durable, or before anybody began it.

use super::{PATIENCE, PAUSE, echo, runs, schedule};
use crate::support::{Client, Database, process::Process};
use millrace::server::store::{Store, triggers};
use serde_json::{Value, json};
use std::{ffi::OsString, path::Path, time::Instant};

/// Firings before the server ends.
const BEFORE: usize = 2;

fn start(folder: &Path, url: Option<&String>, fault: &str) -> Process {
    let mut variables = vec![("FAILPOINTS", OsString::from(fault))];
    variables.extend(url.map(|url| ("DATABASE_URL", OsString::from(url))));
    Process::start(folder, &variables)
}

async fn ends(server: &mut Process) {
    let began = Instant::now();
    while !server.has_ended() {
        assert!(began.elapsed() < PATIENCE, "the server goes on");
        tokio::time::sleep(PAUSE).await;
    }
}

/// A schedule of each second; the server ends at `point` in its third firing. The next one fires what was under way, once.
async fn killed_at(point: &str, database: Database) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = database.url().await;
    let fault = format!("{point}={BEFORE}*off->1*return(abort)");
    let mut server = start(folder.path(), url.as_ref(), &fault);
    let mut client = Client::new(server.address);
    let body = json!({ "username": "ada", "email": "ada@example.org", "password": "correct horse" });
    let made = client.post("/api/auth/register", body).await.expect(201);
    client.token = made["access_token"].as_str().map(str::to_owned);
    let workflow = echo(&client).await;
    let trigger = schedule(&client, &workflow, "* * * * * *").await;
    ends(&mut server).await;
    drop(server);
    let next = next_due(folder.path(), url.as_ref()).await;

    let server = start(folder.path(), url.as_ref(), "");
    client.address = server.address;
    let began = Instant::now();
    let due = loop {
        let all = runs(&client, &workflow).await;
        let ended = all.iter().take_while(|run| run["status"] == "completed").count();
        if ended > BEFORE {
            break all.iter().map(second_of).collect::<Vec<_>>();
        }
        assert!(began.elapsed() < PATIENCE, "{all:#?}");
        tokio::time::sleep(PAUSE).await;
    };
    let body = json!({ "kind": "schedule", "cron": "* * * * * *", "timezone": "UTC", "paused": true });
    let at = format!("{workflow}/triggers/{}", trigger["id"].as_str().expect("an id"));
    client.put(&at, body).await.expect(200);
    if point.ends_with("after_claim") {
        assert_eq!(due[BEFORE], next, "what was not durable is fired again: {due:?}");
    } else {
        assert!(due[BEFORE] < next, "what was durable is not fired again: {due:?}");
    }
    let mut all: Vec<i64> = runs(&client, &workflow).await.iter().map(second_of).collect();
    let count = all.len();
    all.dedup();
    assert_eq!(all.len(), count, "no time twice: {all:?}");
}

/// What the server left behind as due, in seconds since 1970.
async fn next_due(folder: &Path, url: Option<&String>) -> i64 {
    let file = format!("sqlite://{}", folder.join("millrace.db").display());
    let store = Store::open(url.unwrap_or(&file)).await.expect("the database opens");
    let next = triggers::next_due(&store).await.expect("it can be read").expect("a time");
    store.close().await.expect("it closes");
    next.timestamp()
}

/// When a run was due, in seconds since 1970.
fn second_of(run: &Value) -> i64 {
    super::time(run["input_data"]["scheduled_for"].as_str().expect("a time")).timestamp()
}

macro_rules! killed {
    ($($name:ident => $point:literal;)+) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                killed_at($point, Database::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(database) = Database::postgres() {
                    killed_at($point, database).await;
                }
            }
        }
    )+};
}

killed! {
    between_the_claim_and_the_run => "triggers::after_claim";
    between_the_run_and_its_start => "triggers::before_submit";
}
