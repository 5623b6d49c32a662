//! `condition`: passes its input on, on the port that the expression chose.

use super::{NodeContext, NodeError, NodeFuture, NodeHandler, NodeOutput};
use serde_json::Value;

pub struct Condition;

impl NodeHandler for Condition {
    fn run<'a>(&'a self, context: &'a NodeContext) -> NodeFuture<'a> {
        let result = match context.node_config.get("condition") {
            Some(Value::Bool(answer)) => {
                let port = if *answer { "true" } else { "false" };
                let output = NodeOutput::of(Value::clone(&context.input));
                Ok(NodeOutput { port: Some(port.to_owned()), ..output }.into())
            }
            other => Err(NodeError::permanent(
                "not_boolean",
                format!(
                    "the condition gave {}, not true or false; compare something, as in `input > 10`",
                    other.unwrap_or(&Value::Null)
                ),
            )),
        };
        Box::pin(std::future::ready(result))
    }

    fn is_pure(&self) -> bool {
        true
    }
}
