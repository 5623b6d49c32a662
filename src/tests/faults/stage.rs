//! A server with its data folder and an account, a run that is played on it, and what its probes wrote down.

use super::row::{Row, Step};
use crate::support::{Client, Database, process::Process};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    ffi::OsString,
    time::{Duration, Instant},
};

/// Longer than any run takes here.
const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(20);

pub struct Stage {
    folder: tempfile::TempDir,
    database_url: Option<String>,
    pub models: Option<OsString>,
    client: Client,
    /// Runs between the plays, without faults.
    server: Option<Process>,
}

/// A run that was played.
pub struct Played {
    /// The run with its executions, at its end.
    pub detail: Value,
    /// How often the server ended.
    pub deaths: usize,
    /// What the servers logged meanwhile.
    pub log: String,
    /// What probes wrote down meanwhile.
    pub recorded: Vec<Line>,
}

/// The beginning or the end of an attempt.
#[derive(Debug, Deserialize)]
pub struct Line {
    pub event: String,
    pub result: String,
    pub run: String,
    pub name: String,
    pub attempt: i64,
}

impl Stage {
    /// A server with an account.
    pub async fn set(database: Database) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database_url = database.url().await;
        let mut stage = Self {
            folder,
            database_url,
            models: None,
            client: Client::new(([127, 0, 0, 1], 1).into()),
            server: None,
        };
        stage.server = Some(stage.start(""));
        let body = json!({ "username": "ada", "email": "ada@example.org", "password": "correct horse" });
        let made = stage.client.post("/api/auth/register", body).await.expect(201);
        stage.client.token = made["access_token"].as_str().map(str::to_owned);
        stage
    }

    /// A workflow whose steps follow each other; gives its path.
    pub async fn workflow(&self, steps: &[Step]) -> String {
        let made = self.client.post("/api/workflows", json!({ "name": steps[0].0 })).await.expect(201);
        let path = format!("/api/workflows/{}", made["id"].as_str().expect("an id"));
        let ids: Vec<_> = steps.iter().map(|_| uuid::Uuid::now_v7()).collect();
        let nodes: Vec<_> = steps
            .iter()
            .zip(&ids)
            .map(|((name, kind, config, settings), id)| {
                json!({ "id": id, "name": name, "node_type": kind, "config": config, "settings": settings })
            })
            .collect();
        let edges: Vec<_> = ids
            .windows(2)
            .map(|pair| {
                json!({ "id": uuid::Uuid::now_v7(), "source_node_id": pair[0], "target_node_id": pair[1] })
            })
            .collect();
        let graph = json!({ "revision": made["revision"], "nodes": nodes, "edges": edges });
        self.client.put(&format!("{path}/graph"), graph).await.expect(200);
        path
    }

    /// A table with these columns (name and type): a step that finds it ready makes nothing by itself, only with the
    /// journal.
    pub async fn table(&self, name: &str, columns: &[(&str, &str)]) {
        let columns: Vec<_> =
            columns.iter().map(|(name, kind)| json!({ "name": name, "type": kind })).collect();
        self.client.post("/api/tables", json!({ "name": name, "columns": columns })).await.expect(201);
    }

    /// A model elsewhere.
    pub async fn model(&self, name: &str, url: &str) {
        let body = json!({ "name": name, "base_url": url, "model": "scripted" });
        self.client.post("/api/models", body).await.expect(201);
    }

    /// A collection for vectors of so many dimensions.
    pub async fn collection(&self, name: &str, dimension: u32) {
        let body = json!({ "name": name, "dimension": dimension });
        self.client.post("/api/vectors/collections", body).await.expect(201);
    }

    /// Starts a run and goes on with it to its end, whatever happens to the server.
    pub async fn play(&mut self, row: &Row, fault: &str) -> Played {
        let log = self.folder.path().join("server.log");
        let before = std::fs::read(&log).expect("a log").len();
        let recorded_before = self.recorded().len();
        // One server at a time: the one without faults goes first.
        self.server = None;
        let mut server = self.start(fault);
        let (key, began, mut deaths) = (uuid::Uuid::now_v7().to_string(), Instant::now(), 0);
        let mut run = None;
        let detail = loop {
            match self.go_on(row, &key, &mut run).await {
                Some(detail) => break detail,
                None if server.has_ended() => {
                    deaths += 1;
                    server = self.start("");
                }
                None => tokio::time::sleep(PAUSE).await,
            }
            let first: String = fault.chars().take(60).collect();
            assert!(began.elapsed() < PATIENCE, "{first}…: the run does not end; see {}", self.keep());
        };
        self.server = Some(server);
        let log = String::from_utf8_lossy(&std::fs::read(&log).expect("a log")[before..]).into_owned();
        Played { detail, deaths, log, recorded: self.recorded().split_off(recorded_before) }
    }

    /// Does what is next for the run as its owner: starts it, approves it, looks. The run, once it has ended.
    async fn go_on(&self, row: &Row, key: &str, run: &mut Option<String>) -> Option<Value> {
        let Some(id) = run else {
            let request = self.client.request(Method::POST, &format!("{}/runs", row.path));
            let body = json!({ "input_data": row.input });
            let reply = request.header("Idempotency-Key", key).json(&body).send().await.ok()?;
            let accepted: Value = reply.json().await.ok()?;
            *run = accepted["run_id"].as_str().map(str::to_owned);
            return None;
        };
        let path = format!("{}/runs/{id}", row.path);
        let reply = self.client.request(Method::GET, &path).send().await.ok()?;
        let detail: Value = reply.json().await.ok()?;
        if detail["run"]["completed_at"].is_string() {
            return Some(detail);
        }
        let waits = |step: &&Value| step["node_type"] == "approval" && step["status"] == "waiting";
        if let Some(step) = detail["node_executions"].as_array().and_then(|rows| rows.iter().find(waits)) {
            let body = json!({ "node": step["node_name"], "approved": true, "comment": "go" });
            // Refused where it was approved before; a server that ends is seen at the next look.
            let _ = self.client.request(Method::POST, &format!("{path}/approve")).json(&body).send().await;
        }
        None
    }

    fn start(&mut self, fault: &str) -> Process {
        let mut variables =
            vec![("MILLRACE_PROBE_FILE", self.folder.path().join("recorder").into_os_string())];
        variables.push(("MILLRACE_OUTBOUND_ALLOW", "127.0.0.1/32".into()));
        if !fault.is_empty() {
            variables.push(("FAILPOINTS", fault.into()));
        }
        if let Some(url) = &self.database_url {
            variables.push(("DATABASE_URL", url.into()));
        }
        if let Some(models) = &self.models {
            variables.push(("MILLRACE_MODELS_DIR", models.clone()));
        }
        let server = Process::start(self.folder.path(), &variables);
        self.client.address = server.address;
        server
    }

    fn recorded(&self) -> Vec<Line> {
        let text = std::fs::read_to_string(self.folder.path().join("recorder")).unwrap_or_default();
        // An abort may cut the last line of a process.
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Leaves the folder where it is, for people.
    fn keep(&mut self) -> String {
        self.folder.disable_cleanup(true);
        self.folder.path().display().to_string()
    }
}
