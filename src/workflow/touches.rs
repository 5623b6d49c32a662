//! What a workflow reaches outside of itself, read from its configs: hosts, tables, collections, credentials. Pure; names
//! that are computed are given as they are written.

use super::{catalog, document::Workflow};
use serde_json::Value;

/// Names of each kind, each once, in the order of the steps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    pub hosts: Vec<String>,
    pub tables: Vec<String>,
    pub collections: Vec<String>,
    pub credentials: Vec<String>,
}

/// What the steps of a document name.
#[must_use]
pub fn of(document: &Workflow) -> Touched {
    let mut all = Touched::default();
    for node in &document.nodes {
        let Some(kind) = catalog::find(&node.node_type) else { continue };
        for field in &kind.fields {
            let Some(value) = node.config.get(&field.name).and_then(Value::as_str).filter(|v| !v.is_empty())
            else {
                continue;
            };
            let widget = field.schema.get("x-widget").and_then(Value::as_str);
            match widget {
                Some("table") => add(&mut all.tables, value),
                Some("collection") => add(&mut all.collections, value),
                Some("credential") => add(&mut all.credentials, value),
                _ if field.name == "url" => {
                    add(&mut all.hosts, host(constant(document, value).unwrap_or(value)))
                }
                _ => {}
            }
        }
    }
    all
}

fn add(list: &mut Vec<String>, name: &str) {
    if !list.iter().any(|known| known == name) {
        list.push(name.to_owned());
    }
}

/// The value of the constant that an address begins with: `{{ vars.url }}`.
fn constant<'a>(document: &'a Workflow, url: &str) -> Option<&'a str> {
    let inner = url.trim().strip_prefix("{{")?.split_once("}}")?.0;
    document.vars.get(inner.trim().strip_prefix("vars.")?)?.as_str()
}

/// The host of an address, as far as it is written out; an expression in its place stands for itself.
fn host(url: &str) -> &str {
    let url = url.trim();
    if url.starts_with("{{") {
        return url.find("}}").map_or(url, |end| &url[..end + 2]);
    }
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    if rest.starts_with("{{") {
        return host(rest);
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::templates::Template;
    use serde_json::json;

    #[test]
    fn hosts_are_read_from_addresses() {
        let read = [
            "https://api.example.org/v1?x=1",
            "http://user:pass@host.example:8080",
            "https://[::1]:80/x",
            "{{ vars.api }}/status",
            "https://{{ input.host }}/x",
            "example.org",
        ]
        .map(host);
        assert_eq!(
            read,
            ["api.example.org", "host.example", "[::1]", "{{ vars.api }}", "{{ input.host }}", "example.org"]
        );
    }

    #[test]
    fn every_kind_is_named_once() {
        let node = |n: u128, kind: &str, config: Value| json!({"id": uuid::Uuid::from_u128(n), "name": format!("n{n}"), "node_type": kind, "config": config});
        let document: Workflow = serde_json::from_value(json!({
            "name": "All", "edges": [], "nodes": [
                node(1, "http_request", json!({"url": "https://a.example/x", "credential": "Mill API"})),
                node(2, "http_request", json!({"url": "https://a.example/y"})),
                node(3, "db_write", json!({"table": "orders", "data": "{{ input }}"})),
                node(4, "faiss_search", json!({"collection_name": "Notes", "query": "{input}"})),
                node(5, "unheard_of", json!({"url": "https://b.example"})),
            ]
        }))
        .unwrap();
        let all = of(&document);
        assert_eq!(all.hosts, ["a.example"]);
        assert_eq!(all.tables, ["orders"]);
        assert_eq!(all.collections, ["Notes"]);
        assert_eq!(all.credentials, ["Mill API"]);
    }

    #[test]
    fn templates_say_what_they_touch() {
        let touched = |slug| of(&Template::find(slug).unwrap().file().unwrap().into_workflow());
        assert_eq!(touched("summarise-a-text"), Touched::default());
        assert_eq!(touched("ask-my-documents").collections, ["Sample documents"]);
        assert_eq!(touched("watch-an-api").hosts, ["api.open-meteo.com"], "a constant is looked up");
    }
}
