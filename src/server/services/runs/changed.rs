//! Which nodes do something else in another version.

use crate::workflow::{
    document::{Node, Workflow},
    ids::NodeId,
};
use std::collections::HashMap;

/// Nodes of `after` that another node, name, setting or edge makes do something else; all of them when the constants differ.
pub fn changed(before: &Workflow, after: &Workflow) -> Vec<NodeId> {
    let (old, new) = (incoming(before), incoming(after));
    after
        .nodes
        .iter()
        .filter(|node| {
            before.vars != after.vars
                || before.node(node.id).is_none_or(|earlier| differs(earlier, node))
                || old.get(&node.id) != new.get(&node.id)
        })
        .map(|node| node.id)
        .collect()
}

fn differs(before: &Node, after: &Node) -> bool {
    let settings = |node: &Node| {
        let mut settings = node.settings.clone();
        settings.note = None;
        settings
    };
    before.name != after.name
        || before.node_type != after.node_type
        || before.config != after.config
        || settings(before) != settings(after)
}

/// The ends of the edges into each node.
fn incoming(document: &Workflow) -> HashMap<NodeId, Vec<(NodeId, Option<&str>, Option<&str>)>> {
    let mut all = HashMap::<NodeId, Vec<_>>::new();
    for edge in &document.edges {
        let end = (edge.source_node_id, edge.source_port.as_deref(), edge.target_port.as_deref());
        all.entry(edge.target_node_id).or_default().push(end);
    }
    all.values_mut().for_each(|ends| ends.sort_unstable());
    all
}
