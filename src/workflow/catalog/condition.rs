//! `condition`: sends its input one way or the other.

use super::{Category, Field, FieldProblem, Nature, NodeType, Sketch, schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The config as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// An expression that gives true or false, such as `input.score > 0.5`.
    #[schemars(
        title = "Condition",
        length(min = 1),
        extend("x-expression" = "bare", "x-result" = "boolean", "x-widget" = "code", "x-order" = 1)
    )]
    pub condition: String,
}

pub(super) static SKETCH: Sketch = Sketch {
    name: "condition",
    title: "Condition",
    description: "Passes its input on through `true` or `false`, as the expression says.",
    category: Category::Logic,
    icon: "split",
    inputs: &["in"],
    outputs: &["true", "false", "error"],
    nature: Nature { passes_input: true, ..Nature::NONE },
};

pub(super) fn node_type() -> NodeType {
    let config_schema = schema::of::<Condition>();
    NodeType {
        sketch: &SKETCH,
        fields: Field::of(&config_schema),
        config_schema,
        extra_check: no_extra_check,
        output,
    }
}

fn no_extra_check(_: &Map<String, Value>, _: &mut Vec<FieldProblem>) {}

fn output(_: &Map<String, Value>) -> Value {
    json!({})
}
