//! What a draft must be to be saved: a graph. Whether it makes sense is for `check` to say.

use super::{MAX_NAME_CHARS, MAX_NODES};
use crate::workflow::document::Workflow;
use crate::workflow::notes;
use std::collections::{HashMap, HashSet};

/// Edges that a workflow may have.
const MAX_EDGES: usize = 10_000;
/// Characters of a port or node type.
const MAX_WORD_CHARS: usize = 100;
/// Farther out nothing can be found again.
const MAX_POSITION: f64 = 10_000_000.0;

/// One field that keeps a draft from being saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StructureError {
    /// Dotted path, such as `nodes.3.name`.
    pub field: String,
    pub message: String,
}

/// Why a workflow cannot be saved; empty where it can.
#[must_use]
pub fn structure(workflow: &Workflow, max_nodes: Option<usize>) -> Vec<StructureError> {
    let mut errors = Vec::new();
    let mut report = |field: String, message: String| errors.push(StructureError { field, message });
    let max_nodes = max_nodes.unwrap_or(MAX_NODES);
    if let Some(message) = name_mistake(&workflow.name) {
        report("name".into(), message);
    }
    if workflow.nodes.len() > max_nodes {
        let message = format!(
            "A workflow may have {max_nodes} nodes; this one has {}. Split it.",
            workflow.nodes.len()
        );
        report("nodes".into(), message);
    }
    if workflow.edges.len() > MAX_EDGES {
        report(
            "edges".into(),
            format!(
                "A workflow may have {MAX_EDGES} edges; this one has {}. Split it.",
                workflow.edges.len()
            ),
        );
    }
    let (mut ids, mut names) = (HashMap::new(), HashMap::new());
    for (index, node) in workflow.nodes.iter().enumerate() {
        let at = |field: &str| format!("nodes.{index}.{field}");
        if let Some(first) = ids.insert(node.id, index) {
            report(at("id"), format!("This id is taken by nodes.{first} already. Give each node its own."));
        }
        match name_mistake(&node.name) {
            Some(message) => report(at("name"), message),
            None => {
                if let Some(first) = names.insert(node.name.as_str(), index) {
                    report(
                        at("name"),
                        format!("`{}` is the name of nodes.{first} already. Names must differ.", node.name),
                    );
                }
            }
        }
        if node.node_type.is_empty() || node.node_type.chars().count() > MAX_WORD_CHARS {
            report(at("node_type"), format!("A node type has 1 to {MAX_WORD_CHARS} characters."));
        }
        for (field, number) in [("position_x", node.position_x), ("position_y", node.position_y)] {
            if !number.is_finite() || number.abs() > MAX_POSITION {
                report(at(field), format!("A position lies between -{MAX_POSITION} and {MAX_POSITION}."));
            }
        }
    }
    let (mut edge_ids, mut edges) = (HashSet::new(), HashSet::new());
    for (index, edge) in workflow.edges.iter().enumerate() {
        let at = |field: &str| format!("edges.{index}.{field}");
        if !edge_ids.insert(edge.id) {
            report(at("id"), "This id is taken by another edge already. Give each edge its own.".into());
        }
        for (field, id) in [("source_node_id", edge.source_node_id), ("target_node_id", edge.target_node_id)]
        {
            if !ids.contains_key(&id) {
                report(at(field), format!("There is no node with the id {id} in this workflow."));
            }
        }
        for (field, port) in [("source_port", &edge.source_port), ("target_port", &edge.target_port)] {
            if port.as_ref().is_some_and(|p| p.is_empty() || p.chars().count() > MAX_WORD_CHARS) {
                report(
                    at(field),
                    format!("A port has 1 to {MAX_WORD_CHARS} characters. Leave it out for the usual one."),
                );
            }
        }
        if !edges.insert((edge.source_node_id, &edge.source_port, edge.target_node_id, &edge.target_port)) {
            report(
                format!("edges.{index}"),
                "There is an edge between these ports already. Remove one of them.".into(),
            );
        }
    }
    errors.extend(notes::mistakes(&workflow.notes));
    errors
}

/// What is wrong with a name, if anything is.
pub(in crate::workflow) fn name_mistake(name: &str) -> Option<String> {
    if name.trim().is_empty() {
        Some("The name is empty. Give it one.".into())
    } else if name.chars().count() > MAX_NAME_CHARS {
        Some(format!("The name is longer than {MAX_NAME_CHARS} characters. Shorten it."))
    } else if name.chars().any(char::is_control) {
        Some("The name holds line breaks or other control characters. Remove them.".into())
    } else {
        None
    }
}
