//! Outputs that somebody gives in place of what steps would do: the same form as pinned outputs.

use crate::{
    server::{services::Fields, store::again::Given},
    workflow::{
        catalog::{self, ERROR_PORT},
        document::{Node, Workflow},
    },
};
use serde_json::{Map, Value};

/// The outputs by node name, with what is wrong with them as `outputs.<name>`.
pub fn read(
    document: &Workflow,
    outputs: Map<String, Value>,
    max_bytes: usize,
    fields: &mut Fields,
) -> Vec<Given> {
    let mut given = Vec::with_capacity(outputs.len());
    for (name, value) in outputs {
        let field = format!("outputs.{name}");
        let Some(node) = document.node_named(&name) else {
            fields.refuse(field, "is not a step of this version; take the name of one that is");
            continue;
        };
        match placed(node, value) {
            Ok((port, output)) => {
                let bytes = output.to_string().len();
                if bytes > max_bytes {
                    let message =
                        format!("has {bytes} bytes; the limit is {max_bytes} (MILLRACE_MAX_OUTPUT_BYTES)");
                    fields.refuse(field, message);
                    continue;
                }
                given.push(Given {
                    node: node.id,
                    node_name: node.name.clone(),
                    node_type: node.node_type.clone(),
                    port,
                    output,
                });
            }
            Err(message) => fields.refuse(field, message),
        }
    }
    given
}

/// The port and the value: a step with several ports says which with `{port, output}`.
fn placed(node: &Node, mut value: Value) -> Result<(String, Value), String> {
    let Some(node_type) = catalog::find(&node.node_type) else { return Ok(("out".to_owned(), value)) };
    let ports = node_type.outputs;
    if ports.iter().filter(|port| **port != ERROR_PORT).count() < 2 {
        return Ok((node_type.default_output().to_owned(), value));
    }
    let port =
        value.get("port").and_then(Value::as_str).filter(|port| ports.contains(port)).map(str::to_owned);
    let output = value.get_mut("output").map(Value::take);
    port.zip(output).ok_or_else(|| {
        format!("this step has several ports: give {{\"port\": one of {}, \"output\": …}}", ports.join(", "))
    })
}
