//! Steps whose work child runs do: making the children, counting their ends, putting their outputs together.
//! A child is identified by its parent, the step and its index, so that no crash makes it twice.

mod ends;
mod found;
mod makes;
mod target;

use super::{Command, Draft, Driver, NodeIx, Stopped};
use crate::{
    server::{
        engine::{
            draft::Told,
            executor::Finished,
            recovery::{CHILDREN, THEN_AGAIN, WAITS_FOR},
            step::{Event, Wake},
        },
        nodes::{Children, NodeError, Then},
        store::{engine_runs, journal::RunWrite},
    },
    workflow::ids::RunId,
};
use serde_json::json;
use std::{collections::HashMap, sync::Arc};
use target::Target;

/// The children of one step.
pub(super) struct Brood {
    spec: Children,
    target: Target,
    /// Index of the next child to make; those before it exist.
    next: usize,
    /// Children that have not ended, by index.
    open: HashMap<i32, RunId>,
    /// What the run that is resumed has done, by index.
    done_before: HashMap<i32, RunId>,
}

/// Children of one write, at most.
const AT_ONCE: usize = 200;

impl Driver {
    /// An attempt wants child runs.
    pub(super) async fn begin_brood(
        &mut self,
        node: NodeIx,
        attempt: i32,
        spec: Children,
        told: &Told,
        draft: &mut Draft,
    ) -> Result<(), Stopped> {
        let target = match self.target(&spec.workflow).await? {
            Ok(target) => target,
            Err(error) => {
                match spec.then {
                    Then::Done => self.fail_and_go_on(node, &error, Some(told), draft),
                    Then::Again(seq) => {
                        let why = json!({ "error": { "code": error.code, "message": error.message } });
                        self.observed(node, seq, why, draft);
                    }
                }
                return Ok(());
            }
        };
        let total = spec.items.len();
        if total == 0 && spec.list {
            let finished = Finished {
                output: Arc::new(json!([])),
                output_json: "[]".into(),
                port: self.plan.nodes[node].first_port.clone(),
                usage: json!({ "children": 0 }),
                effect: None,
            };
            self.complete(node, attempt, finished, told, draft);
            return Ok(());
        }
        let mut kept = json!({
            WAITS_FOR: CHILDREN, "total": total,
            "workflow_id": target.workflow, "version_id": target.version,
        });
        if let Then::Again(seq) = spec.then {
            kept[THEN_AGAIN] = json!(seq);
        }
        draft.wait(&self.plan.nodes[node], attempt, None, None, &kept, told);
        self.kept.insert(node, Arc::new(kept));
        let done_before = self.done_before(node, &target).await?;
        self.broods.insert(node, Brood { spec, target, next: 0, open: HashMap::new(), done_before });
        self.happened(&Event::Waits { node, wake: Wake::Children }, draft);
        self.grow(node, draft).await
    }

    /// What the run that this one resumes has done of that step. A fork does its steps anew.
    async fn done_before(&self, node: NodeIx, target: &Target) -> Result<HashMap<i32, RunId>, Stopped> {
        let (Some(source), Some(_)) = (self.run.forked_from, self.run.effect_root) else {
            return Ok(HashMap::new());
        };
        let (store, id, version) = (self.core.store.clone(), self.plan.nodes[node].node.id, target.version);
        self.insist(|| engine_runs::completed_children(&store, source, id, version)).await
    }

    /// Makes as many children as may run at once.
    async fn grow(&mut self, node: NodeIx, draft: &mut Draft) -> Result<(), Stopped> {
        let mut made = 0;
        loop {
            let Some(brood) = self.broods.get(&node) else { return Ok(()) };
            let all_made = brood.next == brood.spec.items.len();
            if all_made && brood.open.is_empty() {
                return self.finish_brood(node, draft).await;
            }
            if all_made || brood.open.len() >= brood.spec.concurrency.max(1) {
                return Ok(());
            }
            if made == AT_ONCE {
                self.growing.push(node);
                return Ok(());
            }
            made += 1;
            if let Some((index, failure)) = self.make_child(node, draft).await? {
                self.child_failed(node, index, &failure.code, &failure.message, draft);
                return Ok(());
            }
        }
    }

    /// Goes on where a write was full.
    pub(super) async fn go_on_growing(&mut self, draft: &mut Draft) -> Result<(), Stopped> {
        for node in std::mem::take(&mut self.growing) {
            self.grow(node, draft).await?;
        }
        Ok(())
    }

    /// Starts the children that a write has made, and lets those know that shall stop.
    pub(super) fn children_written(&mut self, write: &RunWrite) {
        for child in write.children.iter().filter(|child| child.failure.is_none() && child.reused.is_none()) {
            self.core.submit(child.id);
        }
        for child in std::mem::take(&mut self.unwanted) {
            self.core.tell(child, Command::Look);
        }
    }

    /// The children of a step that failed or was cancelled are to stop.
    pub(super) fn give_up(&mut self, node: NodeIx, brood: Brood, draft: &mut Draft) {
        let id = self.plan.nodes[node].node.id;
        // Those of this very draft need not be made.
        draft
            .write
            .children
            .retain(|child| child.node != id || child.failure.is_some() || child.reused.is_some());
        draft.write.cancel_children.push(id);
        self.unwanted.extend(brood.open.into_values());
    }
}
