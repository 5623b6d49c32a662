//! What stands before a node and what is known of its kinds: for completion while somebody writes an expression.

use super::graph::Graph;
use super::reach::Reach;
use super::types::Types;
use crate::workflow::document::Workflow;
use crate::workflow::ids::NodeId;
use serde_json::Value;

/// JSON Schemas of what the names of an expression stand for; `None` or `{}` where anything may come.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Upstream {
    pub input: Option<Value>,
    /// The direct predecessors by name, in the order of the workflow.
    pub inputs: Vec<(String, Option<Value>)>,
    /// All ancestors by name, the nearest first.
    pub nodes: Vec<(String, Option<Value>)>,
}

/// What is upstream of a node; nothing where there is no such node.
#[must_use]
pub fn upstream(workflow: &Workflow, node: NodeId) -> Upstream {
    let graph = Graph::new(workflow);
    let Some(index) = workflow.nodes.iter().position(|n| n.id == node) else { return Upstream::default() };
    let reach = Reach::new(&graph);
    let types = Types::new(&graph, &reach);
    let name = |i: usize| graph.node(i).name.clone();
    let all = 0..workflow.nodes.len();
    let inputs = all.filter(|&i| graph.is_predecessor(i, index)).map(|i| (name(i), types.sent_by(i, index)));
    let before = graph.groups.iter().flatten().rev().filter(|&&i| i != index && graph.is_ancestor(i, index));
    Upstream {
        input: types.input_of(index),
        inputs: inputs.collect(),
        nodes: before.map(|&i| (name(i), types.output_of(i))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn workflow() -> Workflow {
        let id = |n: u128| uuid::Uuid::from_u128(n);
        let node = |n: u128, name: &str, kind: &str, config: Value| json!({"id": id(n), "name": name, "node_type": kind, "config": config});
        let edge = |n: u128, from: u128, to: u128| json!({"id": id(100 + n), "source_node_id": id(from), "target_node_id": id(to)});
        serde_json::from_value(json!({
            "name": "w",
            "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}},
            "nodes": [
                node(1, "Fetch page", "http_request", json!({"method": "GET", "url": "https://example.org"})),
                node(2, "Pick", "transform", json!({"fields": {"title": "input.body.title"}})),
                node(3, "Check", "condition", json!({"condition": "true"})),
                node(4, "Last", "transform", json!({"expression": "input"})),
                node(5, "Aside", "transform", json!({"expression": "1"})),
            ],
            "edges": [edge(1, 1, 2), edge(2, 2, 3), edge(3, 3, 4)],
        }))
        .unwrap()
    }

    #[test]
    fn the_first_step_has_the_input_of_the_run() {
        let workflow = workflow();
        let found = upstream(&workflow, workflow.nodes[0].id);
        assert_eq!(found.input, workflow.input_schema);
        assert_eq!((found.inputs, found.nodes), (Vec::new(), Vec::new()));
    }

    #[test]
    fn ancestors_are_told_from_near_to_far_with_their_kinds() {
        let workflow = workflow();
        let found = upstream(&workflow, workflow.nodes[3].id);
        let names: Vec<_> = found.nodes.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["Check", "Pick", "Fetch page"], "and nothing from aside");
        assert_eq!(found.inputs.len(), 1);
        // A condition passes on what it was given.
        let title =
            |schema: &Option<Value>| schema.as_ref().is_some_and(|s| s["properties"]["title"] == json!({}));
        assert!(title(&found.input) && title(&found.inputs[0].1) && title(&found.nodes[0].1));
        assert_eq!(found.nodes[2].1.as_ref().unwrap()["properties"]["status"]["type"], "integer");
    }

    #[test]
    fn a_node_that_is_not_there_has_nothing() {
        assert_eq!(upstream(&workflow(), NodeId::new()), Upstream::default());
    }
}
