//! Steps whose work child runs do: making the children, counting their ends, putting their outputs together.
//! A child is identified by its parent, the step and its index, so that no crash makes it twice.

mod target;

use super::{Command, Draft, Driver, NodeIx, Stopped};
use crate::{
    api::runs::RunStatus,
    server::{
        engine::{
            draft::Told,
            executor::{Finished, Made},
            recovery::{CHILDREN, WAITS_FOR},
            step::{Event, NodeState, Wake},
        },
        nodes::{Children, NodeError},
        store::{
            engine_runs::{self, ChildResult},
            journal::{Failure, NewChild, RunWrite},
        },
    },
    workflow::ids::{NodeId, RunId},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::{collections::HashMap, sync::Arc, time::Instant};
use target::Target;
use uuid::Uuid;

/// The children of one step.
pub(super) struct Brood {
    spec: Children,
    target: Target,
    /// Index of the next child to make; those before it exist.
    next: usize,
    /// Children that have not ended, by index.
    open: HashMap<i32, RunId>,
}

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
                self.fail_and_go_on(node, &error, Some(told), draft);
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
            };
            self.complete(node, attempt, finished, told, draft);
            return Ok(());
        }
        let kept = json!({
            WAITS_FOR: CHILDREN, "total": total,
            "workflow_id": target.workflow, "version_id": target.version,
        });
        draft.wait(&self.plan.nodes[node], attempt, None, None, &kept, told);
        self.kept.insert(node, Arc::new(kept));
        self.broods.insert(node, Brood { spec, target, next: 0, open: HashMap::new() });
        self.happened(&Event::Waits { node, wake: Wake::Children }, draft);
        self.grow(node, draft).await
    }

    /// Makes as many children as may run at once.
    async fn grow(&mut self, node: NodeIx, draft: &mut Draft) -> Result<(), Stopped> {
        let id = self.plan.nodes[node].node.id;
        let Some(brood) = self.broods.get_mut(&node) else { return Ok(()) };
        let mut failed = None;
        while brood.open.len() < brood.spec.concurrency.max(1) && brood.next < brood.spec.items.len() {
            let index = brood.next;
            let Ok(item_index) = i32::try_from(index) else { break };
            brood.next += 1;
            let (input_data, failure) = match (brood.spec.input)(index, &brood.spec.items[index]) {
                Ok(input) => (input.to_string(), None),
                Err(error) => ("null".to_owned(), Some(Failure { code: error.code, message: error.message })),
            };
            let child = NewChild {
                id: RunId::new(),
                node: id,
                item_index,
                workflow_id: brood.target.workflow,
                owner: self.run.owner,
                version_id: brood.target.version,
                input_data,
                depth: self.run.depth + 1,
                effect_root: effect_root(self.global.run.effect_root, id, item_index),
                failure,
                created_at: draft.now(),
            };
            match &child.failure {
                None => {
                    brood.open.insert(item_index, child.id);
                }
                Some(failure) if !brood.spec.collect => failed = Some((item_index, failure.clone())),
                Some(_) => {}
            }
            draft.write.children.push(child);
            if failed.is_some() {
                break;
            }
        }
        let all_made = brood.next == brood.spec.items.len();
        let done = all_made && brood.open.is_empty();
        match failed {
            Some((index, failure)) => {
                self.child_failed(node, index, &failure.code, &failure.message, draft);
                Ok(())
            }
            None if done => self.finish_brood(node, draft).await,
            None => Ok(()),
        }
    }

    /// A child has ended; called again for the same child, it does nothing.
    pub(super) async fn child_ended(
        &mut self,
        id: NodeId,
        item_index: i32,
        status: RunStatus,
        draft: &mut Draft,
    ) -> Result<(), Stopped> {
        let Some(node) = self.plan.find(id) else { return Ok(()) };
        let Some(brood) = self.broods.get_mut(&node) else { return Ok(()) };
        if !status.is_terminal() || brood.open.remove(&item_index).is_none() {
            return Ok(());
        }
        if status == RunStatus::Completed || brood.spec.collect {
            return self.grow(node, draft).await;
        }
        let (store, run) = (self.core.store.clone(), self.run.id);
        let only = Some(item_index);
        let results = self.insist(|| engine_runs::child_results(&store, run, id, only)).await?;
        let (code, message) = results.first().map(why).unwrap_or_default();
        self.child_failed(node, item_index, &code, &message, draft);
        Ok(())
    }

    fn child_failed(&mut self, node: NodeIx, index: i32, code: &str, message: &str, draft: &mut Draft) {
        let list = self.broods.get(&node).is_some_and(|brood| brood.spec.list);
        let message = if list { format!("item {index}: {message}") } else { message.to_owned() };
        self.fail_and_go_on(node, &NodeError::permanent(code, message), None, draft);
    }

    async fn finish_brood(&mut self, node: NodeIx, draft: &mut Draft) -> Result<(), Stopped> {
        let id = self.plan.nodes[node].node.id;
        let (store, run) = (self.core.store.clone(), self.run.id);
        let mut results = self.insist(|| engine_runs::child_results(&store, run, id, None)).await?;
        // Those of this very draft are not stored yet.
        results.extend(draft.write.children.iter().filter(|child| child.node == id).map(|child| {
            let failure = child.failure.clone();
            ChildResult {
                item_index: child.item_index,
                status: RunStatus::Failed,
                output_data: Value::Null,
                error_code: failure.as_ref().map(|failure| failure.code.clone()),
                error_message: failure.map(|failure| failure.message),
            }
        }));
        let Some(brood) = self.broods.get(&node) else { return Ok(()) };
        let mut outputs = results.into_iter().map(|child| match child.status {
            RunStatus::Completed => child.output_data,
            _ => {
                let (code, message) = why(&child);
                json!({ "error": { "code": code, "message": message } })
            }
        });
        let output = if brood.spec.list {
            Value::Array(outputs.collect())
        } else {
            outputs.next_back().unwrap_or_default()
        };
        let bytes = output.to_string().len();
        let limit = self.core.limits.output_bytes;
        if bytes > limit {
            let message = format!(
                "the outputs of the child runs have {bytes} bytes together, the limit is {limit} (output_bytes); let them give less"
            );
            self.fail_and_go_on(node, &NodeError::permanent("output_too_large", message), None, draft);
        } else {
            let port = self.plan.nodes[node].first_port.clone();
            self.complete_wait(node, &port, output, draft);
        }
        Ok(())
    }

    /// Finds the children of steps that waited when the run was laid down or the process ended.
    pub(super) async fn find_broods(&mut self, draft: &mut Draft) -> Result<(), Stopped> {
        let waiting: Vec<NodeIx> =
            self.state.waiting().filter(|(_, wake)| *wake == Wake::Children).map(|(node, _)| node).collect();
        for node in waiting {
            let input = self.data.input_of(&self.plan, &self.state, node, &self.input);
            let attempt = self.attempt(node, self.state.attempt(node), input, Instant::now());
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
            let next = children.len();
            let open = children.iter().filter(|child| child.status != RunStatus::Completed);
            let open = open.map(|child| (child.item_index, child.id)).collect();
            self.broods.insert(node, Brood { spec, target, next, open });
        }
        Ok(())
    }

    /// Counts the children that have ended.
    pub(super) async fn look_at_children(&mut self, draft: &mut Draft) -> Result<(), Stopped> {
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

    /// Starts the children that a write has made, and lets those know that shall stop.
    pub(super) fn children_written(&mut self, write: &RunWrite) {
        for child in write.children.iter().filter(|child| child.failure.is_none()) {
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
        draft.write.children.retain(|child| child.node != id || child.failure.is_some());
        draft.write.cancel_children.push(id);
        self.unwanted.extend(brood.open.into_values());
    }
}

/// Why a child did not complete.
fn why(child: &ChildResult) -> (String, String) {
    let code = child.error_code.clone().unwrap_or_else(|| "child_cancelled".to_owned());
    let message = child.error_message.clone().unwrap_or_else(|| "the child run was cancelled".to_owned());
    (code, message)
}

/// The same for the same item of the same step, also in a run that resumes this one.
fn effect_root(parent: Uuid, node: NodeId, index: i32) -> Uuid {
    let hash =
        Sha256::new().chain_update(parent).chain_update(node.0).chain_update(index.to_be_bytes()).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
