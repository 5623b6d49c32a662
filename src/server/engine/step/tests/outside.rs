//! What comes from outside while a run goes on: what attempts report, what people answer, the ends of child runs, the
//! wish to stop, and time.

use super::{life::Life, script::Act, witness::Stage};
use crate::server::engine::step::{Event, Millis, NodeState, Wake};

impl Life<'_> {
    /// What comes from outside next; `None` when nothing can before this write is durable.
    pub fn next(&mut self) -> Option<Event> {
        if self.random.chance(50) {
            let pause = self.random.between(0, 400);
            self.pass(pause);
        }
        // Something is due by the time that something else is reported.
        if self.random.chance(3) {
            self.jump();
        }
        if self.random.permille(self.cancels) {
            self.cancel_is_stored = true;
            return Some(Event::CancelRequested);
        }
        if self.random.permille(self.time_outs) && !self.state.is_waiting() {
            return Some(Event::TimedOut);
        }
        let mut able: Vec<Option<usize>> = (0..self.graph.steps.len())
            .filter(|node| !self.fresh.contains(node) && self.can_report(*node))
            .map(Some)
            .collect();
        if self.state.next_due(self.at).is_some() {
            able.push(None);
        }
        if able.is_empty() {
            return None;
        }
        match self.random.pick(&able) {
            Some(node) => Some(self.report(node)),
            None => {
                self.jump();
                Some(Event::TimePassed)
            }
        }
    }

    fn can_report(&self, node: usize) -> bool {
        match self.state.node(node) {
            NodeState::Running | NodeState::Waiting(Wake::Children) => true,
            NodeState::Waiting(Wake::Approval { .. }) => self.answer(node).is_some(),
            _ => false,
        }
    }

    fn act(&self, node: usize) -> Act {
        self.scripts[node].act(self.witness.tracks[node].failures)
    }

    fn answer(&self, node: usize) -> Option<&'static str> {
        match self.act(node) {
            Act::Ask { answer, .. } => answer,
            _ => None,
        }
    }

    fn report(&mut self, node: usize) -> Event {
        let runs = *self.state.node(node) == NodeState::Running;
        let completed = |port: &str| Event::Completed { node, port: port.to_owned() };
        match self.act(node) {
            Act::Emit(port) => completed(port),
            Act::Children(_) | Act::Fail { late: true, .. } if runs => {
                Event::Waits { node, wake: Wake::Children }
            }
            Act::Children(port) => completed(port),
            Act::Fail { retryable, .. } => Event::Failed { node, retryable },
            Act::Sleep(wait) => Event::Waits { node, wake: Wake::Timer { due: self.at + wait } },
            Act::Ask { within, .. } if runs => {
                let due = within.map(|within| self.at + within);
                Event::Waits { node, wake: Wake::Approval { due } }
            }
            Act::Ask { answer, .. } => completed(answer.expect("asked only where somebody answers")),
        }
    }

    /// Time passes, but never beyond what somebody answers in time.
    pub fn pass(&mut self, by: Millis) {
        let mut until = self.at + by;
        for (node, track) in self.witness.tracks.iter().enumerate() {
            if let Stage::Waits(Wake::Approval { due: Some(due) }) = track.stage
                && self.answer(node).is_some()
            {
                until = until.min(due - 1);
            }
        }
        self.at = self.at.max(until);
    }

    fn jump(&mut self) {
        let due = self.state.next_due(self.at).unwrap_or(self.at);
        let by = match self.random.below(4) {
            0 => self.random.between(1, 500),
            1 => due - self.at - 1,
            2 => self.random.between(3_600_000, 3_000_000_000),
            _ => due - self.at,
        };
        self.pass(by);
    }
}
