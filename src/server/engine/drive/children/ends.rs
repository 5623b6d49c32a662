//! What becomes of a step when its children end.

use super::{Driver, NodeIx, Stopped};
use crate::{
    api::runs::RunStatus,
    server::{
        engine::draft::Draft,
        nodes::{NodeError, Then},
        store::{
            engine_runs::{self, ChildResult},
            journal::NewChild,
        },
    },
    workflow::ids::NodeId,
};
use serde_json::{Value, json};

impl Driver {
    /// A child has ended; called again for the same child, it does nothing.
    pub(in crate::server::engine::drive) async fn child_ended(
        &mut self,
        id: NodeId,
        item_index: i32,
        status: RunStatus,
        draft: &mut Draft,
    ) -> Result<(), Stopped> {
        draft.catch_up(self.core.clock.now());
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

    pub(super) fn child_failed(
        &mut self,
        node: NodeIx,
        index: i32,
        code: &str,
        message: &str,
        draft: &mut Draft,
    ) {
        let list = self.broods.get(&node).is_some_and(|brood| brood.spec.list);
        let message = if list { format!("item {index}: {message}") } else { message.to_owned() };
        self.fail_and_go_on(node, &NodeError::permanent(code, message), None, draft);
    }

    pub(super) async fn finish_brood(&mut self, node: NodeIx, draft: &mut Draft) -> Result<(), Stopped> {
        let id = self.plan.nodes[node].node.id;
        let (store, run) = (self.core.store.clone(), self.run.id);
        let mut results = self.insist(|| engine_runs::child_results(&store, run, id, None)).await?;
        draft.catch_up(self.core.clock.now());
        // Those of this very draft are not stored yet.
        results.extend(draft.write.children.iter().filter(|child| child.node == id).map(result_of));
        let Some(brood) = self.broods.get(&node) else { return Ok(()) };
        results.retain(|child| child.item_index >= brood.spec.first);
        let limit = self.core.limits.output_bytes;
        if let Then::Again(seq) = brood.spec.then {
            let observed = results.last().map(|child| outcome(child, limit)).unwrap_or_default();
            self.observed(node, seq, observed, draft);
            return Ok(());
        }
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
}

/// What a child run came to, for the handler that is called again.
fn outcome(child: &ChildResult, limit: usize) -> Value {
    let failed = |code: &str, message: &str| json!({ "error": { "code": code, "message": message } });
    if child.status != RunStatus::Completed {
        let (code, message) = why(child);
        return failed(&code, &message);
    }
    let bytes = child.output_data.to_string().len();
    if bytes > limit {
        return failed("output_too_large", &format!("the output has {bytes} bytes, the limit is {limit}"));
    }
    json!({ "output": child.output_data })
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
