//! `approval`: waits for a person's yes or no.

use super::{Category, Field, FieldProblem, Nature, NodeType, Sketch, delay::check_seconds, schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The config with its expressions evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// What the person is asked to decide. `{input}` and `{{ nodes.name.field }}` are filled in.
    #[schemars(
        title = "Message",
        length(min = 1),
        extend("x-expression" = "text", "x-widget" = "textarea", "x-order" = 1, "x-start" = "{input}")
    )]
    pub message: String,
    /// After so many seconds without an answer the step fails with `approval_timeout`. Empty: it waits as long as it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        title = "Give up after (seconds)",
        extend("exclusiveMinimum" = 0, "x-expression" = "data", "x-order" = 2)
    )]
    pub timeout_seconds: Option<f64>,
}

pub(super) static SKETCH: Sketch = Sketch {
    name: "approval",
    title: "Approval",
    description: "Asks a person, and goes on through `approved` or `rejected`. Waits across restarts.",
    category: Category::Human,
    icon: "user",
    inputs: &["in"],
    outputs: &["approved", "rejected", "error"],
    nature: Nature { waits: true, ..Nature::NONE },
};

pub(super) fn node_type() -> NodeType {
    let config_schema = schema::of::<Approval>();
    NodeType { sketch: &SKETCH, fields: Field::of(&config_schema), config_schema, extra_check, output }
}

fn extra_check(config: &Map<String, Value>, problems: &mut Vec<FieldProblem>) {
    check_seconds(config, "timeout_seconds", &mut |field, code, message| {
        problems.push(FieldProblem { field: field.to_owned(), code, message });
    });
}

fn output(_: &Map<String, Value>) -> Value {
    json!({
        "type": "object",
        "properties": {
            "approved": { "type": "boolean", "description": "Whether the person said yes." },
            "comment": { "type": ["string", "null"], "description": "What they wrote, if anything." },
        },
        "required": ["approved", "comment"],
    })
}
