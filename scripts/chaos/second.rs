//! A second server on the same database that stops in the middle of its work for longer than its lease, and then goes
//! on as if nothing had been.

use crate::{
    client::Client,
    expected,
    postgres::Cluster,
    posting::{Ledger, post},
    recorder::Recorder,
    server::{Place, Server},
    shape::Shape,
};
use anyhow::{Result, bail};
use rand::{RngExt as _, rngs::StdRng};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// Runs that the second server gets each time.
const RUNS: usize = 6;
/// How long one of their steps takes, so that it is under way when the server freezes.
const PAUSE_MS: u64 = 1500;
/// How long the runs of a frozen server may take to be done by the other.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is needed to set the scene.
pub struct Stage<'s> {
    pub place: Place,
    pub folder: &'s Path,
    pub workflow: &'s Shape,
    pub ledger: &'s Ledger,
    /// Speaks with the first server.
    pub client: &'s Client,
    pub cluster: &'s Cluster,
}

/// A process that was frozen, and what it had under way.
#[derive(Debug)]
pub struct Frozen {
    pub pid: u32,
    pub held: Vec<Held>,
}

#[derive(Debug)]
pub struct Held {
    pub run: String,
    pub name: String,
    pub attempt: i32,
}

/// Freezes a second server that often.
pub async fn freeze(stage: &Stage<'_>, times: usize, rng: &mut StdRng) -> Result<Vec<Frozen>> {
    let mut server = Server::new(stage.place.clone(), stage.folder.join("frozen"))?;
    let mut frozen = Vec::new();
    for time in 0..times {
        server.start()?;
        server.wait_until_ready().await?;
        let client = stage.client.of(server.address());
        let mut runs = Vec::new();
        for number in 0..RUNS {
            let number = stage.ledger.runs + time * RUNS + number;
            let input = expected::input(number, PAUSE_MS);
            let key = format!("second-{number}");
            runs.push(post(&client, &stage.workflow.id, stage.ledger, &key, &input).await?);
        }
        until_it_works(stage, &mut server).await?;
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..1000))).await;
        server.freeze()?;
        let recorder = Recorder::read(&stage.place.recorder)?;
        let held: Vec<_> = recorder
            .under_way(server.pid())
            .into_iter()
            .map(|line| Held { run: line.run.clone(), name: line.name.clone(), attempt: line.attempt })
            .collect();
        let began = Instant::now();
        let done = until_done(stage, &runs).await;
        server.thaw()?;
        done?;
        println!(
            "froze the second server with {} attempts under way; its runs were done after {} ms",
            held.len(),
            began.elapsed().as_millis()
        );
        // Its late results come at once: its timers ran out while it stood still.
        tokio::time::sleep(Duration::from_secs(2)).await;
        server.still_there()?;
        frozen.push(Frozen { pid: server.pid(), held });
        server.kill()?;
    }
    Ok(frozen)
}

/// Waits until the second server executes something.
async fn until_it_works(stage: &Stage<'_>, server: &mut Server) -> Result<()> {
    let began = Instant::now();
    loop {
        server.still_there()?;
        let recorder = Recorder::read(&stage.place.recorder)?;
        if recorder.under_way(server.pid()).iter().any(|line| line.name == "Right") {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            bail!("the second server took none of the {RUNS} runs that it was given");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until the first server has done the runs.
async fn until_done(stage: &Stage<'_>, runs: &[String]) -> Result<()> {
    let began = Instant::now();
    for run in runs {
        let path = format!("/api/workflows/{}/runs/{run}", stage.workflow.id);
        loop {
            let detail = stage.client.get(&path).await?;
            if detail["run"]["completed_at"].is_string() {
                break;
            }
            if began.elapsed() > PATIENCE {
                let locks = stage.cluster.waiting_queries().await.unwrap_or_default();
                bail!("a run of the frozen server does not go on: {detail}\nqueries that wait: {locks:?}");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(())
}
