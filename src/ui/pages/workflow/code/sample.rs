//! Real data for expressions that are being written: what the last run's steps gave, else what is pinned, else the
//! example of the input schema. Steps that only compute are computed here where nothing is known of them.

use crate::{
    api::runs::{NodeStatus, RunDetail},
    workflow::{
        catalog::{self, ERROR_PORT},
        document::{Edge, Node, Workflow},
        expression::{Scope, render_config},
        ids::NodeId,
    },
};
use serde_json::{Map, Value, json};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use uuid::Uuid;

/// Steps behind each other that are followed when nothing is known of them.
const MAX_HOPS: usize = 30;

/// What a run had and its steps gave.
#[derive(Debug, Default)]
pub(in super::super) struct Sample {
    pub run: Option<Uuid>,
    pub started_at: String,
    pub input: Option<Arc<Value>>,
    steps: HashMap<Uuid, Given>,
}

/// What a step gave.
#[derive(Debug, Clone)]
struct Given {
    value: Arc<Value>,
    /// `None`: any.
    port: Option<String>,
    from: Origin,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Origin {
    /// The example of the input schema, or what stands in the run dialog.
    Example,
    Pinned,
    LastRun,
}

impl Origin {
    /// In a few words, behind "with".
    pub fn words(self) -> &'static str {
        match self {
            Self::Example => "sample input",
            Self::Pinned => "pinned output",
            Self::LastRun => "last run",
        }
    }
}

impl Sample {
    /// Takes what expressions may read out of a run.
    pub fn of(detail: &RunDetail) -> Self {
        let mut steps = HashMap::new();
        for step in &detail.node_executions {
            let given = match step.status {
                NodeStatus::Completed => Given {
                    value: Arc::new(step.output_data.clone()),
                    port: step.port.clone(),
                    from: Origin::LastRun,
                },
                NodeStatus::Failed => Given {
                    value: Arc::new(json!({
                        "code": step.error_code, "message": step.error_message, "node": step.node_name,
                    })),
                    port: Some(ERROR_PORT.to_owned()),
                    from: Origin::LastRun,
                },
                _ => continue,
            };
            steps.insert(step.node_id, given);
        }
        let run = &detail.run.summary;
        Self {
            run: Some(run.id),
            started_at: run.started_at.unwrap_or(run.created_at).to_rfc3339(),
            input: Some(Arc::new(detail.run.input_data.clone())),
            steps,
        }
    }
}

/// The values that the names of one node's expressions stand for.
#[derive(Debug, Clone)]
pub(in super::super) struct Data {
    pub input: Option<Arc<Value>>,
    /// Direct predecessors; none where nothing came from them.
    pub inputs: Vec<(String, Option<Arc<Value>>)>,
    /// All that run before, the nearest first.
    pub nodes: Vec<(String, Option<Arc<Value>>)>,
    pub vars: Map<String, Value>,
    pub run: Value,
    pub item: Option<Arc<Value>>,
    /// The best of what was used.
    pub from: Origin,
    /// Who would have to run, where `input` is not known.
    pub awaited: Vec<String>,
}

/// Looks up, and where need be computes, what a node can read.
pub(in super::super) fn data(document: &Workflow, sample: &Sample, example: &Value, node: NodeId) -> Data {
    let run_input = match &sample.input {
        Some(input) => Given { value: Arc::clone(input), port: None, from: Origin::LastRun },
        None => Given { value: Arc::new(example.clone()), port: None, from: Origin::Example },
    };
    let mut finder = Finder::new(document, sample, run_input);
    let before = finder.before(node);
    let input = finder.input_of(node, 0);
    let inputs: Vec<_> = finder
        .sources(node)
        .into_iter()
        .map(|source| (source.name.clone(), finder.sent(source, node, 0).map(|g| g.value)))
        .collect();
    let mut from = input.as_ref().map_or(Origin::Example, |g| g.from);
    let mut nodes = Vec::with_capacity(before.len());
    for ancestor in before {
        let given = finder.output_of(ancestor, 0).filter(|g| g.port.as_deref() != Some(ERROR_PORT));
        from = from.max(given.as_ref().map_or(from, |g| g.from));
        nodes.push((ancestor.name.clone(), given.map(|g| g.value)));
    }
    let awaited = if input.is_some() {
        Vec::new()
    } else {
        finder.sources(node).into_iter().map(|n| n.name.clone()).collect()
    };
    let input = input.map(|g| g.value);
    let item = document.node(node).and_then(|n| items_of(n, &finder, input.as_ref(), &nodes));
    Data {
        input,
        inputs,
        nodes,
        vars: document.vars.clone(),
        run: json!({
            "id": sample.run.unwrap_or_default(),
            "input": *finder.run_input.value,
            "started_at": sample.started_at,
        }),
        item,
        from,
        awaited,
    }
}

/// The first item of a for_each.
fn items_of(
    node: &Node,
    finder: &Finder<'_>,
    input: Option<&Arc<Value>>,
    nodes: &[(String, Option<Arc<Value>>)],
) -> Option<Arc<Value>> {
    let kind = catalog::find(&node.node_type)?;
    let items = node.config.get("items").filter(|_| kind.name == "for_each")?;
    let mut scope = finder.scope(input.cloned());
    for (name, value) in nodes {
        if let Some(value) = value {
            scope = scope.with_node(name.clone(), Arc::clone(value));
        }
    }
    let field = kind.field("items")?;
    let list = crate::workflow::expression::render_field(field, items, &scope.build()).ok()?;
    list.get(0).map(|item| Arc::new(item.clone()))
}

struct Finder<'d> {
    vars: &'d Map<String, Value>,
    sample: &'d Sample,
    run_input: Given,
    known: HashMap<NodeId, Option<Given>>,
    /// The nodes, each with its place in the document.
    nodes: HashMap<NodeId, (usize, &'d Node)>,
    /// The edges that come to a node.
    into: HashMap<NodeId, Vec<&'d Edge>>,
}

impl<'d> Finder<'d> {
    fn new(document: &'d Workflow, sample: &'d Sample, run_input: Given) -> Self {
        let nodes = document.nodes.iter().enumerate().map(|(place, n)| (n.id, (place, n))).collect();
        let mut into = HashMap::<NodeId, Vec<&Edge>>::new();
        for edge in &document.edges {
            into.entry(edge.target_node_id).or_default().push(edge);
        }
        Self { vars: &document.vars, sample, run_input, known: HashMap::new(), nodes, into }
    }

    fn edges_into(&self, node: NodeId) -> impl Iterator<Item = &'d Edge> + '_ {
        self.into.get(&node).into_iter().flatten().copied()
    }

    /// The nodes with an edge to this one, each once, in the order of the document.
    fn sources(&self, node: NodeId) -> Vec<&'d Node> {
        let incoming: HashSet<NodeId> = self.edges_into(node).map(|e| e.source_node_id).collect();
        let mut found: Vec<_> = incoming.iter().filter_map(|id| self.nodes.get(id).copied()).collect();
        found.sort_unstable_by_key(|(place, _)| *place);
        found.into_iter().map(|(_, node)| node).collect()
    }

    /// All that run before a node, the nearest first.
    fn before(&self, node: NodeId) -> Vec<&'d Node> {
        let mut seen = HashSet::from([node]);
        let (mut level, mut found) = (vec![node], Vec::new());
        while !level.is_empty() {
            let next: Vec<NodeId> = level
                .iter()
                .flat_map(|n| self.edges_into(*n).map(|e| e.source_node_id))
                .filter(|n| seen.insert(*n))
                .collect();
            found.extend(next.iter().filter_map(|id| self.nodes.get(id).map(|(_, node)| *node)));
            level = next;
        }
        found
    }

    fn input_of(&mut self, node: NodeId, hops: usize) -> Option<Given> {
        let sources = self.sources(node);
        if sources.is_empty() {
            return Some(self.run_input.clone());
        }
        let mut live: Vec<(String, Given)> = sources
            .into_iter()
            .filter_map(|source| Some((source.name.clone(), self.sent(source, node, hops)?)))
            .collect();
        if live.len() > 1 {
            let from = live.iter().map(|(_, g)| g.from).max().unwrap_or(Origin::Example);
            let object: Map<String, Value> =
                live.into_iter().map(|(name, given)| (name, (*given.value).clone())).collect();
            return Some(Given { value: Arc::new(Value::Object(object)), port: None, from });
        }
        live.pop().map(|(_, given)| given)
    }

    /// What comes from one node to another, if anything does.
    fn sent(&mut self, source: &'d Node, to: NodeId, hops: usize) -> Option<Given> {
        let given = self.output_of(source, hops)?;
        let usual = catalog::sketch(&source.node_type).map(catalog::Sketch::default_output);
        let edges = self.edges_into(to).filter(|e| e.source_node_id == source.id);
        let mut ports = edges.map(|e| e.source_port.as_deref().or(usual));
        let fits = match &given.port {
            None => ports.any(|p| p != Some(ERROR_PORT)),
            Some(port) => ports.any(|p| p == Some(port.as_str())),
        };
        fits.then_some(given)
    }

    fn output_of(&mut self, node: &'d Node, hops: usize) -> Option<Given> {
        if let Some(known) = self.known.get(&node.id) {
            return known.clone();
        }
        // A circle finds nothing in itself.
        self.known.insert(node.id, None);
        let found = self.find(node, hops);
        self.known.insert(node.id, found.clone());
        found
    }

    fn find(&mut self, node: &'d Node, hops: usize) -> Option<Given> {
        if let Some(given) = self.sample.steps.get(&node.id.0) {
            return Some(given.clone());
        }
        let kind = catalog::find(&node.node_type)?;
        if let Some(pinned) = &node.settings.pinned_output {
            return Some(of_pin(kind, pinned));
        }
        if hops > MAX_HOPS {
            return None;
        }
        if node.settings.disabled || kind.nature.passes_input {
            let given = self.input_of(node.id, hops + 1)?;
            return Some(Given { port: None, ..given });
        }
        if kind.name != "transform" {
            return None;
        }
        let input = self.input_of(node.id, hops + 1);
        let from = input.as_ref()?.from;
        let mut scope = self.scope(input.map(|g| g.value));
        for ancestor in self.before(node.id) {
            if let Some(given) = self.output_of(ancestor, hops + 1) {
                scope = scope.with_node(ancestor.name.clone(), given.value);
            }
        }
        let mut rendered = render_config(kind, &node.config, &scope.build()).ok()?;
        let value = rendered.shift_remove("fields").or_else(|| rendered.shift_remove("expression"))?;
        Some(Given { value: Arc::new(value), port: None, from })
    }

    fn scope(&self, input: Option<Arc<Value>>) -> crate::workflow::expression::ScopeBuilder {
        let scope = Scope::builder().vars(self.vars.clone());
        let scope = scope.run(
            &self.sample.run.unwrap_or_default().to_string(),
            &self.run_input.value,
            &self.sample.started_at,
        );
        match input {
            Some(input) => scope.input(input),
            None => scope,
        }
    }
}

/// A pinned output, with its port where the node has several.
fn of_pin(kind: &catalog::NodeType, pinned: &Value) -> Given {
    let ports = kind.outputs.iter().filter(|p| **p != ERROR_PORT).count();
    let port = pinned.get("port").and_then(Value::as_str).filter(|_| ports > 1);
    match (port, pinned.get("output")) {
        (Some(port), Some(output)) => {
            Given { value: Arc::new(output.clone()), port: Some(port.to_owned()), from: Origin::Pinned }
        }
        _ => Given { value: Arc::new(pinned.clone()), port: None, from: Origin::Pinned },
    }
}

impl Data {
    /// The names of expressions with these values.
    pub fn scope(&self) -> Scope {
        let mut scope = Scope::builder().vars(self.vars.clone());
        if let Some(input) = &self.input {
            scope = scope.input(Arc::clone(input));
        }
        for (name, value) in &self.inputs {
            if let Some(value) = value {
                scope = scope.with_input(name.clone(), Arc::clone(value));
            }
        }
        for (name, value) in &self.nodes {
            if let Some(value) = value {
                scope = scope.with_node(name.clone(), Arc::clone(value));
            }
        }
        let word = |key: &str| self.run.get(key).and_then(Value::as_str).unwrap_or_default();
        scope = scope.run(word("id"), self.run.get("input").unwrap_or(&Value::Null), word("started_at"));
        if let Some(item) = &self.item {
            scope = scope.item(Arc::clone(item), 0);
        }
        scope.build()
    }

    /// Whether two hold the very same values: then a scope made of one is good for the other.
    pub fn is_same(&self, other: &Self) -> bool {
        let same = |a: &Option<Arc<Value>>, b: &Option<Arc<Value>>| match (a, b) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b) || (is_small(a) && a == b),
            (None, None) => true,
            _ => false,
        };
        let all = |a: &[(String, Option<Arc<Value>>)], b: &[(String, Option<Arc<Value>>)]| {
            a.len() == b.len() && a.iter().zip(b).all(|((n, a), (m, b))| n == m && same(a, b))
        };
        same(&self.input, &other.input)
            && all(&self.inputs, &other.inputs)
            && all(&self.nodes, &other.nodes)
            && same(&self.item, &other.item)
            && self.vars == other.vars
            && self.run.get("id") == other.run.get("id")
            && (self.run.get("id").is_some_and(|id| *id != json!(Uuid::nil())) || self.run == other.run)
    }
}

/// Cheap to compare.
fn is_small(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.len() < 20,
        Value::Object(map) => map.len() < 50,
        _ => true,
    }
}

#[cfg(test)]
mod tests;
