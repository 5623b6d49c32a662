//! What is sure to have happened when a node starts: which nodes completed, which ports emitted. A reference to anything
//! else may find nothing. Also: nodes that can never start.
//!
//! The rules follow the engine's: an edge is live if its source completed and emitted on its port, or failed and the edge
//! leaves `error`; a node starts with one live edge (`join: any`) or with all of them (`join: all`); a failure
//! without an `error` edge ends the run, so that nothing after it asks.

use super::Problems;
use super::graph::{Bits, Graph};
use crate::workflow::catalog::{self, ERROR_PORT};
use crate::workflow::document::Join;
use std::collections::HashMap;

pub(super) struct Reach<'g> {
    graph: &'g Graph<'g>,
    /// By node: facts that hold when it starts. A fact below the number of nodes: that node completed.
    /// Above: the port of `ports` emitted.
    facts: Vec<Bits>,
    ports: HashMap<(usize, &'g str), usize>,
    /// Nodes that can start at all.
    can_start: Vec<bool>,
}

impl<'g> Reach<'g> {
    pub fn new(graph: &'g Graph<'g>) -> Self {
        let count = graph.workflow.nodes.len();
        let mut ports = HashMap::new();
        for link in &graph.links {
            let next = count + ports.len();
            ports.entry((link.source, link.port.unwrap_or_default())).or_insert(next);
        }
        let mut reach = Self {
            graph,
            facts: vec![Bits::new(count + ports.len()); count],
            ports,
            can_start: vec![true; count],
        };
        for group in &graph.groups {
            for &node in group {
                reach.can_start[node] = group.len() > 1 || reach.starts(node);
                reach.facts[node] = reach.facts_of(node);
            }
        }
        reach
    }

    fn port(&self, link: usize) -> usize {
        let link = &self.graph.links[link];
        self.ports.get(&(link.source, link.port.unwrap_or_default())).copied().unwrap_or_default()
    }

    /// Whether an edge can ever be live.
    fn can_be_live(&self, link: usize) -> bool {
        let link = &self.graph.links[link];
        let source = self.graph.node(link.source);
        let first_only = source.settings.disabled;
        let first = catalog::find(&source.node_type).map(|t| t.default_output());
        self.can_start[link.source] && !(first_only && first.is_some() && link.port != first)
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

    fn facts_of(&self, node: usize) -> Bits {
        let join = self.graph.node(node).settings.join;
        let mut facts: Option<Bits> = None;
        for &link in self.graph.incoming[node].iter().filter(|&&link| self.can_be_live(link)) {
            let told = self.told_by(link);
            match (&mut facts, join) {
                (None, _) => facts = Some(told),
                (Some(facts), Join::Any) => facts.intersect(&told),
                (Some(facts), Join::All) => facts.union(&told),
            }
        }
        let mut facts =
            facts.unwrap_or_else(|| Bits::new(self.graph.workflow.nodes.len() + self.ports.len()));
        // One edge adds nothing to follow: its source's facts were followed already.
        match self.graph.incoming[node].as_slice() {
            [] => {}
            [link] => self.emitted(self.graph.links[*link].source, &mut facts),
            _ => self.follow(node, &mut facts),
        }
        facts
    }

    /// Adds what follows from the facts, forward through the node's ancestors, which are all decided when it starts.
    fn follow(&self, node: usize, facts: &mut Bits) {
        for &ancestor in self.graph.groups.iter().flatten() {
            if ancestor == node {
                break;
            }
            if !self.graph.is_ancestor(ancestor, node) {
                continue;
            }
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
    }

    /// A completed node emits; on which port is sure where it has only one, or is disabled.
    fn emitted(&self, node: usize, facts: &mut Bits) {
        if !facts.has(node) {
            return;
        }
        let Some(node_type) = catalog::find(&self.graph.node(node).node_type) else { return };
        let sure = self.graph.node(node).settings.disabled
            || node_type.outputs.iter().filter(|p| **p != ERROR_PORT).count() == 1;
        if let Some(&port) = self.ports.get(&(node, node_type.default_output())).filter(|_| sure) {
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
