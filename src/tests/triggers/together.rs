//! Several servers on one database: each due time fires once, and a restart goes on where the last one ended.

use super::{echo, monday, program, runs, runs_ended, schedule};
use crate::support::{Client, Database, TestApp};
use chrono::TimeDelta;
use millrace::server::{clock::Clock, services::triggers};
use std::collections::BTreeSet;

/// The same database for every server of a test.
struct Shared {
    url: String,
    clock: Clock,
    _folder: tempfile::TempDir,
}

impl Shared {
    async fn on(database: Database) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = format!("sqlite://{}", folder.path().join("shared.db").display());
        Self { url: database.url().await.unwrap_or(file), clock: monday(), _folder: folder }
    }

    /// A server with a data folder of its own.
    async fn server(&self) -> TestApp {
        let url = Some(self.url.clone());
        TestApp::start_with(Database::Sqlite, self.clock.clone(), |config| config.storage.database_url = url)
            .await
    }
}

/// No due time twice, and none left out.
async fn check(client: &Client, workflow: &str, rounds: usize) {
    let all = runs_ended(client, workflow, rounds).await;
    let dues: BTreeSet<_> =
        all.iter().map(|run| run["input_data"]["scheduled_for"].as_str().expect("a time")).collect();
    assert_eq!(dues.len(), rounds, "{all:#?}");
}

async fn race(shared: Shared) {
    let servers = [shared.server().await, shared.server().await];
    let client = program(&servers[0], "ada").await;
    let mut workflows = Vec::new();
    for _ in 0..6 {
        let workflow = echo(&client).await;
        schedule(&client, &workflow, "* * * * *").await;
        workflows.push(workflow);
    }
    const ROUNDS: usize = 5;
    for _ in 0..ROUNDS {
        shared.clock.advance(TimeDelta::minutes(1));
        // Besides the schedulers of both servers, which wake at the same moment.
        let firing = servers.iter().cycle().take(6).map(|server| triggers::fire_due(&server.state));
        for fired in futures::future::join_all(firing).await {
            // A database that is busy for too long is tried again by whoever is next.
            if let Err(error) = fired {
                assert_eq!(error.code(), "unavailable", "{error}");
            }
        }
        triggers::fire_due(&servers[0].state).await.expect("it fires");
    }
    for workflow in &workflows {
        check(&client, workflow, ROUNDS).await;
    }
}

async fn restart(shared: Shared) {
    let first = shared.server().await;
    let client = program(&first, "ada").await;
    let workflow = echo(&client).await;
    schedule(&client, &workflow, "*/10 * * * *").await;
    let token = client.token.clone().expect("a key");
    first.state.close().await;
    drop(first);
    // Six of them pass while nobody is there.
    shared.clock.advance(TimeDelta::hours(1));
    let second = shared.server().await;
    let client = second.anonymous().as_bearer(token);
    check(&client, &workflow, 1).await;
    triggers::fire_due(&second.state).await.expect("it fires");
    assert_eq!(runs(&client, &workflow).await.len(), 1, "what was missed comes once");
    shared.clock.advance(TimeDelta::minutes(10));
    check(&client, &workflow, 2).await;
}

macro_rules! on_each_database {
    ($($name:ident => $body:path;)+) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                $body(Shared::on(Database::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(database) = Database::postgres() {
                    $body(Shared::on(database).await).await;
                }
            }
        }
    )+};
}

on_each_database! {
    two_schedulers_fire_each_due_time_once => race;
    a_restart_fires_what_was_missed_once => restart;
}
