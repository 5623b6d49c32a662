//! What is sure to have happened when a node starts: which nodes completed, which ports emitted. A reference to anything
//! else may find nothing. Also: nodes that can never start.
//!
//! The rules follow the engine's: an edge is live if its source completed and emitted on its port, or failed and the edge
//! leaves `error`; a node starts with one live edge (`join: any`) or with all of them (`join: all`); a failure
//! without an `error` edge ends the run, so that nothing after it asks.

use super::Problems;
use super::graph::{Bits, Graph};
use crate::workflow::catalog::{self, ERROR_PORT};
use crate::workflow::document::{Join, Node};
use std::collections::HashMap;

pub(super) struct Reach<'g> {
    graph: &'g Graph<'g>,
    /// By node: facts that hold when it starts. A fact below the number of nodes: that node completed.
    /// Above: the port of `ports` emitted.
    facts: Vec<Bits>,
    ports: HashMap<(usize, &'g str), usize>,
    /// By link: the fact that its port emitted.
    port_of: Vec<usize>,
    /// By node: the fact of the port that it surely emits on when it completes.
    sure_port: Vec<Option<usize>>,
    /// Nodes that can start at all.
    can_start: Vec<bool>,
    /// Place of each node in the order of the groups.
    turn: Vec<usize>,
    /// No node waits for itself.
    is_acyclic: bool,
}

impl<'g> Reach<'g> {
    pub fn new(graph: &'g Graph<'g>) -> Self {
        Self::with(graph, Self::follow)
    }

    /// `follow` adds to the facts of a node with several edges what follows from them.
    fn with(graph: &'g Graph<'g>, follow: fn(&Self, usize, &mut Bits, &Bits)) -> Self {
        let count = graph.workflow.nodes.len();
        let mut ports = HashMap::new();
        let mut port_of = Vec::with_capacity(graph.links.len());
        for link in &graph.links {
            let next = count + ports.len();
            port_of.push(*ports.entry((link.source, link.port.unwrap_or_default())).or_insert(next));
        }
        let sure_port =
            (0..count).map(|node| ports.get(&(node, sure_port(graph.node(node))?)).copied()).collect();
        let mut turn = vec![0; count];
        for (place, &node) in graph.groups.iter().flatten().enumerate() {
            turn[node] = place;
        }
        let is_acyclic =
            graph.groups.len() == count && graph.links.iter().all(|link| link.source != link.target);
        let mut reach = Self {
            graph,
            facts: vec![Bits::new(0); count],
            ports,
            port_of,
            sure_port,
            can_start: vec![true; count],
            turn,
            is_acyclic,
        };
        // In a cycle one asks about nodes whose turn comes later: nothing is known of them.
        if !is_acyclic {
            let nothing = reach.nothing();
            reach.facts.fill(nothing);
        }
        for group in &graph.groups {
            for &node in group {
                reach.can_start[node] = group.len() > 1 || reach.starts(node);
                reach.facts[node] = reach.facts_of(node, follow);
            }
        }
        reach
    }

    fn nothing(&self) -> Bits {
        Bits::new(self.graph.workflow.nodes.len() + self.ports.len())
    }

    fn port(&self, link: usize) -> usize {
        self.port_of[link]
    }

    /// Whether an edge can ever be live.
    fn can_be_live(&self, link: usize) -> bool {
        let link = &self.graph.links[link];
        let source = self.graph.node(link.source);
        // A disabled one emits on its first port only.
        let is_silent = || {
            let first = catalog::find(&source.node_type).map(|t| t.default_output());
            first.is_some() && link.port != first
        };
        self.can_start[link.source] && !(source.settings.disabled && is_silent())
    }

    fn starts(&self, node: usize) -> bool {
        let incoming = &self.graph.incoming[node];
        incoming.is_empty()
            || match self.graph.node(node).settings.join {
                Join::Any => incoming.iter().any(|&link| self.can_be_live(link)),
                Join::All => incoming.iter().all(|&link| self.can_be_live(link)),
            }
    }

    /// What a live edge tells.
    fn told_by(&self, link: usize) -> Bits {
        let source = self.graph.links[link].source;
        let mut facts = self.facts[source].clone();
        facts.set(self.port(link));
        if self.graph.links[link].port != Some(ERROR_PORT) {
            facts.set(source);
        }
        facts
    }

    fn facts_of(&self, node: usize, follow: fn(&Self, usize, &mut Bits, &Bits)) -> Bits {
        let join = self.graph.node(node).settings.join;
        let mut facts: Option<Bits> = None;
        let mut any = None;
        for &link in self.graph.incoming[node].iter().filter(|&&link| self.can_be_live(link)) {
            let told = self.told_by(link);
            match (&mut facts, join) {
                (None, _) => {
                    any = Some(told.clone());
                    facts = Some(told);
                    continue;
                }
                (Some(facts), Join::Any) => facts.intersect(&told),
                (Some(facts), Join::All) => facts.union(&told),
            }
            if let Some(any) = &mut any {
                any.union(&told);
            }
        }
        let mut facts = facts.unwrap_or_else(|| self.nothing());
        // One edge adds nothing to follow: its source's facts were followed already.
        match self.graph.incoming[node].as_slice() {
            [] => {}
            [link] => self.emitted(self.graph.links[*link].source, &mut facts),
            _ => follow(self, node, &mut facts, &any.unwrap_or_else(|| self.nothing())),
        }
        facts
    }

    /// Adds what follows from the facts, forward through the node's ancestors, which are all decided when it starts.
    /// `any` is what at least one edge tells.
    ///
    /// Where one live edge is enough, the facts are what all edges tell, and each edge tells what follows from it already.
    /// So only what some tell and others do not is in question: a few nodes of a large graph instead of most.
    fn follow(&self, node: usize, facts: &mut Bits, any: &Bits) {
        let incoming = &self.graph.incoming[node];
        let all_told = self.graph.node(node).settings.join == Join::Any
            && incoming.iter().all(|&link| self.can_be_live(link));
        if !self.is_acyclic || !all_told {
            return self.follow_all(node, facts, any);
        }
        let count = self.graph.workflow.nodes.len();
        let mut open: Vec<usize> = any.without(facts).take_while(|&fact| fact < count).collect();
        open.extend(incoming.iter().map(|&link| self.graph.links[link].source));
        open.sort_unstable_by_key(|&ancestor| self.turn[ancestor]);
        open.dedup();
        for ancestor in open {
            self.follow_one(ancestor, facts);
        }
    }

    /// The same by a look at every ancestor.
    fn follow_all(&self, node: usize, facts: &mut Bits, _: &Bits) {
        for &ancestor in self.graph.groups.iter().flatten() {
            if ancestor == node {
                break;
            }
            if self.graph.is_ancestor(ancestor, node) {
                self.follow_one(ancestor, facts);
            }
        }
    }

    fn follow_one(&self, ancestor: usize, facts: &mut Bits) {
        if !facts.has(ancestor) && !self.graph.may_fail(ancestor) {
            let incoming = &self.graph.incoming[ancestor];
            let surely = match self.graph.node(ancestor).settings.join {
                _ if incoming.is_empty() => true,
                Join::Any => incoming.iter().any(|&link| facts.has(self.port(link))),
                Join::All => incoming.iter().all(|&link| facts.has(self.port(link))),
            };
            if surely {
                facts.set(ancestor);
            }
        }
        self.emitted(ancestor, facts);
    }

    /// A completed node emits; on which port is sure where it has only one, or is disabled.
    fn emitted(&self, node: usize, facts: &mut Bits) {
        if let Some(port) = self.sure_port[node].filter(|_| facts.has(node)) {
            facts.set(port);
        }
    }

    /// Whether `other` has surely completed when `node` starts.
    pub fn completed(&self, other: usize, node: usize) -> bool {
        self.facts[node].has(other)
    }

    /// Whether an edge from `other` to `node` is surely live when `node` starts.
    pub fn delivered(&self, other: usize, node: usize) -> bool {
        self.graph.incoming[node]
            .iter()
            .any(|&link| self.graph.links[link].source == other && self.facts[node].has(self.port(link)))
    }

    /// Warns of a node that no run can reach.
    pub fn check_runs(&self, index: usize, problems: &mut Problems) {
        if !self.can_start[index] {
            let node = self.graph.node(index);
            let message = "This node never runs: its edges come from ports of disabled nodes that stay silent. Enable them, or remove it.";
            problems.warning(Some(node), None, "never_runs", message);
        }
    }
}

/// The port that a node emits on whenever it completes, if that is always the same.
fn sure_port(node: &Node) -> Option<&'static str> {
    let node_type = catalog::find(&node.node_type)?;
    let is_sure =
        node.settings.disabled || node_type.outputs.iter().filter(|port| **port != ERROR_PORT).count() == 1;
    is_sure.then(|| node_type.default_output())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::{
        document::{Edge, Workflow},
        ids::{EdgeId, NodeId},
    };
    use proptest::prelude::*;
    use serde_json::json;

    const TYPES: &[&str] = &["transform", "condition", "approval", "future"];

    fn any_graph() -> impl Strategy<Value = Workflow> {
        let nodes = prop::collection::vec((0..TYPES.len(), prop::bool::weighted(0.3), 0..8_u8), 1..24);
        let edges = prop::collection::vec((0..24_usize, 0..24_usize, 0..5_usize), 0..60);
        (nodes, edges, prop::bool::weighted(0.2)).prop_map(|(nodes, edges, cycles)| {
            let nodes: Vec<Node> = nodes
                .into_iter()
                .enumerate()
                .map(|(place, (kind, all, off))| {
                    let join = if all { "all" } else { "any" };
                    let node = json!({
                        "id": NodeId::new(), "name": format!("n{place}"), "node_type": TYPES[kind], "config": {},
                        "settings": {"join": join, "disabled": off == 0},
                    });
                    serde_json::from_value(node).unwrap()
                })
                .collect();
            let edge = |(a, b, port): (usize, usize, usize)| {
                let (a, b) = (a % nodes.len(), b % nodes.len());
                let (a, b) = if cycles { (a, b) } else { (a.min(b), a.max(b)) };
                let port = [None, Some("true"), Some("false"), Some("error"), Some("out")][port];
                Edge {
                    id: EdgeId::new(),
                    source_node_id: nodes[a].id,
                    source_port: port.map(str::to_owned),
                    target_node_id: nodes[b].id,
                    target_port: None,
                }
            };
            let edges = edges.into_iter().filter(|(a, b, _)| cycles || a % nodes.len() != b % nodes.len());
            let edges = edges.map(edge).collect();
            let frame = json!({"name": "w", "nodes": [], "edges": []});
            Workflow { nodes, edges, ..serde_json::from_value(frame).unwrap() }
        })
    }

    proptest! {
        #[test]
        fn a_look_at_what_is_in_question_finds_what_a_look_at_everything_finds(workflow in any_graph()) {
            let graph = Graph::new(&workflow);
            let (quick, whole) = (Reach::new(&graph), Reach::with(&graph, Reach::follow_all));
            for node in 0..workflow.nodes.len() {
                prop_assert!(quick.facts[node] == whole.facts[node], "at n{}", node);
            }
            prop_assert_eq!(quick.can_start, whole.can_start);
        }
    }
}
