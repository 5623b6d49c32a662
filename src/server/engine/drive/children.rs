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
            journal::{Failure, NewChild, ReusedChild, RunWrite},
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
                effect: None,
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

    /// Makes the next child of a step; gives the failure of one that fails the step.
    async fn make_child(
        &mut self,
        node: NodeIx,
        draft: &mut Draft,
    ) -> Result<Option<(i32, Failure)>, Stopped> {
        let Some(brood) = self.broods.get_mut(&node) else { return Ok(None) };
        let index = brood.next;
        brood.next += 1;
        let item_index = i32::try_from(index).unwrap_or(i32::MAX);
        let rendered = (brood.spec.input)(index, &brood.spec.items[index]);
        let (input, failure) = match rendered {
            Ok(input) => (input, None),
            Err(error) => (Value::Null, Some(Failure { code: error.code, message: error.message })),
        };
        let (target, collect) = (brood.target, brood.spec.collect);
        let before = brood.done_before.get(&item_index).copied();
        let reused = self.reused(before, &input).await?;
        let id = self.plan.nodes[node].node.id;
        let child = NewChild {
            id: RunId::new(),
            node: id,
            item_index,
            workflow_id: target.workflow,
            owner: self.run.owner,
            version_id: target.version,
            input_data: input.to_string(),
            depth: self.run.depth + 1,
            effect_root: effect_root(self.global.run.effect_root, id, item_index),
            failure,
            reused,
            created_at: draft.now(),
        };
        let failed = child.failure.clone().filter(|_| !collect);
        if child.failure.is_none()
            && child.reused.is_none()
            && let Some(brood) = self.broods.get_mut(&node)
        {
            brood.open.insert(item_index, child.id);
        }
        draft.write.children.push(child);
        Ok(failed.map(|failure| (item_index, failure)))
    }

    /// The output of the child that did the same before.
    async fn reused(&self, before: Option<RunId>, input: &Value) -> Result<Option<ReusedChild>, Stopped> {
        let Some(run) = before else { return Ok(None) };
        let store = self.core.store.clone();
        let (asked, output) = self.insist(|| engine_runs::input_and_output(&store, run)).await?;
        Ok((asked == *input).then(|| ReusedChild { run, output_data: output.to_string() }))
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
        results.extend(draft.write.children.iter().filter(|child| child.node == id).map(result_of));
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
            // The failure of one ends the waiting of the others.
            if *self.state.node(node) != NodeState::Waiting(Wake::Children) {
                continue;
            }
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
            let done_before = self.done_before(node, &target).await?;
            self.broods.insert(node, Brood { spec, target, next, open, done_before });
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

/// What a child gives that is over as soon as it is made.
fn result_of(child: &NewChild) -> ChildResult {
    let output = child.reused.as_ref().and_then(|reused| serde_json::from_str(&reused.output_data).ok());
    ChildResult {
        item_index: child.item_index,
        status: if child.reused.is_some() { RunStatus::Completed } else { RunStatus::Failed },
        output_data: output.unwrap_or_default(),
        error_code: child.failure.as_ref().map(|failure| failure.code.clone()),
        error_message: child.failure.as_ref().map(|failure| failure.message.clone()),
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
