//! From a version to what the engine follows: nodes in an order in which no node comes before its predecessors, edges
//! with their ports resolved. Pure.

use crate::workflow::{
    catalog,
    document::{Join, Node, Workflow},
    ids::NodeId,
};
use petgraph::{
    Direction,
    algo::toposort,
    graph::{DiGraph, NodeIndex},
    visit::EdgeRef as _,
};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, atomic::AtomicBool},
};

/// The place of a node in its plan.
pub type NodeIx = usize;
/// The place of an edge in its plan.
pub type EdgeIx = usize;

/// A version, ready to be followed.
#[derive(Debug, Clone)]
pub struct Plan {
    pub nodes: Vec<PlanNode>,
    pub edges: Vec<PlanEdge>,
    pub vars: Map<String, Value>,
}

/// A node with its edges.
#[derive(Debug, Clone)]
pub struct PlanNode {
    pub node: Node,
    pub incoming: Vec<EdgeIx>,
    pub outgoing: Vec<EdgeIx>,
    /// Where it emits unless it says otherwise.
    pub first_port: String,
    /// Whether its last attempt here was over at once. Nothing is decided by it but where the next one begins.
    pub quick: Arc<AtomicBool>,
}

/// An edge between places of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanEdge {
    pub source: NodeIx,
    pub source_port: String,
    pub target: NodeIx,
}

/// Why a document cannot be followed. The checker finds these before a run; here they are a last defence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// An edge from or to a node that is not there.
    #[error("an edge refers to the node {0}, which does not exist; remove the edge")]
    UnknownNode(NodeId),
    /// Nodes that wait for each other.
    #[error("the node \"{0}\" is part of a cycle; remove one of its edges")]
    Cycle(String),
}

impl Plan {
    /// Plans a document.
    ///
    /// # Errors
    /// For what is not an acyclic graph.
    pub fn of(document: &Workflow) -> Result<Self, PlanError> {
        let place: HashMap<NodeId, usize> =
            document.nodes.iter().enumerate().map(|(i, n)| (n.id, i)).collect();
        let find = |id: NodeId| place.get(&id).copied().ok_or(PlanError::UnknownNode(id));
        let mut graph = DiGraph::<(), ()>::with_capacity(document.nodes.len(), document.edges.len());
        for _ in &document.nodes {
            graph.add_node(());
        }
        for edge in &document.edges {
            let ends = (find(edge.source_node_id)?, find(edge.target_node_id)?);
            graph.add_edge(NodeIndex::new(ends.0), NodeIndex::new(ends.1), ());
        }
        toposort(&graph, None).map_err(|cycle| {
            let name = document.nodes.get(cycle.node_id().index()).map_or("", |node| node.name.as_str());
            PlanError::Cycle(name.to_owned())
        })?;
        let order = in_order(&graph);
        let mut nodes = Vec::with_capacity(order.len());
        let mut moved = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            moved[*old] = new;
            nodes.push(PlanNode::of(&document.nodes[*old]));
        }
        let mut edges = Vec::with_capacity(document.edges.len());
        for (ix, edge) in document.edges.iter().enumerate() {
            let source = moved[find(edge.source_node_id)?];
            let target = moved[find(edge.target_node_id)?];
            nodes[source].outgoing.push(ix);
            nodes[target].incoming.push(ix);
            let source_port = match edge.source_port.as_deref() {
                None | Some("") => nodes[source].first_port.clone(),
                Some(port) => port.to_owned(),
            };
            edges.push(PlanEdge { source, source_port, target });
        }
        Ok(Self { nodes, edges, vars: document.vars.clone() })
    }

    /// The place of a node.
    #[must_use]
    pub fn find(&self, id: NodeId) -> Option<NodeIx> {
        self.nodes.iter().position(|planned| planned.node.id == id)
    }

    /// Whether somebody takes over when the node fails.
    #[must_use]
    pub fn catches_errors(&self, node: NodeIx) -> bool {
        self.nodes[node].outgoing.iter().any(|edge| self.edges[*edge].source_port == catalog::ERROR_PORT)
    }

    /// The nodes directly before one, each once, in the order of the edges.
    #[must_use]
    pub fn predecessors(&self, node: NodeIx) -> Vec<NodeIx> {
        distinct(self.nodes[node].incoming.iter().map(|edge| self.edges[*edge].source))
    }

    /// The nodes directly after one, each once.
    #[must_use]
    pub fn successors(&self, node: NodeIx) -> Vec<NodeIx> {
        distinct(self.nodes[node].outgoing.iter().map(|edge| self.edges[*edge].target))
    }

    /// Every node from which there is a way to this one, in the order of the plan.
    #[must_use]
    pub fn ancestors(&self, node: NodeIx) -> Vec<NodeIx> {
        let mut seen = vec![false; self.nodes.len()];
        let mut open = self.predecessors(node);
        while let Some(next) = open.pop() {
            if !std::mem::replace(&mut seen[next], true) {
                open.extend(self.predecessors(next));
            }
        }
        (0..seen.len()).filter(|ix| seen[*ix]).collect()
    }

    pub(super) fn join(&self, node: NodeIx) -> Join {
        self.nodes[node].node.settings.join
    }
}

impl PlanNode {
    fn of(node: &Node) -> Self {
        let first_port = catalog::find(&node.node_type).map_or("out", catalog::NodeType::default_output);
        Self {
            node: node.clone(),
            incoming: Vec::new(),
            outgoing: Vec::new(),
            first_port: first_port.to_owned(),
            quick: Arc::default(),
        }
    }
}

/// No node before its predecessors; where that leaves a choice, the order of the document.
fn in_order(graph: &DiGraph<(), ()>) -> Vec<usize> {
    let mut waits_for: Vec<usize> =
        graph.node_indices().map(|node| graph.edges_directed(node, Direction::Incoming).count()).collect();
    let mut ready: BTreeSet<usize> = (0..waits_for.len()).filter(|node| waits_for[*node] == 0).collect();
    let mut order = Vec::with_capacity(waits_for.len());
    while let Some(node) = ready.pop_first() {
        order.push(node);
        for edge in graph.edges(NodeIndex::new(node)) {
            let target = edge.target().index();
            waits_for[target] -= 1;
            if waits_for[target] == 0 {
                ready.insert(target);
            }
        }
    }
    order
}

fn distinct(places: impl Iterator<Item = NodeIx>) -> Vec<NodeIx> {
    let mut found = Vec::new();
    for place in places {
        if !found.contains(&place) {
            found.push(place);
        }
    }
    found
}
