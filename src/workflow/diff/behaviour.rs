//! Which steps may do something else than before, so that what they once gave cannot be taken over.

use super::{Ends, by_id};
use crate::workflow::document::{Node, Workflow};
use crate::workflow::ids::NodeId;
use serde_json::json;
use std::collections::{BTreeSet, HashMap};

/// The nodes of `new` that are not in `old`, or whose type, config, settings or incoming edges changed, and all that
/// follow them. Positions, notes and pinned outputs change nothing; a node's name matters to those behind it, which see it
/// in `inputs` and `nodes`; variables matter to all.
#[must_use]
pub fn changed_behaviour(old: &Workflow, new: &Workflow) -> BTreeSet<NodeId> {
    let (vars_before, vars_now) = (json!(old.vars).to_string(), json!(new.vars).to_string());
    if vars_before != vars_now {
        return new.nodes.iter().map(|n| n.id).collect();
    }
    let (before, mut edges_before) = (by_id(old), incoming(old));
    let mut edges_now = incoming(new);
    let mut open: Vec<NodeId> = Vec::new();
    for node in &new.nodes {
        let same = before.get(&node.id).is_some_and(|old| behaviour(old) == behaviour(node))
            && edges_before.remove(&node.id) == edges_now.remove(&node.id);
        if !same {
            open.push(node.id);
        }
    }
    let mut followers: HashMap<NodeId, Vec<NodeId>> = HashMap::new();
    for edge in &new.edges {
        followers.entry(edge.source_node_id).or_default().push(edge.target_node_id);
    }
    let mut changed: BTreeSet<NodeId> = open.iter().copied().collect();
    while let Some(node) = open.pop() {
        for &follower in followers.get(&node).into_iter().flatten() {
            if changed.insert(follower) {
                open.push(follower);
            }
        }
    }
    changed
}

/// Everything that decides what a node does with its input, as text. The order of keys is that of outputs.
fn behaviour(node: &Node) -> String {
    let mut settings = node.settings.clone();
    settings.note = None;
    settings.pinned_output = None;
    json!([node.node_type, node.config, settings]).to_string()
}

/// By target: the edges, with the names of their sources.
fn incoming(workflow: &Workflow) -> HashMap<NodeId, BTreeSet<(Ends<'_>, &str)>> {
    let nodes = by_id(workflow);
    let mut incoming: HashMap<NodeId, BTreeSet<(Ends<'_>, &str)>> = HashMap::new();
    for edge in &workflow.edges {
        let name = nodes.get(&edge.source_node_id).map_or("", |n| n.name.as_str());
        incoming.entry(edge.target_node_id).or_default().insert((Ends::of(edge, &nodes), name));
    }
    incoming
}
