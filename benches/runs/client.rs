//! What a program that uses Millrace does: an account, a workflow, runs.

use anyhow::{Context as _, Result, bail};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Arc<str>,
}

impl Client {
    /// Registers a new account.
    pub async fn register(base: String) -> Result<Self> {
        let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(256).build()?;
        let mut client = Self { http, base, token: "".into() };
        let name = uuid::Uuid::now_v7().simple().to_string();
        let body = json!({"username": name, "email": format!("{name}@example.org"), "password": "correct horse battery"});
        let made = client.call(Method::POST, "/api/auth/register", Some(body)).await?;
        client.token = made["access_token"].as_str().context("no token")?.into();
        Ok(client)
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let reply = request.send().await?;
        let status = reply.status();
        let text = reply.text().await?;
        if !status.is_success() {
            bail!("{path}: {status}: {text}");
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// A workflow whose nodes follow each other; gives the path of its runs.
    pub async fn chain(&self, nodes: &[(&str, Value)]) -> Result<String> {
        let made = self.call(Method::POST, "/api/workflows", Some(json!({"name": "bench"}))).await?;
        let id = made["id"].as_str().context("no id")?.to_owned();
        let mut before: Option<String> = None;
        for (number, (node_type, config)) in nodes.iter().enumerate() {
            let body = json!({"name": format!("n{number}"), "node_type": node_type, "config": config, "position_x": 0, "position_y": 0});
            let node = self.call(Method::POST, &format!("/api/workflows/{id}/nodes"), Some(body)).await?;
            let node = node["id"].as_str().context("no id")?.to_owned();
            if let Some(source) = before {
                let edge = json!({"source_node_id": source, "target_node_id": node});
                self.call(Method::POST, &format!("/api/workflows/{id}/edges"), Some(edge)).await?;
            }
            before = Some(node);
        }
        Ok(format!("/api/workflows/{id}/runs"))
    }

    /// `transform`s that each count one up.
    pub async fn transforms(&self, number: usize) -> Result<String> {
        let nodes = vec![("transform", json!({"expression": "input + 1"})); number];
        self.chain(&nodes).await
    }

    /// A run to its end; its last step has counted up to `expected`.
    pub async fn run(&self, runs: &str, expected: usize) -> Result<()> {
        let body = json!({"input_data": 0});
        let reply = self.call(Method::POST, &format!("{runs}?wait=60"), Some(body)).await?;
        let output = &reply["run"]["output_data"][format!("n{}", expected - 1)];
        if *output != json!(expected) {
            bail!("the run gave {output}: {}", reply["run"]);
        }
        Ok(())
    }

    /// A run that is not waited for; its path.
    pub async fn start(&self, runs: &str) -> Result<String> {
        let reply = self.call(Method::POST, runs, Some(json!({"input_data": 0}))).await?;
        Ok(format!("{runs}/{}", reply["run_id"].as_str().context("no id")?))
    }

    pub async fn status(&self, run: &str) -> Result<String> {
        let reply = self.call(Method::GET, run, None).await?;
        Ok(reply["run"]["status"].as_str().unwrap_or_default().to_owned())
    }
}
