//! Children that are there already: made before the process ended, or taken over with the run.

use super::{Brood, Driver, NodeIx, Stopped, target::Target};
use crate::{
    api::runs::RunStatus,
    server::{
        engine::{
            draft::Draft,
            executor::Made,
            step::{NodeState, Wake},
        },
        nodes::NodeError,
        store::engine_runs,
    },
};
use std::time::Instant;

impl Driver {
    /// Finds the children of steps that waited when the run was laid down or the process ended.
    pub(in crate::server::engine::drive) async fn find_broods(
        &mut self,
        draft: &mut Draft,
    ) -> Result<(), Stopped> {
        let waiting: Vec<NodeIx> =
            self.state.waiting().filter(|(_, wake)| *wake == Wake::Children).map(|(node, _)| node).collect();
        for node in waiting {
            // The failure of one ends the waiting of the others.
            if *self.state.node(node) != NodeState::Waiting(Wake::Children) {
                continue;
            }
            let input = self.data.input_of(&self.plan, &self.state, node, &self.input);
            let mut attempt = self.attempt(node, self.state.attempt(node), input, Instant::now());
            // It tells again what it waits for; nothing of it is new.
            attempt.steps.wanted = None;
            let spec = match attempt.run().await.result {
                Ok(Made::Children(spec)) => spec,
                Ok(_) => {
                    let error = NodeError::permanent("internal_error", "this step has no children any more");
                    self.fail_and_go_on(node, &error, None, draft);
                    continue;
                }
                Err(error) => {
                    self.fail_and_go_on(node, &error, None, draft);
                    continue;
                }
            };
            let Some(target) = self.kept.get(&node).and_then(|kept| Target::of(kept)) else {
                let error = NodeError::permanent("internal_error", "this step does not know its workflow");
                self.fail_and_go_on(node, &error, None, draft);
                continue;
            };
            let (store, run, id) = (self.core.store.clone(), self.run.id, self.plan.nodes[node].node.id);
            let children = self.insist(|| engine_runs::child_states(&store, run, id)).await?;
            let children: Vec<_> = children.iter().filter(|child| child.item_index >= spec.first).collect();
            let next = children.len();
            let open = children.iter().filter(|child| child.status != RunStatus::Completed);
            let open = open.map(|child| (child.item_index, child.id)).collect();
            let done_before = self.done_before(node, &target).await?;
            self.broods.insert(node, Brood { spec, target, next, open, done_before });
        }
        Ok(())
    }

    /// Counts the children that have ended.
    pub(in crate::server::engine::drive) async fn look_at_children(
        &mut self,
        draft: &mut Draft,
    ) -> Result<(), Stopped> {
        let nodes: Vec<NodeIx> = self.broods.keys().copied().collect();
        for node in nodes {
            let (store, run, id) = (self.core.store.clone(), self.run.id, self.plan.nodes[node].node.id);
            for child in self.insist(|| engine_runs::child_states(&store, run, id)).await? {
                if *self.state.node(node) == NodeState::Waiting(Wake::Children) {
                    self.child_ended(id, child.item_index, child.status, draft).await?;
                }
            }
            if draft.write.end.is_none() {
                self.grow(node, draft).await?;
            }
        }
        Ok(())
    }
}
