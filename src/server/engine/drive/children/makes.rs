//! Makes the next child of a step.

use super::{Driver, NodeIx, Stopped};
use crate::{
    server::{
        engine::draft::Draft,
        store::{
            engine_runs,
            journal::{Failure, NewChild, ReusedChild},
        },
    },
    workflow::ids::{NodeId, RunId},
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

impl Driver {
    /// Makes the next child of a step; gives the failure of one that fails the step.
    pub(super) async fn make_child(
        &mut self,
        node: NodeIx,
        draft: &mut Draft,
    ) -> Result<Option<(i32, Failure)>, Stopped> {
        let Some(brood) = self.broods.get_mut(&node) else { return Ok(None) };
        let index = brood.next;
        brood.next += 1;
        let item_index = i32::try_from(index).unwrap_or(i32::MAX).saturating_add(brood.spec.first);
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
}

/// The same for the same item of the same step, also in a run that resumes this one.
fn effect_root(parent: Uuid, node: NodeId, index: i32) -> Uuid {
    let hash =
        Sha256::new().chain_update(parent).chain_update(node.0).chain_update(index.to_be_bytes()).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
