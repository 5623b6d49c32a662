//! What is measured.

use crate::{client::Client, server::Server};
use anyhow::{Result, bail};
use reqwest::Method;
use serde_json::json;
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// One number.
#[derive(Debug, Clone)]
pub struct Figure {
    pub name: &'static str,
    pub value: f64,
    pub unit: &'static str,
}

/// Callers at once.
const CALLERS: usize = 64;
const SUSTAINED: Duration = Duration::from_secs(8);

/// How often a scene is measured: the long ones once.
pub fn turns(scene: &str, usual: usize) -> usize {
    if scene == "delayed" { 1 } else { usual }
}

pub async fn play(scene: &str, program: &Path) -> Result<Vec<Figure>> {
    let mut server = Server::start(program).await?;
    let client = Client::register(server.address()).await?;
    match scene {
        "latency" => latency(&client, 3, 2000).await,
        "forty" => latency(&client, 40, 100).await,
        "throughput" => throughput(&client, &server).await,
        "cancel" => cancel(&client).await,
        "restart" => restart(&client, &mut server).await,
        "bytes" => bytes(&client, &server).await,
        "delayed" => delayed(&client, &server).await,
        "rows" => rows(&client).await,
        "http" => crate::http::play(&client).await,
        other => bail!("no scene {other}"),
    }
}

/// One caller, one run after the other.
async fn latency(client: &Client, steps: usize, number: usize) -> Result<Vec<Figure>> {
    let runs = client.transforms(steps).await?;
    for _ in 0..number / 10 {
        client.run(&runs, steps).await?;
    }
    let mut took = Vec::with_capacity(number);
    for _ in 0..number {
        let began = Instant::now();
        client.run(&runs, steps).await?;
        took.push(milliseconds(began.elapsed()));
    }
    took.sort_by(f64::total_cmp);
    Ok(vec![
        Figure { name: "run, median", value: took[number / 2], unit: "ms" },
        Figure { name: "run, p99", value: took[number * 99 / 100], unit: "ms" },
    ])
}

/// Many callers at once, for some seconds.
async fn throughput(client: &Client, server: &Server) -> Result<Vec<Figure>> {
    let runs = client.transforms(3).await?;
    client.run(&runs, 3).await?;
    let (began, before) = (Instant::now(), server.processor_time());
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..CALLERS {
        let (client, runs) = (client.clone(), runs.clone());
        callers.spawn(async move {
            let mut done = 0_u32;
            while began.elapsed() < SUSTAINED {
                client.run(&runs, 3).await?;
                done += 1;
            }
            anyhow::Ok(done)
        });
    }
    let mut done = 0;
    while let Some(joined) = callers.join_next().await {
        done += joined??;
    }
    let seconds = began.elapsed().as_secs_f64();
    let used = server.processor_time().saturating_sub(before);
    Ok(vec![
        Figure { name: "runs per second, 64 callers", value: f64::from(done) / seconds, unit: "/s" },
        Figure {
            name: "processor time of the server a run",
            value: milliseconds(used) / f64::from(done.max(1)),
            unit: "ms",
        },
    ])
}

/// From the request to the run being cancelled, as its caller sees it.
async fn cancel(client: &Client) -> Result<Vec<Figure>> {
    let runs = client.chain(&[("delay", json!({"seconds": 600}))]).await?;
    let mut took = Vec::new();
    for _ in 0..50 {
        let run = client.start(&runs).await?;
        while client.status(&run).await? != "waiting" {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let began = Instant::now();
        client.call(Method::POST, &format!("{run}/cancel"), None).await?;
        while client.status(&run).await? != "cancelled" {}
        took.push(milliseconds(began.elapsed()));
    }
    took.sort_by(f64::total_cmp);
    Ok(vec![
        Figure { name: "cancel, median", value: took[25], unit: "ms" },
        Figure { name: "cancel, slowest of 50", value: took[49], unit: "ms" },
    ])
}

/// `kill -9` while many runs are under way; from the start of the next process until all have ended.
async fn restart(client: &Client, server: &mut Server) -> Result<Vec<Figure>> {
    let runs = client.transforms(40).await?;
    client.run(&runs, 40).await?;
    let mut begun = Vec::new();
    for _ in 0..100 {
        begun.push(client.start(&runs).await?);
    }
    server.kill();
    let began = Instant::now();
    let ready = server.go().await?;
    for run in &begun {
        loop {
            match client.status(run).await?.as_str() {
                "completed" => break,
                "failed" | "cancelled" => bail!("a run did not survive"),
                _ => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
    }
    Ok(vec![
        Figure { name: "ready after kill -9", value: milliseconds(ready), unit: "ms" },
        Figure { name: "100 runs of 40 steps ended after", value: milliseconds(began.elapsed()), unit: "ms" },
    ])
}

async fn bytes(client: &Client, server: &Server) -> Result<Vec<Figure>> {
    let runs = client.transforms(3).await?;
    client.run(&runs, 3).await?;
    let before = server.database_bytes();
    for _ in 0..3000 {
        client.run(&runs, 3).await?;
    }
    let grown = server.database_bytes().saturating_sub(before);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    Ok(vec![Figure { name: "database, a run of 3 steps", value: grown as f64 / 3000.0, unit: "bytes" }])
}

/// 10,000 runs that each wait for a second.
async fn delayed(client: &Client, server: &Server) -> Result<Vec<Figure>> {
    const RUNS: usize = 10_000;
    let runs = client.chain(&[("delay", json!({"seconds": 1}))]).await?;
    let idle = server.memory().1;
    let began = Instant::now();
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..CALLERS {
        let (client, runs) = (client.clone(), runs.clone());
        callers.spawn(async move {
            for _ in 0..RUNS.div_ceil(CALLERS) {
                client.start(&runs).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(joined) = callers.join_next().await {
        joined??;
    }
    let posted = began.elapsed();
    // Unfinished runs of any kind: none is left in the end.
    for status in ["pending", "running", "waiting"] {
        loop {
            let page = client.call(Method::GET, &format!("/api/runs?status={status}&limit=1"), None).await?;
            if page["items"].as_array().is_some_and(Vec::is_empty) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    let took = began.elapsed();
    for status in ["failed", "cancelled"] {
        let page = client.call(Method::GET, &format!("/api/runs?status={status}&limit=1"), None).await?;
        if page["items"].as_array().is_some_and(|items| !items.is_empty()) {
            bail!("a run {status}");
        }
    }
    let (highest, _) = server.memory();
    Ok(vec![
        Figure { name: "10,000 runs posted after", value: posted.as_secs_f64(), unit: "s" },
        Figure { name: "all ended after", value: took.as_secs_f64(), unit: "s" },
        Figure { name: "memory, idle", value: idle, unit: "MB" },
        Figure { name: "memory, highest", value: highest, unit: "MB" },
    ])
}

/// 10,000 rows in one list: from the request, which brings them, to the end of the run that has written them. New rows,
/// and then the same ones again by their key.
async fn rows(client: &Client) -> Result<Vec<Figure>> {
    const ROWS: usize = 10_000;
    let row = |n: usize| json!({"n": n, "price": 2.5, "name": format!("person {n}"), "ok": n.is_multiple_of(2), "tags": ["x"]});
    let input = json!({"input_data": (0..ROWS).map(row).collect::<Vec<_>>()});
    let write = |table: &str, mode: &str, key: &[&str]| {
        ("db_write", json!({"table": table, "data": "{{ input }}", "mode": mode, "key": key}))
    };
    let mut figures = Vec::new();
    for (name, write) in [
        ("10,000 new rows by one db_write", write("new", "insert", &[])),
        ("10,000 rows by their key", write("keyed", "upsert", &["n"])),
    ] {
        let runs = client.chain(&[write]).await?;
        let mut took = Vec::new();
        // The first one makes the table.
        for turn in 0..6 {
            let began = Instant::now();
            let reply = client.call(Method::POST, &format!("{runs}?wait=60"), Some(input.clone())).await?;
            if reply["run"]["output_data"]["n0"] != json!({"rows": ROWS}) {
                bail!("the run gave {}", reply["run"]["error_message"]);
            }
            if turn > 0 {
                took.push(milliseconds(began.elapsed()));
            }
        }
        took.sort_by(f64::total_cmp);
        figures.push(Figure { name, value: took[took.len() / 2], unit: "ms" });
    }
    Ok(figures)
}

pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
