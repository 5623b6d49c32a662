//! Speaks HTTP with a server that may be gone at any moment.

use anyhow::{Context as _, Result, bail};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// How long a server may be away before that is a failure.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(25);

/// Speaks with several servers of one database in turn.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    servers: Vec<String>,
    turn: Arc<AtomicUsize>,
    key: String,
}

/// A status and the JSON that came with it.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub body: Value,
}

impl Client {
    pub fn new(servers: Vec<String>) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(10))
            .build()
            .unwrap_or_default();
        Self { http, servers, turn: Arc::default(), key: String::new() }
    }

    /// Makes the account that owns everything, and a key for it that every server knows.
    pub async fn register(&mut self) -> Result<()> {
        let all = std::mem::take(&mut self.servers);
        // An access token is good for the server that gave it.
        self.servers = all[..1].to_vec();
        let body =
            json!({ "username": "chaos", "email": "chaos@example.org", "password": "correct horse battery" });
        let made = self.post("/api/auth/register", body, 201).await?;
        self.key = made["access_token"].as_str().context("no token")?.to_owned();
        let body = json!({ "name": "chaos", "scopes": ["read", "run", "write"] });
        let made = self.post("/api/keys", body, 201).await?;
        self.key = made["key"].as_str().context("no key")?.to_owned();
        self.servers = all;
        Ok(())
    }

    /// The same user on that server.
    pub fn of(&self, server: String) -> Self {
        Self { servers: vec![server], ..self.clone() }
    }

    /// One try.
    pub async fn once(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Reply, reqwest::Error> {
        let server = &self.servers[self.turn.fetch_add(1, Ordering::Relaxed) % self.servers.len()];
        let mut request = self.http.request(method, format!("{server}{path}"));
        if !self.key.is_empty() {
            request = request.bearer_auth(&self.key);
        }
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let reply = request.send().await?;
        let status = reply.status().as_u16();
        let text = reply.text().await?;
        Ok(Reply { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) })
    }

    /// Tries again while the server is away or says that it cannot just now.
    pub async fn patiently(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Reply> {
        let began = Instant::now();
        loop {
            let reason = match self.once(method.clone(), path, key, body).await {
                Ok(reply) if reply.status < 500 && reply.status != 408 => return Ok(reply),
                Ok(reply) if reply.status == 500 => bail!("{method} {path}: {} {}", reply.status, reply.body),
                Ok(reply) => format!("{} {}", reply.status, reply.body),
                Err(error) => error.to_string(),
            };
            if began.elapsed() > PATIENCE {
                bail!("{method} {path}: no answer for {} s: {reason}", PATIENCE.as_secs());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    pub async fn get(&self, path: &str) -> Result<Value> {
        let reply = self.patiently(Method::GET, path, None, None).await?;
        expect(reply, 200, path)
    }

    pub async fn post(&self, path: &str, body: Value, status: u16) -> Result<Value> {
        let reply = self.patiently(Method::POST, path, None, Some(&body)).await?;
        expect(reply, status, path)
    }

    pub async fn put(&self, path: &str, body: Value) -> Result<Value> {
        let reply = self.patiently(Method::PUT, path, None, Some(&body)).await?;
        expect(reply, 200, path)
    }

    /// A reply that is no JSON: the whole event stream of a run that has ended.
    pub async fn text(&self, path: &str) -> Result<String> {
        match self.patiently(Method::GET, path, None, None).await?.body {
            Value::String(text) => Ok(text),
            other => bail!("{path} gave JSON instead of a stream: {other}"),
        }
    }

    /// Every item of a paged list.
    pub async fn pages(&self, path: &str) -> Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut after = String::new();
        loop {
            let mark = if path.contains('?') { '&' } else { '?' };
            let mut page = self.get(&format!("{path}{mark}limit=200{after}")).await?;
            if let Some(Value::Array(more)) = page.get_mut("items").map(Value::take) {
                items.extend(more);
            }
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return Ok(items),
            }
        }
    }
}

fn expect(reply: Reply, status: u16, path: &str) -> Result<Value> {
    if reply.status != status {
        bail!("{path}: {} instead of {status}: {}", reply.status, reply.body);
    }
    Ok(reply.body)
}
