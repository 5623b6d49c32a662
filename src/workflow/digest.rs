//! What makes two workflows the same: everything but where the nodes stand, what notes say, and frames. The server hashes these
//! bytes; hashing needs a library that the browser does without.

use super::document::Workflow;
use serde_json::{Value, json};

/// Canonical bytes of a workflow: the same for the same behaviour, whatever the order of nodes, edges and keys of
/// settings. The order of keys in configs and vars counts, since it decides the order of outputs.
#[must_use]
pub fn canonical_bytes(workflow: &Workflow) -> Vec<u8> {
    let mut nodes: Vec<_> = workflow.nodes.iter().collect();
    nodes.sort_by_key(|node| node.id);
    let nodes: Vec<Value> = nodes
        .into_iter()
        .map(|node| {
            let mut settings = node.settings.clone();
            settings.note = None;
            json!({ "id": node.id, "name": node.name, "node_type": node.node_type, "config": node.config, "settings": settings })
        })
        .collect();
    let mut edges: Vec<Value> = Vec::with_capacity(workflow.edges.len());
    let mut sorted: Vec<_> = workflow.edges.iter().collect();
    sorted
        .sort_by_key(|edge| (edge.source_node_id, &edge.source_port, edge.target_node_id, &edge.target_port));
    for edge in sorted {
        edges.push(json!([edge.source_node_id, edge.source_port, edge.target_node_id, edge.target_port]));
    }
    let document = json!({
        "name": workflow.name,
        "description": workflow.description,
        "input_schema": workflow.input_schema,
        "vars": workflow.vars,
        "nodes": nodes,
        "edges": edges,
    });
    document.to_string().into_bytes()
}
