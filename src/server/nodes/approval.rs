//! `approval`: shows a person a message and waits for their answer. Who answers, and how, is not its business.

use super::{
    NodeContext, NodeError, NodeFuture, NodeHandler, NodeStep, Then, Wait, WaitKind, config, delay::after,
};
use crate::workflow::catalog;
use serde_json::json;

pub struct Approval;

impl NodeHandler for Approval {
    fn run<'a>(&'a self, context: &'a NodeContext) -> NodeFuture<'a> {
        Box::pin(std::future::ready(step(context)))
    }
}

fn step(context: &NodeContext) -> Result<NodeStep, NodeError> {
    let config: catalog::Approval = config(&context.node_config)?;
    let due_at =
        config.timeout_seconds.map(|seconds| after(context.now(), seconds, "timeout_seconds")).transpose()?;
    let value = json!({ "message": config.message });
    Ok(NodeStep::Wait(Wait { due_at, value, kind: WaitKind::Approval, then: Then::Done }))
}
