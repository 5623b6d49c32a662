//! What happens next in a run: a pure function of the plan and of what happened so far. No I/O, no clock, no data.
//!
//! A run's state is the fold of its events. [`State::step`] takes one event from outside and gives the decisions that
//! follow from it, which are events too and already applied. The journal stores both together.

mod event;
mod retry;

pub use event::{Event, Millis, Moment, NodeState, Outcome, Wake};

use super::plan::{NodeIx, Plan};
use crate::workflow::{catalog::ERROR_PORT, document::Join};

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
    /// Number of the last attempt.
    attempts: Vec<i32>,
    /// Attempts that failed.
    failures: Vec<u32>,
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
            failures: vec![0; nodes],
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
            Event::Failed { node, retryable } => self.failed(plan, *node, *retryable),
            Event::Retrying { node, attempt, due } => {
                self.nodes[*node] = NodeState::Waiting(Wake::Retry { due: *due });
                self.attempts[*node] = *attempt;
            }
            Event::Waits { node, wake } => self.nodes[*node] = NodeState::Waiting(*wake),
            Event::Interrupted { node } => {
                self.nodes[*node] = NodeState::Idle;
                self.interruptions[*node] += 1;
            }
            Event::CancelRequested => self.stop = Some(Stop::Cancelled),
            Event::TimedOut => self.stop = Some(Stop::TimedOut),
            Event::TimePassed => {}
        }
    }

    /// Takes in one event and decides what follows at that moment.
    pub fn step(&mut self, plan: &Plan, event: &Event, moment: Moment) -> Vec<Event> {
        self.apply(plan, event);
        self.decide(plan, moment)
    }

    /// What follows from the state as it is; used by itself when a run begins or goes on after a crash.
    pub fn decide(&mut self, plan: &Plan, moment: Moment) -> Vec<Event> {
        let mut decisions = Vec::new();
        if self.ended.is_some() {
            return decisions;
        }
        self.end_waits(plan, moment, &mut decisions);
        match self.stop {
            None => self.start_what_is_ready(plan, moment, &mut decisions),
            Some(Stop::Failed) => self.cancel(plan, |s| matches!(s, NodeState::Waiting(_)), &mut decisions),
            Some(Stop::TimedOut | Stop::Cancelled) => self.cancel(plan, NodeState::is_open, &mut decisions),
        }
        if !self.nodes.iter().any(NodeState::is_open) {
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

    /// The nodes that wait, and for what.
    pub fn waiting(&self) -> impl Iterator<Item = (NodeIx, Wake)> {
        self.nodes.iter().enumerate().filter_map(|(node, state)| match state {
            NodeState::Waiting(wake) => Some((node, *wake)),
            _ => None,
        })
    }

    /// Nothing runs and something waits.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.ended.is_none() && self.running().next().is_none() && self.waiting().next().is_some()
    }

    /// When time ends the next waiting; what is overdue counts only while it can be acted upon.
    #[must_use]
    pub fn next_due(&self, after: Millis) -> Option<Millis> {
        let may_be_overdue = self.is_waiting();
        self.waiting().filter_map(|(_, wake)| wake.due()).filter(|due| may_be_overdue || *due > after).min()
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

    fn failed(&mut self, plan: &Plan, node: NodeIx, retryable: bool) {
        // A repetition that is given up is not another failure.
        if self.nodes[node] != NodeState::Failing {
            self.failures[node] += 1;
        }
        let again = retryable && self.stop.is_none() && self.failures[node] < retry::attempts(plan, node);
        if again {
            self.nodes[node] = NodeState::Failing;
            return;
        }
        let caught = plan.catches_errors(node);
        self.nodes[node] = NodeState::Failed { caught };
        if !caught {
            self.stop.get_or_insert(Stop::Failed);
        }
    }

    /// What time has ended, and the time of the next attempt of what failed just now.
    fn end_waits(&mut self, plan: &Plan, moment: Moment, decisions: &mut Vec<Event>) {
        for node in 0..self.nodes.len() {
            let event = match self.nodes[node] {
                // A run that stops repeats nothing: the failure stands.
                NodeState::Failing if self.stop.is_some() => Event::Failed { node, retryable: false },
                NodeState::Failing => {
                    let delay = retry::delay(plan, node, self.failures[node], moment.jitter);
                    let due = moment.at + delay.max(moment.hold);
                    Event::Retrying { node, attempt: self.attempts[node] + 1, due }
                }
                NodeState::Waiting(wake) if self.stop.is_none() && wake.is_due(moment.at) => match wake {
                    Wake::Timer { .. } => {
                        Event::Completed { node, port: plan.nodes[node].first_port.clone() }
                    }
                    Wake::Approval { .. } => Event::Failed { node, retryable: false },
                    Wake::Retry { .. } | Wake::Children => continue,
                },
                _ => continue,
            };
            self.decided(plan, event, decisions);
        }
    }

    /// One pass is enough, skips included: the plan's order puts every node after its predecessors.
    fn start_what_is_ready(&mut self, plan: &Plan, moment: Moment, decisions: &mut Vec<Event>) {
        let mut room = moment.parallel.max(1).saturating_sub(self.running().count());
        for node in 0..self.nodes.len() {
            match self.nodes[node] {
                NodeState::Waiting(Wake::Retry { due }) if due <= moment.at && room > 0 => {
                    room -= 1;
                    let attempt = self.attempts[node];
                    self.decided(plan, Event::Started { node, attempt }, decisions);
                }
                NodeState::Idle => match self.readiness(plan, node) {
                    Some(true) if room > 0 => {
                        room -= 1;
                        let attempt = self.attempts[node] + 1;
                        self.decided(plan, Event::Started { node, attempt }, decisions);
                    }
                    Some(true) | None => {}
                    Some(false) => self.decided(plan, Event::Skipped { node }, decisions),
                },
                _ => {}
            }
        }
    }

    fn cancel(&mut self, plan: &Plan, which: impl Fn(&NodeState) -> bool, decisions: &mut Vec<Event>) {
        for node in 0..self.nodes.len() {
            if which(&self.nodes[node]) {
                self.decided(plan, Event::Cancelled { node }, decisions);
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
            NodeState::Idle | NodeState::Running | NodeState::Failing | NodeState::Waiting(_) => None,
            NodeState::Completed { port: emitted } => Some(emitted == port),
            NodeState::Failed { caught } => Some(*caught && port == ERROR_PORT),
            NodeState::Skipped | NodeState::Cancelled => Some(false),
        }
    }
}

#[cfg(test)]
mod tests;
