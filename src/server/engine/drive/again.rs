//! Steps inside a step: written down while an attempt goes on, or when what it waited for has come and its handler is
//! called again.

use super::{Draft, Driver, NodeIx};
use crate::server::{
    engine::{
        attempt_steps::WantedStep,
        recovery::THEN_AGAIN,
        step::{Event, NodeState},
    },
    nodes::{NewStep, Then},
    store::checkpoints,
};
use serde_json::Value;

impl Driver {
    /// Takes in steps that attempts want to be durable; who waits is told after the write.
    pub(super) fn take_steps(&mut self, first: WantedStep) -> Draft {
        let mut draft = self.draft();
        let mut next = Some(first);
        while let Some(WantedStep { node, attempt, step, written }) = next {
            // An attempt that is over writes nothing more.
            if *self.state.node(node) == NodeState::Running && self.state.attempt(node) == attempt {
                draft.checkpoint(&self.plan.nodes[node], attempt, step);
                self.writing.push(written);
            }
            next = self.wanted.try_recv().ok();
        }
        draft
    }

    /// What becomes of the steps whose write is durable.
    pub(super) fn tell_steps(&mut self) {
        for written in self.writing.drain(..) {
            // The attempt may have been given up meanwhile.
            let _ = written.send(());
        }
    }

    /// What a child run gave becomes the step of that number.
    pub(super) fn observed(&mut self, node: NodeIx, seq: i64, payload: Value, draft: &mut Draft) {
        let (kind, at) = (checkpoints::OBSERVATION, draft.now());
        let step = NewStep { seq, kind, payload, line: None, at };
        draft.checkpoint(&self.plan.nodes[node], self.state.attempt(node), step);
        self.call_again(node, draft);
    }

    /// What a step waited for is written down: the handler of the same attempt is called again.
    pub(super) fn call_again(&mut self, node: NodeIx, draft: &mut Draft) {
        self.kept.remove(&node);
        self.broods.remove(&node);
        let attempt = self.state.attempt(node);
        let input = self.data.input_of(&self.plan, &self.state, node, &self.input);
        draft.call_again(node, &self.plan.nodes[node], attempt, input);
        self.happened(&Event::Started { node, attempt }, draft);
    }

    /// The number of the step that ends the waiting of a node, if its handler is to be called again then.
    pub(super) fn then(&self, node: NodeIx) -> Then {
        let seq = self.kept.get(&node).and_then(|kept| kept.get(THEN_AGAIN)).and_then(Value::as_i64);
        seq.map_or(Then::Done, Then::Again)
    }
}
