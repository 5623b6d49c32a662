//! What happens next in a run: a pure function of the plan and of what happened so far. No I/O, no clock, no data.
//!
//! A run's state is the fold of its events. [`State::step`] takes one event from outside and gives the decisions that
//! follow from it, which are events too and already applied. The journal stores both together.

use super::plan::{NodeIx, Plan};
use crate::workflow::{catalog::ERROR_PORT, document::Join};

/// Something that happened to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Decision: an attempt starts.
    Started { node: NodeIx, attempt: i32 },
    /// Decision: no live edge reaches the node (or not enough of them).
    Skipped { node: NodeIx },
    /// Decision: an attempt under way is given up.
    Cancelled { node: NodeIx },
    /// Decision: nothing more will happen.
    Ended(Outcome),
    /// An attempt succeeded and emitted on that port.
    Completed { node: NodeIx, port: String },
    /// An attempt failed for good.
    Failed { node: NodeIx },
    /// The process ended while an attempt was under way.
    Interrupted { node: NodeIx },
    /// Somebody wants the run to stop.
    CancelRequested,
    /// The run has used up its time.
    TimedOut,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Completed,
    Failed,
    Cancelled,
}

/// Where a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeState {
    /// Not started, or interrupted and to be started again.
    Idle,
    Running,
    Completed {
        port: String,
    },
    /// For good; `caught` when an edge leaves its error port.
    Failed {
        caught: bool,
    },
    Skipped,
    Cancelled,
}

/// Why nothing starts any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    Failed,
    TimedOut,
    Cancelled,
}

/// The state of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    nodes: Vec<NodeState>,
    attempts: Vec<i32>,
    interruptions: Vec<u32>,
    stop: Option<Stop>,
    ended: Option<Outcome>,
}

impl State {
    /// Before anything happened.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let nodes = plan.nodes.len();
        Self {
            nodes: vec![NodeState::Idle; nodes],
            attempts: vec![0; nodes],
            interruptions: vec![0; nodes],
            stop: None,
            ended: None,
        }
    }

    /// Takes in one event without deciding anything: the fold.
    pub fn apply(&mut self, plan: &Plan, event: &Event) {
        match event {
            Event::Started { node, attempt } => {
                self.nodes[*node] = NodeState::Running;
                self.attempts[*node] = *attempt;
            }
            Event::Skipped { node } => self.nodes[*node] = NodeState::Skipped,
            Event::Cancelled { node } => self.nodes[*node] = NodeState::Cancelled,
            Event::Ended(outcome) => self.ended = Some(*outcome),
            Event::Completed { node, port } => {
                self.nodes[*node] = NodeState::Completed { port: port.clone() }
            }
            Event::Failed { node } => {
                let caught = plan.catches_errors(*node);
                self.nodes[*node] = NodeState::Failed { caught };
                if !caught {
                    self.stop.get_or_insert(Stop::Failed);
                }
            }
            Event::Interrupted { node } => {
                self.nodes[*node] = NodeState::Idle;
                self.interruptions[*node] += 1;
            }
            Event::CancelRequested => self.stop = Some(Stop::Cancelled),
            Event::TimedOut => self.stop = Some(Stop::TimedOut),
        }
    }

    /// Takes in one event and decides what follows, with at most `parallel` nodes executing at once.
    pub fn step(&mut self, plan: &Plan, event: &Event, parallel: usize) -> Vec<Event> {
        self.apply(plan, event);
        self.decide(plan, parallel)
    }

    /// What follows from the state as it is; used by itself when a run begins or goes on after a crash.
    pub fn decide(&mut self, plan: &Plan, parallel: usize) -> Vec<Event> {
        let mut decisions = Vec::new();
        if self.ended.is_some() {
            return decisions;
        }
        match self.stop {
            None => self.start_what_is_ready(plan, parallel, &mut decisions),
            Some(Stop::Failed) => {}
            Some(Stop::TimedOut | Stop::Cancelled) => {
                for node in self.running().collect::<Vec<_>>() {
                    self.decided(plan, Event::Cancelled { node }, &mut decisions);
                }
            }
        }
        if self.running().next().is_none() {
            let outcome = match self.stop {
                None => Outcome::Completed,
                Some(Stop::Failed | Stop::TimedOut) => Outcome::Failed,
                Some(Stop::Cancelled) => Outcome::Cancelled,
            };
            self.decided(plan, Event::Ended(outcome), &mut decisions);
        }
        decisions
    }

    /// Where a node is.
    #[must_use]
    pub fn node(&self, node: NodeIx) -> &NodeState {
        &self.nodes[node]
    }

    /// The number of the last attempt of a node; 0 before the first.
    #[must_use]
    pub fn attempt(&self, node: NodeIx) -> i32 {
        self.attempts[node]
    }

    /// How often attempts of a node were interrupted.
    #[must_use]
    pub fn interruptions(&self, node: NodeIx) -> u32 {
        self.interruptions[node]
    }

    /// The nodes that execute.
    pub fn running(&self) -> impl Iterator<Item = NodeIx> {
        self.nodes.iter().enumerate().filter(|(_, state)| **state == NodeState::Running).map(|(node, _)| node)
    }

    /// The nodes directly before this one whose edge to it is live, each once, in the order of the edges.
    #[must_use]
    pub fn live_predecessors(&self, plan: &Plan, node: NodeIx) -> Vec<NodeIx> {
        let mut live = Vec::new();
        for edge in &plan.nodes[node].incoming {
            let edge = &plan.edges[*edge];
            if self.is_live(&edge.source_port, edge.source) == Some(true) && !live.contains(&edge.source) {
                live.push(edge.source);
            }
        }
        live
    }

    /// The completed nodes none of whose successors completed: their outputs are the run's output.
    #[must_use]
    pub fn last_completed(&self, plan: &Plan) -> Vec<NodeIx> {
        let completed = |node: &NodeIx| matches!(self.nodes[*node], NodeState::Completed { .. });
        (0..self.nodes.len())
            .filter(|node| completed(node) && !plan.successors(*node).iter().any(completed))
            .collect()
    }

    fn decided(&mut self, plan: &Plan, event: Event, decisions: &mut Vec<Event>) {
        self.apply(plan, &event);
        decisions.push(event);
    }

    /// One pass is enough, skips included: the plan's order puts every node after its predecessors.
    fn start_what_is_ready(&mut self, plan: &Plan, parallel: usize, decisions: &mut Vec<Event>) {
        let mut room = parallel.max(1).saturating_sub(self.running().count());
        for node in 0..self.nodes.len() {
            if self.nodes[node] != NodeState::Idle {
                continue;
            }
            match self.readiness(plan, node) {
                Some(true) if room > 0 => {
                    room -= 1;
                    let attempt = self.attempts[node] + 1;
                    self.decided(plan, Event::Started { node, attempt }, decisions);
                }
                Some(true) | None => {}
                Some(false) => self.decided(plan, Event::Skipped { node }, decisions),
            }
        }
    }

    /// `None` until every incoming edge is decided; then whether the node starts or is skipped.
    fn readiness(&self, plan: &Plan, node: NodeIx) -> Option<bool> {
        let incoming = &plan.nodes[node].incoming;
        let mut live = 0;
        for edge in incoming {
            let edge = &plan.edges[*edge];
            live += usize::from(self.is_live(&edge.source_port, edge.source)?);
        }
        Some(match plan.join(node) {
            _ if incoming.is_empty() => true,
            Join::Any => live > 0,
            Join::All => live == incoming.len(),
        })
    }

    /// `None` while the edge is not decided.
    fn is_live(&self, port: &str, source: NodeIx) -> Option<bool> {
        match &self.nodes[source] {
            NodeState::Idle | NodeState::Running => None,
            NodeState::Completed { port: emitted } => Some(emitted == port),
            NodeState::Failed { caught } => Some(*caught && port == ERROR_PORT),
            NodeState::Skipped | NodeState::Cancelled => Some(false),
        }
    }
}

#[cfg(test)]
mod tests;
