//! A small HTTP client that shows what came when something else was expected.

use reqwest::{Method, RequestBuilder, header::HeaderMap};
use serde_json::{Value, json};
use std::net::SocketAddr;

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    pub address: SocketAddr,
    /// Sent as bearer.
    pub token: Option<String>,
    /// Sent as they are.
    pub headers: Vec<(&'static str, String)>,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("a client");
        Self { http, address, token: None, headers: Vec::new() }
    }

    /// The same with one more header.
    pub fn with(&self, name: &'static str, value: impl Into<String>) -> Self {
        let mut other = self.clone();
        other.headers.push((name, value.into()));
        other
    }

    /// The same with another token.
    pub fn as_bearer(&self, token: impl Into<String>) -> Self {
        Self { token: Some(token.into()), ..self.clone() }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.http.request(method, format!("http://{}{path}", self.address));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        request
    }

    pub async fn send(&self, request: RequestBuilder) -> Reply {
        let reply = request.send().await.expect("the server answers");
        let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
        Reply { status, headers, text: reply.text().await.expect("the reply is text") }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// A body that is not necessarily JSON.
    pub async fn raw(&self, method: Method, path: &str, body: impl Into<reqwest::Body>) -> Reply {
        self.send(self.request(method, path).header("content-type", "application/json").body(body)).await
    }

    /// A workflow with these nodes (name, type, config) and edges (source, port, target); gives its path.
    pub async fn workflow(
        &self,
        nodes: &[(&str, &str, Value)],
        edges: &[(&str, Option<&str>, &str)],
    ) -> String {
        let made = self.post("/api/workflows", json!({ "name": "Test" })).await.expect(201);
        let path = format!("/api/workflows/{}", made["id"].as_str().expect("an id"));
        let ids: Vec<_> = nodes.iter().map(|_| uuid::Uuid::now_v7()).collect();
        let id = |name: &str| ids[nodes.iter().position(|n| n.0 == name).expect("a node of that name")];
        let graph = json!({
            "revision": made["revision"],
            "nodes": nodes.iter().zip(&ids).map(|((name, kind, config), id)| {
                json!({ "id": id, "name": name, "node_type": kind, "config": config })
            }).collect::<Vec<_>>(),
            "edges": edges.iter().map(|(source, port, target)| json!({
                "id": uuid::Uuid::now_v7(), "source_node_id": id(source), "source_port": port, "target_node_id": id(target)
            })).collect::<Vec<_>>(),
        });
        self.put(&format!("{path}/graph"), graph).await.expect(200);
        path
    }
}

impl Reply {
    /// The body, if the status is this one.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { serde_json::from_str(&self.text).expect("JSON") }
    }

    /// The problem's code and the fields it names, if the status is this one.
    #[track_caller]
    pub fn problem(&self, status: u16) -> (String, Vec<String>) {
        let body = self.expect(status);
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.text);
        assert_eq!(body["status"], status);
        assert!(body["detail"].as_str().is_some_and(|d| d.len() > 10), "no detail: {body}");
        assert!(body["request_id"].is_string(), "no request id: {body}");
        let fields = body["errors"].as_array().map_or(Vec::new(), |errors| {
            errors.iter().map(|e| e["field"].as_str().expect("a field").to_owned()).collect()
        });
        (body["code"].as_str().expect("a code").to_owned(), fields)
    }

    /// The value that `Set-Cookie` gives a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.headers
            .get_all("set-cookie")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .find_map(|value| value.strip_prefix(&format!("{name}=")))
            .map(|rest| rest.split(';').next().unwrap_or_default().to_owned())
    }
}
