//! Reads over HTTP what became of every run.

use crate::{
    client::Client,
    posting::{Ledger, post},
    recorder::Recorder,
    server::Server,
    shape::{ITEMS, OUTCOMES, Shape},
};
use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, Utc};
use futures::{StreamExt as _, TryStreamExt as _};
use serde::Deserialize;
use serde_json::Value;
use std::{
    collections::HashMap,
    path::Path,
    time::{Duration, Instant},
};

/// How long nothing may end before the runs count as stuck.
const PATIENCE: Duration = Duration::from_secs(90);
/// Requests at once.
const HANDS: usize = 8;

/// Everything there is to check.
#[derive(Debug)]
pub struct World {
    /// The runs that the workflow's list shows.
    pub runs: Vec<Run>,
    /// The child runs by their parent.
    pub children: HashMap<String, Vec<Run>>,
    /// The rows of the tables, by table.
    pub rows: HashMap<&'static str, Vec<Row>>,
    pub recorder: Recorder,
    /// Keys that gave another run when they were sent once more, and what came.
    pub keys_that_changed: Vec<String>,
}

/// A row that a run has written.
#[derive(Debug, Clone, Deserialize)]
pub struct Row {
    pub run: String,
    pub value: i64,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Run {
    #[serde(rename = "run")]
    pub head: Head,
    #[serde(rename = "node_executions")]
    pub executions: Vec<Execution>,
    /// Number and kind, and the node where it is about one.
    #[serde(skip)]
    pub events: Vec<(i64, String, Option<String>)>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Head {
    pub id: String,
    pub status: String,
    pub input_data: Value,
    pub output_data: Value,
    pub error_message: Option<String>,
    pub parent: Option<Parent>,
    pub started_at: Option<DateTime<Utc>>,
    pub completed_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Parent {
    pub run_id: String,
    pub node_id: String,
    pub item_index: usize,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Execution {
    pub node_name: String,
    pub attempt: i32,
    pub status: String,
    pub port: Option<String>,
    pub output_data: Value,
    pub execution_order: i32,
    pub started_at: Option<DateTime<Utc>>,
    pub completed_at: Option<DateTime<Utc>>,
}

impl Run {
    pub fn of<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'r Execution> {
        self.executions.iter().filter(move |e| e.node_name == name)
    }

    pub fn completed<'r>(&'r self, name: &'r str) -> Option<&'r Execution> {
        self.of(name).find(|e| e.status == "completed")
    }
}

/// Waits until no run is left unfinished.
pub async fn wait_for_all(client: &Client, shape: &Shape, servers: &mut [Server]) -> Result<()> {
    let (mut last, mut since) = (usize::MAX, Instant::now());
    loop {
        servers.iter_mut().try_for_each(Server::still_there)?;
        let mut left = Vec::new();
        for status in ["pending", "running", "waiting"] {
            left.extend(client.pages(&format!("/api/runs?status={status}")).await?);
        }
        if left.is_empty() {
            return Ok(());
        }
        if left.len() < last {
            (last, since) = (left.len(), Instant::now());
        }
        if since.elapsed() > PATIENCE {
            let first = &left[left.len() - 1];
            let path =
                format!("/api/workflows/{}/runs/{}", shape.id, first["id"].as_str().unwrap_or_default());
            bail!(
                "{} runs do not end; the oldest: {first}\n{}",
                left.len(),
                client.get(&path).await.unwrap_or_default()
            );
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Reads everything.
pub async fn read_all(client: &Client, shape: &Shape, ledger: &Ledger, recorder: &Path) -> Result<World> {
    let keys = ledger.entries();
    let again = futures::stream::iter(keys.iter().map(|(key, entry)| async move {
        post(client, &shape.id, ledger, key, &entry.input).await.err().map(|error| error.to_string())
    }));
    let keys_that_changed: Vec<_> =
        again.buffer_unordered(HANDS).filter_map(std::future::ready).collect().await;
    let runs = read_runs(client, &shape.id).await?;
    let mut children: HashMap<String, Vec<Run>> = HashMap::new();
    if let Some(child) = &shape.child {
        for run in read_runs(client, &child.id).await? {
            let parent = run.head.parent.as_ref().map(|parent| parent.run_id.clone()).unwrap_or_default();
            children.entry(parent).or_default().push(run);
        }
    }
    let mut rows = HashMap::from([(OUTCOMES, read_rows(client, OUTCOMES).await?)]);
    if shape.child.is_some() {
        rows.insert(ITEMS, read_rows(client, ITEMS).await?);
    }
    Ok(World { runs, children, rows, recorder: Recorder::read(recorder)?, keys_that_changed })
}

async fn read_rows(client: &Client, table: &str) -> Result<Vec<Row>> {
    let rows = client.pages(&format!("/api/tables/{table}/rows")).await?;
    rows.into_iter().map(|row| serde_json::from_value(row).context("a row of a table")).collect()
}

async fn read_runs(client: &Client, workflow: &str) -> Result<Vec<Run>> {
    let list = client.pages(&format!("/api/workflows/{workflow}/runs")).await?;
    futures::stream::iter(list.into_iter().map(|summary| async move {
        let id = summary["id"].as_str().context("a run without an id")?.to_owned();
        let path = format!("/api/workflows/{workflow}/runs/{id}");
        let mut run: Run = serde_json::from_value(client.get(&path).await?).context(path.clone())?;
        if ["completed", "failed", "cancelled"].contains(&run.head.status.as_str()) {
            run.events = events(&client.text(&format!("{path}/events")).await?);
        }
        Ok(run)
    }))
    .buffer_unordered(HANDS)
    .try_collect()
    .await
}

/// The stored events of a stream, in the order in which it told them.
fn events(stream: &str) -> Vec<(i64, String, Option<String>)> {
    let mut found = Vec::new();
    for block in stream.split("\n\n") {
        let field = |name: &str| {
            block
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .map(|text| text.trim_start())
        };
        if let (Some(Ok(seq)), Some(kind)) = (field("id").map(str::parse), field("event")) {
            let data: Value = field("data").and_then(|d| serde_json::from_str(d).ok()).unwrap_or_default();
            found.push((seq, kind.to_owned(), data["node"].as_str().map(str::to_owned)));
        }
    }
    found
}
