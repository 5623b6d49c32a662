//! Searches through the API: a server of its own, a collection of 100,000 documents, eight clients.

use crate::{milliseconds, percentile, server::Server, tell};
use anyhow::{Context as _, Result, bail};
use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use serde_json::{Value, json};
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

const DOCUMENTS: usize = 100_000;
/// As many as fit into one request of a megabyte.
const AT_ONCE: usize = 200;
const CLIENTS: usize = 8;
const MEASURED: Duration = Duration::from_secs(10);
const SEARCH: &str = "/api/vectors/collections/bench/search";

#[derive(Clone)]
struct Client {
    http: reqwest::Client,
    base: String,
    token: Arc<str>,
}

impl Client {
    async fn send(&self, path: &str, body: impl Into<reqwest::Body>) -> Result<String> {
        let request = self.http.post(format!("{}{path}", self.base)).bearer_auth(&self.token);
        let reply = request.header("content-type", "application/json").body(body).send().await?;
        let (status, text) = (reply.status(), reply.text().await?);
        if !status.is_success() {
            bail!("{path}: {status}: {text}");
        }
        Ok(text)
    }
}

/// Searches a second by vector and by text.
pub async fn searches(program: &Path) -> Result<()> {
    let server = Server::start(program).await?;
    let http = reqwest::Client::builder().no_proxy().build()?;
    let mut client = Client { http, base: server.address(), token: "".into() };
    let account =
        json!({"username": "bench", "email": "bench@example.org", "password": "correct horse battery"});
    let account: Value =
        serde_json::from_str(&client.send("/api/auth/register", account.to_string()).await?)?;
    client.token = account["access_token"].as_str().context("no token")?.into();
    client.send("/api/vectors/collections", json!({"name": "bench"}).to_string()).await?;

    let begun = Instant::now();
    let mut random = SmallRng::seed_from_u64(5);
    let centres: Vec<Vec<f32>> =
        (0..1000).map(|_| (0..384).map(|_| random.random_range(-1.0..1.0f32)).collect()).collect();
    let mut vector = move || {
        let centre = &centres[random.random_range(0..centres.len())];
        let numbers: Vec<String> =
            centre.iter().map(|x| format!("{:.4}", x + random.random_range(-0.5..0.5f32))).collect();
        format!("[{}]", numbers.join(","))
    };
    for part in 0..DOCUMENTS / AT_ONCE {
        let vectors: Vec<String> = (0..AT_ONCE).map(|_| vector()).collect();
        let texts: Vec<String> = (0..AT_ONCE).map(|i| format!("document {} of part {part}", i)).collect();
        let body =
            format!("{{\"texts\":{},\"vectors\":[{}]}}", serde_json::to_string(&texts)?, vectors.join(","));
        client.send("/api/vectors/collections/bench/documents", body).await?;
    }
    tell(
        "api",
        "100,000 documents added by vector",
        DOCUMENTS as f64 / begun.elapsed().as_secs_f64(),
        "documents/s",
    );
    let by_vector: Vec<String> =
        (0..500).map(|_| format!("{{\"top_k\":10,\"vector\":{}}}", vector())).collect();
    client.send(SEARCH, by_vector[0].clone()).await?;
    let begun = Instant::now();
    while !indexed(&client).await? {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    tell("api", "until the index has clusters", begun.elapsed().as_secs_f64(), "s");
    many("by vector", &client, by_vector).await?;
    let by_text: Vec<String> = (0..500)
        .map(|i| json!({"top_k": 10, "query": format!("how do I change setting {i}?")}).to_string())
        .collect();
    client.send(SEARCH, by_text[0].clone()).await?;
    many("by text", &client, by_text).await?;
    tell("api", "memory of the server", server.memory().1, "MB");
    Ok(())
}

async fn indexed(client: &Client) -> Result<bool> {
    let request = client.http.get(format!("{}/api/vectors/collections/bench", client.base));
    let seen: Value = request.bearer_auth(&client.token).send().await?.json().await?;
    Ok(seen["index_kind"] == "ivf")
}

async fn many(name: &str, client: &Client, bodies: Vec<String>) -> Result<()> {
    let bodies = Arc::new(bodies);
    let begun = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|start| {
            let (client, bodies) = (client.clone(), Arc::clone(&bodies));
            tokio::spawn(async move {
                let mut times = Vec::new();
                for turn in 0.. {
                    if begun.elapsed() > MEASURED {
                        break;
                    }
                    let body = bodies[(start * 61 + turn) % bodies.len()].clone();
                    let asked = Instant::now();
                    client.send(SEARCH, body).await?;
                    times.push(asked.elapsed());
                }
                Ok::<_, anyhow::Error>(times)
            })
        })
        .collect();
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.await??);
    }
    let seconds = begun.elapsed().as_secs_f64();
    tell("api", &format!("{name}, 8 clients"), times.len() as f64 / seconds, "searches/s");
    tell("api", &format!("{name}, p50"), milliseconds(percentile(&mut times, 0.5)), "ms");
    tell("api", &format!("{name}, p99"), milliseconds(percentile(&mut times, 0.99)), "ms");
    Ok(())
}
