//! What an `http_request` step costs over a bare call of the library that it uses, against a target in this process.

use crate::{
    client::Client,
    scenes::{Figure, milliseconds},
};
use anyhow::{Result, bail};
use axum::{Json, Router, routing::get};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Instant;

/// Steps of a run, one after the other.
const STEPS: usize = 20;
const RUNS: usize = 60;
const BARE_CALLS: usize = STEPS * RUNS;

/// Runs of requests, runs of transforms and bare calls, turn by turn. The step that does nothing is taken off: what is
/// left of a step is its request.
pub async fn play(client: &Client) -> Result<Vec<Figure>> {
    let reply = json!({"items": [1, 2, 3], "text": "a reply of ordinary size ".repeat(20)});
    let target = Router::new().route("/", get(move || async move { Json(reply) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let serving = tokio::spawn(async move { axum::serve(listener, target).await });
    let requests = client.chain(&vec![("http_request", json!({"url": url})); STEPS]).await?;
    let transforms = client.chain(&vec![("transform", json!({"expression": "1"})); STEPS]).await?;
    let bare = reqwest::Client::builder().no_proxy().build()?;
    let (mut with, mut without, mut calls) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 0..RUNS + 5 {
        let request = run(client, &requests).await?;
        let transform = run(client, &transforms).await?;
        for _ in 0..BARE_CALLS / RUNS {
            let began = Instant::now();
            bare.get(&url).send().await?.json::<Value>().await?;
            if turn >= 5 {
                calls.push(milliseconds(began.elapsed()));
            }
        }
        if turn >= 5 {
            with.push(request);
            without.push(transform);
        }
    }
    serving.abort();
    let steps = f64::from(u32::try_from(STEPS)?);
    let step = (median(with) - median(without)) / steps;
    let call = median(calls);
    Ok(vec![
        Figure { name: "http_request, a step", value: step, unit: "ms" },
        Figure { name: "bare reqwest call", value: call, unit: "ms" },
        Figure { name: "overhead", value: step - call, unit: "ms" },
    ])
}

async fn run(client: &Client, runs: &str) -> Result<f64> {
    let began = Instant::now();
    let reply = client.call(Method::POST, &format!("{runs}?wait=60"), Some(json!({"input_data": 0}))).await?;
    let took = milliseconds(began.elapsed());
    if reply["run"]["status"] != "completed" {
        bail!("the run {}: {}", reply["run"]["status"], reply["run"]["error_message"]);
    }
    Ok(took)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
