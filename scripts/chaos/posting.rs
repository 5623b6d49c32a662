//! Starts the runs, each under a key of its own, again and again until the server has said which run that is.

use crate::{client::Client, expected};
use anyhow::{Context as _, Result, bail};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Requests under way at once.
const HANDS: usize = 6;
/// Runs that are started before the first kill.
const HEAD_START: usize = 12;

/// Who asked for what, and what the server answered.
#[derive(Debug)]
pub struct Ledger {
    pub runs: usize,
    /// How much of the storm is over, in thousandths; runs are started all along.
    pub progress: AtomicUsize,
    acknowledged: Mutex<BTreeMap<String, Entry>>,
}

/// A run that the server has acknowledged.
#[derive(Debug, Clone)]
pub struct Entry {
    pub run: String,
    pub input: Value,
}

impl Ledger {
    pub fn new(runs: usize) -> Self {
        Self { runs, progress: AtomicUsize::new(0), acknowledged: Mutex::default() }
    }

    pub fn entries(&self) -> BTreeMap<String, Entry> {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps an answer; one that differs from an earlier one is a failure.
    fn keep(&self, key: &str, run: &str, input: &Value) -> Result<()> {
        let mut all = self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
        match all.get(key) {
            Some(known) if known.run != run => bail!("the key {key} gave two runs: {} and {run}", known.run),
            Some(_) => {}
            None => {
                all.insert(key.to_owned(), Entry { run: run.to_owned(), input: input.clone() });
            }
        }
        Ok(())
    }

    async fn until_due(&self, number: usize) {
        loop {
            let progress = self.progress.load(Ordering::Relaxed);
            if progress >= 1000 || number < HEAD_START + self.runs * progress / 1000 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Starts every run of the ledger.
pub async fn post_all(client: Client, workflow: String, ledger: std::sync::Arc<Ledger>) -> Result<()> {
    let next = std::sync::Arc::new(AtomicUsize::new(0));
    let mut hands: tokio::task::JoinSet<Result<()>> = tokio::task::JoinSet::new();
    for _ in 0..HANDS {
        let (client, workflow) = (client.clone(), workflow.clone());
        let (ledger, next) = (std::sync::Arc::clone(&ledger), std::sync::Arc::clone(&next));
        hands.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= ledger.runs {
                    return Ok(());
                }
                ledger.until_due(number).await;
                // Times differ, so that kills hit every place.
                let input = expected::input(number, 10 + (number as u64 * 37) % 300);
                post(&client, &workflow, &ledger, &format!("key-{number}"), &input).await?;
            }
        });
    }
    while let Some(hand) = hands.join_next().await {
        hand.context("posting")??;
    }
    Ok(())
}

/// Starts one run; a connection that breaks is answered with the same key again.
pub async fn post(
    client: &Client,
    workflow: &str,
    ledger: &Ledger,
    key: &str,
    input: &Value,
) -> Result<String> {
    let path = format!("/api/workflows/{workflow}/runs");
    let body = json!({ "input_data": input });
    let reply = client.patiently(Method::POST, &path, Some(key), Some(&body)).await?;
    let run = reply.body["run_id"].as_str().unwrap_or_default().to_owned();
    if reply.status != 202 || run.is_empty() {
        bail!("{path}: {} {}", reply.status, reply.body);
    }
    ledger.keep(key, &run, input)?;
    Ok(run)
}
