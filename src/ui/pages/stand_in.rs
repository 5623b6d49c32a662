//! What a finished step gave, in the form that can stand in for running it: a pinned output, or an output changed in a
//! fork.

use crate::{
    api::runs::NodeExecutionView,
    workflow::catalog::{self, ERROR_PORT},
};
use serde_json::{Value, json};

/// The output; with its port where the step has several.
#[must_use]
pub fn value(step: &NodeExecutionView) -> Value {
    let output = step.output_data.clone();
    let kind = catalog::sketch(&step.node_type);
    let ports = kind.map_or(1, |t| t.outputs.iter().filter(|p| **p != ERROR_PORT).count());
    match &step.port {
        Some(port) if ports > 1 => json!({ "port": port, "output": output }),
        _ => output,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(node_type: &str, port: &str) -> NodeExecutionView {
        serde_json::from_value(json!({
            "id": uuid::Uuid::from_u128(1), "node_id": uuid::Uuid::from_u128(2), "node_name": "n",
            "node_type": node_type, "attempt": 1, "status": "completed", "port": port, "input_data": null,
            "output_data": {"a": 1}, "error_code": null, "error_message": null, "logs": [], "usage": null,
            "execution_order": 1, "due_at": null, "reused_from": null, "started_at": null, "completed_at": null,
        }))
        .unwrap()
    }

    #[test]
    fn the_port_is_kept_where_there_are_several() {
        assert_eq!(value(&step("transform", "out")), json!({"a": 1}));
        assert_eq!(value(&step("condition", "false")), json!({"port": "false", "output": {"a": 1}}));
    }
}
