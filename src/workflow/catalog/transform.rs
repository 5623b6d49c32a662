//! `transform`: makes new data of what came before, without a model.

use super::{Category, Field, FieldProblem, Nature, NodeType, Sketch, is_set, schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The config as it is written: exactly one of the two fields.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transform {
    /// One expression, such as `input.price * 1.2`. Its value is the output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Expression", extend("x-expression" = "bare", "x-widget" = "code", "x-order" = 1))]
    pub expression: Option<String>,
    /// One expression for each name. The output is an object with these names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        title = "Fields",
        with = "Option<std::collections::BTreeMap<String, String>>",
        extend("x-expression" = "bare", "x-widget" = "code", "x-order" = 2)
    )]
    pub fields: Option<Map<String, Value>>,
}

pub(super) static SKETCH: Sketch = Sketch {
    name: "transform",
    title: "Transform",
    description: "Computes a value, or an object of values, from the input with expressions.",
    category: Category::Data,
    icon: "braces",
    inputs: &["in"],
    outputs: &["out", "error"],
    nature: Nature::NONE,
};

pub(super) fn node_type() -> NodeType {
    let config_schema = schema::of::<Transform>();
    NodeType { sketch: &SKETCH, fields: Field::of(&config_schema), config_schema, extra_check, output }
}

fn extra_check(config: &Map<String, Value>, problems: &mut Vec<FieldProblem>) {
    let mut report = |field: &str, code, message: &str| {
        problems.push(FieldProblem { field: field.to_owned(), code, message: message.to_owned() });
    };
    match (is_set(config, "expression"), is_set(config, "fields")) {
        (true, true) => {
            report("fields", "conflict", "Set either `expression` or `fields`, not both. Remove one of them.")
        }
        (false, false) => {
            report("expression", "missing_field", "Nothing to compute. Set `expression` or `fields`.")
        }
        (true, false)
            if config.get("expression").and_then(Value::as_str).is_some_and(|e| e.trim().is_empty()) =>
        {
            report(
                "expression",
                "missing_field",
                "`expression` is empty. Write an expression, such as `input`.",
            );
        }
        _ => {}
    }
}

fn output(config: &Map<String, Value>) -> Value {
    match config.get("fields").and_then(Value::as_object) {
        Some(fields) => {
            let properties: Map<_, _> = fields.keys().map(|k| (k.clone(), json!({}))).collect();
            let required: Vec<_> = fields.keys().collect();
            json!({ "type": "object", "properties": properties, "required": required })
        }
        None => json!({}),
    }
}
