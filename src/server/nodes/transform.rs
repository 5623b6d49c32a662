//! `transform`: the value of an expression, or an object of several.

use super::{NodeContext, NodeFuture, NodeHandler, NodeOutput};
use serde_json::Value;

pub struct Transform;

impl NodeHandler for Transform {
    fn run<'a>(&'a self, context: &'a NodeContext) -> NodeFuture<'a> {
        // The expressions have been evaluated with the rest of the config.
        let value = match context.node_config.get("fields") {
            Some(Value::Object(fields)) => Value::Object(fields.clone()),
            _ => context.node_config.get("expression").cloned().unwrap_or_default(),
        };
        Box::pin(std::future::ready(Ok(NodeOutput::of(value).into())))
    }

    fn is_pure(&self) -> bool {
        true
    }
}
