//! The graph of a workflow: order, cycles, who comes before whom, and whether the edges fit the ports.

use super::Problems;
use crate::workflow::catalog::{self, ERROR_PORT, INPUT_PORT, NodeType};
use crate::workflow::document::{Edge, Node, Workflow};
use crate::workflow::expression::nearest;
use crate::workflow::ids::NodeId;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{HashMap, HashSet};

/// Nodes are meant by their place in the workflow.
pub(super) struct Graph<'w> {
    pub workflow: &'w Workflow,
    /// Edges that lead from one node of the workflow to another, or to itself.
    pub links: Vec<Link<'w>>,
    /// Places in `links`, by target.
    pub incoming: Vec<Vec<usize>>,
    /// Places in `links`, by source.
    pub outgoing: Vec<Vec<usize>>,
    /// Groups of nodes that reach each other, sources first. A group of one is a node outside of cycles.
    pub groups: Vec<Vec<usize>>,
    names: HashMap<&'w str, usize>,
    ancestors: Vec<Bits>,
}

/// An edge between two nodes that exist.
pub(super) struct Link<'w> {
    pub source: usize,
    pub target: usize,
    /// The port it leaves from, the usual one where the edge names none; `None` for an unknown node type without a name.
    pub port: Option<&'w str>,
    pub edge: &'w Edge,
}

impl<'w> Graph<'w> {
    pub fn new(workflow: &'w Workflow) -> Self {
        let count = workflow.nodes.len();
        let ids: HashMap<NodeId, usize> = workflow.nodes.iter().enumerate().map(|(i, n)| (n.id, i)).collect();
        let mut links = Vec::with_capacity(workflow.edges.len());
        let (mut incoming, mut outgoing) = (vec![Vec::new(); count], vec![Vec::new(); count]);
        let mut graph = DiGraph::<(), ()>::with_capacity(count, workflow.edges.len());
        for _ in 0..count {
            graph.add_node(());
        }
        for edge in &workflow.edges {
            let (Some(&source), Some(&target)) =
                (ids.get(&edge.source_node_id), ids.get(&edge.target_node_id))
            else {
                continue;
            };
            let usual = || catalog::find(&workflow.nodes[source].node_type).map(NodeType::default_output);
            incoming[target].push(links.len());
            outgoing[source].push(links.len());
            links.push(Link { source, target, port: edge.source_port.as_deref().or_else(usual), edge });
            graph.add_edge(NodeIndex::new(source), NodeIndex::new(target), ());
        }
        let mut groups: Vec<Vec<usize>> = tarjan_scc(&graph)
            .into_iter()
            .map(|group| {
                let mut group: Vec<_> = group.into_iter().map(NodeIndex::index).collect();
                group.sort_unstable();
                group
            })
            .collect();
        groups.reverse();
        let names = workflow.nodes.iter().enumerate().rev().map(|(i, n)| (n.name.as_str(), i)).collect();
        let mut graph = Self { workflow, links, incoming, outgoing, groups, names, ancestors: Vec::new() };
        graph.ancestors = graph.find_ancestors();
        graph
    }

    fn find_ancestors(&self) -> Vec<Bits> {
        let count = self.workflow.nodes.len();
        let mut ancestors = vec![Bits::new(count); count];
        for group in &self.groups {
            let mut before = Bits::new(count);
            for &member in group {
                for &link in &self.incoming[member] {
                    let source = self.links[link].source;
                    before.set(source);
                    before.union(&ancestors[source]);
                }
            }
            group.iter().for_each(|&member| ancestors[member] = before.clone());
        }
        ancestors
    }

    pub fn node(&self, index: usize) -> &'w Node {
        &self.workflow.nodes[index]
    }

    pub fn named(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    pub fn is_ancestor(&self, ancestor: usize, of: usize) -> bool {
        self.ancestors[of].has(ancestor)
    }

    pub fn is_predecessor(&self, predecessor: usize, of: usize) -> bool {
        self.incoming[of].iter().any(|&link| self.links[link].source == predecessor)
    }

    /// Every cycle once, by the names of its nodes.
    pub fn check_cycles(&self, problems: &mut Problems) {
        let mut groups: Vec<_> = self.groups.iter().filter(|g| g.len() > 1).collect();
        groups.sort();
        for group in groups {
            let Some(path) = self.cycle_in(group) else { continue };
            let names: Vec<_> =
                path.iter().chain(path.first()).map(|&i| format!("`{}`", self.node(i).name)).collect();
            let message =
                format!("These nodes wait for each other: {}. Remove one of the edges.", names.join(" → "));
            problems.error(Some(self.node(group[0])), None, "cycle", message);
        }
        for link in self.links.iter().filter(|l| l.source == l.target) {
            let node = self.node(link.source);
            let message = format!(
                "`{}` is connected with itself, so that it would wait for itself. Remove the edge.",
                node.name
            );
            problems.error(Some(node), None, "self_edge", message);
        }
    }

    /// The shortest way from the group's first node back to it.
    fn cycle_in(&self, group: &[usize]) -> Option<Vec<usize>> {
        let start = *group.first()?;
        let mut came_from: HashMap<usize, usize> = HashMap::new();
        let mut queue = std::collections::VecDeque::from([start]);
        while let Some(at) = queue.pop_front() {
            for &link in &self.outgoing[at] {
                let next = self.links[link].target;
                if next == start && at != start {
                    let mut path = vec![at];
                    let mut back = at;
                    while back != start {
                        back = *came_from.get(&back)?;
                        path.push(back);
                    }
                    path.reverse();
                    return Some(path);
                }
                if next != start && group.binary_search(&next).is_ok() && !came_from.contains_key(&next) {
                    came_from.insert(next, at);
                    queue.push_back(next);
                }
            }
        }
        None
    }

    /// Edges whose node is gone.
    pub fn check_dangling(&self, problems: &mut Problems) {
        if self.links.len() == self.workflow.edges.len() {
            return;
        }
        let known: HashSet<NodeId> = self.workflow.nodes.iter().map(|n| n.id).collect();
        for (index, edge) in self.workflow.edges.iter().enumerate() {
            for (field, id) in
                [("source_node_id", edge.source_node_id), ("target_node_id", edge.target_node_id)]
            {
                if !known.contains(&id) {
                    let field = format!("edges.{index}.{field}");
                    problems.error(
                        None,
                        Some(&field),
                        "missing_node",
                        "An edge leads to a node that is gone. Remove the edge.",
                    );
                }
            }
        }
    }

    /// Ports of the edges that leave a node, and of those that enter it.
    pub fn check_edges(&self, index: usize, problems: &mut Problems) {
        let node = self.node(index);
        let Some(node_type) = catalog::find(&node.node_type) else { return };
        for &link in &self.outgoing[index] {
            let Link { port: Some(port), target, .. } = self.links[link] else { continue };
            if !node_type.outputs.contains(&port) {
                let ports: Vec<_> = node_type.outputs.iter().map(|p| format!("`{p}`")).collect();
                let hint = nearest(port, node_type.outputs.iter().copied())
                    .map_or(String::new(), |p| format!(" Did you mean `{p}`?"));
                let message = format!(
                    "The edge to `{}` leaves from a port `{port}`, which is not there.{hint} There are {}.",
                    self.node(target).name,
                    ports.join(", ")
                );
                problems.error(Some(node), Some("edges"), "unknown_port", message);
            }
        }
        for &link in &self.incoming[index] {
            let Link { edge, source, .. } = self.links[link];
            if let Some(port) = edge.target_port.as_deref().filter(|p| !node_type.inputs.contains(p)) {
                let message = format!(
                    "The edge from `{}` ends at a port `{port}`, which is not there. Use `{INPUT_PORT}`.",
                    self.node(source).name
                );
                problems.error(Some(node), Some("edges"), "unknown_port", message);
            }
        }
    }

    /// Whether an edge leaves the node's `error` port, so that its failure does not end the run.
    pub fn may_fail(&self, index: usize) -> bool {
        self.outgoing[index].iter().any(|&link| self.links[link].port == Some(ERROR_PORT))
    }
}

/// The ids of the nodes, each after all it depends on; of equals the one that stands first in the workflow.
/// `None` where there is a cycle.
#[must_use]
pub fn order(workflow: &Workflow) -> Option<Vec<NodeId>> {
    let graph = Graph::new(workflow);
    let mut missing: Vec<usize> = graph.incoming.iter().map(Vec::len).collect();
    let mut ready: std::collections::BTreeSet<usize> =
        (0..missing.len()).filter(|&i| missing[i] == 0).collect();
    let mut order = Vec::with_capacity(missing.len());
    while let Some(next) = ready.pop_first() {
        order.push(workflow.nodes[next].id);
        for &link in &graph.outgoing[next] {
            let target = graph.links[link].target;
            missing[target] -= 1;
            if missing[target] == 0 {
                ready.insert(target);
            }
        }
    }
    (order.len() == workflow.nodes.len()).then_some(order)
}

/// A set of small numbers.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub fn new(size: usize) -> Self {
        Self(vec![0; size.div_ceil(64)])
    }

    pub fn set(&mut self, index: usize) {
        self.0[index / 64] |= 1 << (index % 64);
    }

    pub fn has(&self, index: usize) -> bool {
        self.0[index / 64] & (1 << (index % 64)) != 0
    }

    /// What is in this one and not in `other`, in ascending order.
    pub fn without(&self, other: &Self) -> impl Iterator<Item = usize> {
        self.0.iter().zip(&other.0).enumerate().flat_map(|(place, (a, b))| {
            let mut left = a & !b;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(place * 64 + bit)
            })
        })
    }

    pub fn union(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
    }

    pub fn intersect(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a &= b);
    }
}
