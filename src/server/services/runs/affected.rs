//! Which steps of an earlier run a new one may take over, and which it has to do again. Pure.

use crate::{
    api::runs::NodeStatus,
    server::store::again::PastExecution,
    workflow::{document::Workflow, ids::NodeId},
};
use std::collections::{HashMap, HashSet};

/// What has to be done again besides what did not complete.
#[derive(Debug, Default)]
pub struct Wishes {
    /// Nothing is taken over.
    pub everything: bool,
    /// These nodes and all that follow them.
    pub again: HashSet<NodeId>,
    /// Their output is given; what follows them is done again.
    pub given: HashSet<NodeId>,
}

/// The executions to take over, in the order of their starting.
///
/// A node without a completed or skipped execution is done again, with all that follow it. Skipped nodes are never taken
/// over: the engine finds them out anew from what they follow.
pub fn reusable<'p>(
    document: &Workflow,
    past: &'p [PastExecution],
    wishes: &Wishes,
) -> Vec<&'p PastExecution> {
    if wishes.everything {
        return Vec::new();
    }
    let mut after = HashMap::<NodeId, Vec<NodeId>>::new();
    for edge in &document.edges {
        after.entry(edge.source_node_id).or_default().push(edge.target_node_id);
    }
    let followers = |node: &NodeId| after.get(node).into_iter().flatten().copied();
    let settled: HashSet<NodeId> = past
        .iter()
        .filter(|one| matches!(one.status, NodeStatus::Completed | NodeStatus::Skipped))
        .map(|one| one.node)
        .collect();
    let unsettled = document
        .nodes
        .iter()
        .map(|node| node.id)
        .filter(|node| !settled.contains(node) && !wishes.given.contains(node));
    let mut open: Vec<NodeId> = unsettled
        .chain(wishes.again.iter().copied())
        .chain(wishes.given.iter().flat_map(&followers))
        .collect();
    let mut affected = HashSet::new();
    while let Some(node) = open.pop() {
        if affected.insert(node) {
            open.extend(followers(&node));
        }
    }
    let known: HashSet<NodeId> = document.nodes.iter().map(|node| node.id).collect();
    past.iter()
        .filter(|one| one.status == NodeStatus::Completed && known.contains(&one.node))
        .filter(|one| !affected.contains(&one.node) && !wishes.given.contains(&one.node))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::{
        document::{Edge, Node, Settings},
        ids::EdgeId,
    };
    use NodeStatus::{Cancelled, Completed, Failed, Interrupted, Running, Skipped, Waiting};

    /// `links` are `"ab"`: from a to b.
    fn graph(names: &str, links: &[&str]) -> Workflow {
        let nodes: Vec<Node> = names
            .chars()
            .map(|name| Node {
                id: NodeId::new(),
                name: name.to_string(),
                node_type: "transform".to_owned(),
                config: serde_json::Map::new(),
                settings: Settings::default(),
                position_x: 0.0,
                position_y: 0.0,
            })
            .collect();
        let id = |name: &str| nodes.iter().find(|node| node.name == name).expect("a node").id;
        let edges = links
            .iter()
            .map(|link| Edge {
                id: EdgeId::new(),
                source_node_id: id(&link[..1]),
                source_port: None,
                target_node_id: id(&link[1..]),
                target_port: None,
            })
            .collect();
        Workflow {
            name: "w".to_owned(),
            description: String::new(),
            input_schema: None,
            vars: serde_json::Map::new(),
            nodes,
            edges,
            notes: Vec::new(),
        }
    }

    fn id(document: &Workflow, name: &str) -> NodeId {
        document.node_named(name).expect("a node").id
    }

    fn past(document: &Workflow, rows: &[(&str, NodeStatus)]) -> Vec<PastExecution> {
        rows.iter()
            .map(|(name, status)| PastExecution {
                id: uuid::Uuid::now_v7(),
                node: id(document, name),
                status: *status,
            })
            .collect()
    }

    fn names(document: &Workflow, past: &[PastExecution], wishes: &Wishes) -> String {
        reusable(document, past, wishes)
            .iter()
            .map(|one| document.node(one.node).expect("a node").name.clone())
            .collect()
    }

    #[test]
    fn whatever_did_not_complete_is_done_again_with_what_follows() {
        let document = graph("abcdx", &["ab", "bc", "cd", "ax"]);
        for status in [Failed, Cancelled, Interrupted, Running, Waiting] {
            // d completed although c did not: its own branch of a run that has an error port.
            let rows =
                past(&document, &[("a", Completed), ("b", status), ("x", Completed), ("d", Completed)]);
            assert_eq!(names(&document, &rows, &Wishes::default()), "ax", "{status:?}");
        }
        let interrupted_first = past(&document, &[("a", Interrupted), ("a", Completed)]);
        assert_eq!(names(&document, &interrupted_first, &Wishes::default()), "a");
    }

    #[test]
    fn a_skipped_node_affects_nothing_but_lets_through_what_does() {
        let document = graph("csnz", &["cs", "sn", "cn", "nz"]);
        let rows = past(&document, &[("c", Completed), ("s", Skipped), ("n", Completed)]);
        assert_eq!(names(&document, &rows, &Wishes::default()), "cn");
        let wishes = Wishes { again: HashSet::from([id(&document, "s")]), ..Wishes::default() };
        assert_eq!(names(&document, &rows, &wishes), "c");
    }

    #[test]
    fn a_given_output_stands_and_what_follows_is_done_again() {
        let document = graph("abcx", &["ab", "bc", "ax"]);
        let rows = past(&document, &[("a", Completed), ("b", Completed), ("c", Completed), ("x", Completed)]);
        let wishes = Wishes { given: HashSet::from([id(&document, "b")]), ..Wishes::default() };
        assert_eq!(names(&document, &rows, &wishes), "ax");
        let failed_before = past(&document, &[("a", Failed)]);
        assert_eq!(names(&document, &failed_before, &wishes), "");
    }

    #[test]
    fn a_step_after_one_that_never_completed_is_not_kept() {
        let document = graph("abc", &["ab", "bc"]);
        let rows = past(&document, &[("b", Completed), ("c", Completed)]);
        let wishes = Wishes { again: HashSet::from([id(&document, "c")]), ..Wishes::default() };
        assert_eq!(names(&document, &rows, &wishes), "", "a has no execution, so b has no ground");
    }
}
