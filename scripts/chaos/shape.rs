//! The workflow that is run: fourteen nodes with a diamond, a for_each, an agent, a step that has to be tried again, a
//! branch, and rows that are written to tables, in each run and in each child run.

use crate::{client::Client, outside};
use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// A node of the workflow.
#[derive(Debug, Clone)]
pub struct Node {
    pub id: String,
    pub name: &'static str,
    pub kind: &'static str,
    pub config: Value,
    pub settings: Value,
}

/// A workflow on the server.
#[derive(Debug, Clone)]
pub struct Shape {
    pub id: String,
    pub nodes: Vec<Node>,
    /// Source, port, target.
    pub edges: Vec<(&'static str, &'static str, &'static str)>,
    /// The workflow that the for_each runs for each item.
    pub child: Option<Box<Shape>>,
}

/// The table with a row of each run.
pub const OUTCOMES: &str = "outcomes";
/// The table with a row of each child run.
pub const ITEMS: &str = "items";

/// How often the step `Flaky` fails before it succeeds; it has exactly as many tries as that needs.
pub const FAILURES: i32 = 2;

const EDGES: &[(&str, &str, &str)] = &[
    ("Start", "out", "Left"),
    ("Start", "out", "Right"),
    ("Left", "out", "Join"),
    ("Right", "out", "Join"),
    ("Start", "out", "Each"),
    ("Each", "out", "Sum"),
    ("Start", "out", "Agent"),
    ("Agent", "out", "Flaky"),
    ("Join", "out", "Flaky"),
    ("Sum", "out", "Flaky"),
    ("Flaky", "out", "Check"),
    ("Check", "true", "Even"),
    ("Check", "false", "Odd"),
    ("Even", "out", "Merge"),
    ("Odd", "out", "Merge"),
    ("Merge", "out", "Write"),
    ("Write", "out", "Last"),
];

impl Shape {
    /// The nodes with an edge to this one.
    pub fn parents(&self, name: &str) -> impl Iterator<Item = &'static str> {
        self.edges.iter().filter(move |edge| edge.2 == name).map(|edge| edge.0)
    }

    pub fn is_probe(&self, name: &str) -> bool {
        self.nodes.iter().any(|node| node.name == name && node.kind == "probe")
    }
}

/// Makes the workflow and the one for its items; a plain one has a probe in the place of the for_each, and no agent.
/// `outside` is where the agent's model and its service are.
pub async fn create(client: &Client, outside: &str, plain: bool) -> Result<Shape> {
    let types = client.get("/api/node-types").await?;
    let knows = |kind: &str| types["items"].as_array().into_iter().flatten().any(|t| t["node_type"] == kind);
    anyhow::ensure!(knows("probe"), "the server has no probe: build it with `--features ssr,chaos`");
    let child = match plain {
        false => {
            let edges = &[("Weigh", "out", "Label"), ("Weigh", "out", "Note")];
            Some(Box::new(save(client, "Item", item_nodes(), edges, None).await?))
        }
        true => None,
    };
    let mut nodes = main_nodes(child.as_deref());
    let mut edges = EDGES.to_vec();
    if plain {
        edges.retain(|edge| edge.0 != "Agent" && edge.2 != "Agent");
    } else {
        let model = json!({ "name": "brain", "base_url": format!("{outside}/v1"), "model": "scripted" });
        client.post("/api/models", model, 201).await?;
        nodes.push(agent(outside));
    }
    save(client, "Chaos", nodes, &edges, child).await
}

/// An agent that sends to the outside, one call after the other.
fn agent(outside: &str) -> Node {
    let tool = json!({ "type": "http_request", "name": "send", "url": outside, "methods": ["POST"] });
    node("Agent", "agent", json!({ "prompt_template": outside::TASK, "model": "brain", "tools": [tool] }))
}

fn node(name: &'static str, kind: &'static str, config: Value) -> Node {
    with_settings(name, kind, config, json!({}))
}

fn with_settings(name: &'static str, kind: &'static str, config: Value, settings: Value) -> Node {
    Node { id: uuid::Uuid::now_v7().to_string(), name, kind, config, settings }
}

fn item_nodes() -> Vec<Node> {
    let label = json!({ "fields": { "weight": "input", "even": "input % 2 == 0" } });
    vec![
        node("Weigh", "probe", json!({ "value": "input * input + 1", "sleep_ms": 20 })),
        node("Label", "transform", label),
        node(
            "Note",
            "db_write",
            json!({ "table": ITEMS, "data": { "run": "{{ run.id }}", "value": "{{ input }}" } }),
        ),
    ]
}

fn main_nodes(child: Option<&Shape>) -> Vec<Node> {
    let all = json!({ "join": "all" });
    let (each, sum, failures) = match child {
        Some(child) => (
            node(
                "Each",
                "for_each",
                json!({ "items": "{{ input.items }}", "workflow": child.id, "concurrency": 2 }),
            ),
            "input | map(attribute='Label.weight') | sum",
            FAILURES,
        ),
        None => (node("Each", "probe", json!({ "value": "input.items", "sleep_ms": 60 })), "input | sum", 0),
    };
    let retry = json!({ "max_attempts": failures + 1, "backoff": "fixed", "delay_ms": 60 });
    vec![
        node("Start", "probe", json!({ "value": "{'n': input.n, 'items': input.items}", "sleep_ms": 30 })),
        node("Left", "transform", json!({ "expression": "input.n * 3" })),
        node("Right", "probe", json!({ "value": "input.n + 7", "sleep_ms": "{{ run.input.pause_ms }}" })),
        with_settings(
            "Join",
            "transform",
            json!({ "expression": "inputs.Left + inputs.Right" }),
            all.clone(),
        ),
        each,
        node("Sum", "transform", json!({ "expression": sum })),
        with_settings(
            "Flaky",
            "probe",
            json!({ "value": "inputs.Join + inputs.Sum", "sleep_ms": 40, "fail_times": failures }),
            json!({ "join": "all", "retry": retry }),
        ),
        node("Check", "condition", json!({ "condition": "input % 2 == 0" })),
        node("Even", "probe", json!({ "value": "input // 2", "sleep_ms": 50 })),
        node("Odd", "transform", json!({ "expression": "input * 3 + 1" })),
        node("Merge", "transform", json!({ "fields": { "value": "input", "start": "nodes.Start.n" } })),
        node(
            "Write",
            "db_write",
            json!({ "table": OUTCOMES, "data": [{ "run": "{{ run.id }}", "value": "{{ input.value }}" }] }),
        ),
        node(
            "Last",
            "probe",
            json!({ "value": "{'result': nodes.Merge.value, 'n': nodes.Merge.start}", "sleep_ms": 30 }),
        ),
    ]
}

async fn save(
    client: &Client,
    name: &str,
    nodes: Vec<Node>,
    edges: &[(&'static str, &'static str, &'static str)],
    child: Option<Box<Shape>>,
) -> Result<Shape> {
    let made = client.post("/api/workflows", json!({ "name": name }), 201).await?;
    let id = made["id"].as_str().context("a workflow without an id")?.to_owned();
    let node_id = |name: &str| nodes.iter().find(|n| n.name == name).map(|n| n.id.clone());
    let graph = json!({
        "revision": made["revision"],
        "nodes": nodes.iter().map(|n| json!({
            "id": n.id, "name": n.name, "node_type": n.kind, "config": n.config, "settings": n.settings
        })).collect::<Vec<_>>(),
        "edges": edges.iter().map(|(source, port, target)| json!({
            "id": uuid::Uuid::now_v7(), "source_node_id": node_id(source), "source_port": port,
            "target_node_id": node_id(target)
        })).collect::<Vec<_>>(),
    });
    client.put(&format!("/api/workflows/{id}/graph"), graph).await?;
    Ok(Shape { id, nodes, edges: edges.to_vec(), child })
}
