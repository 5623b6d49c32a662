//! `for_each`: runs another workflow once for each item of a list.

use super::{Category, Field, FieldProblem, Nature, NodeType, Sketch, schema};
use crate::workflow::expression;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The items that one step takes at most, unless the configuration says otherwise.
pub const MAX_ITEMS: usize = 100_000;

/// The config with its expressions evaluated, except for `input`, which is evaluated for each item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForEach {
    /// The list: an expression that gives one, such as `{{ input.rows }}`, or a JSON list.
    #[schemars(
        title = "Items",
        extend("x-expression" = "data", "x-result" = "array", "x-widget" = "json", "x-order" = 1, "x-start" = "{{ input }}")
    )]
    pub items: Value,
    /// Name or id of the workflow to run for each item. Each has a run of its own, which this one links to.
    #[schemars(title = "Workflow", length(min = 1), extend("x-widget" = "workflow", "x-order" = 2))]
    pub workflow: String,
    /// What each run gets as its input, with `item` and `index` (from 0) for the item at hand. Empty: the item.
    #[serde(default = "whole_item")]
    #[schemars(title = "Input for each item", extend("x-expression" = "item", "x-widget" = "json", "x-order" = 3))]
    pub input: Value,
    /// How many run at the same time.
    #[serde(default = "default_concurrency")]
    #[schemars(title = "At once", range(min = 1, max = 100), extend("x-expression" = "data", "x-order" = 4))]
    pub concurrency: u32,
    /// `fail` ends the step at the first item that fails; `collect` goes on and puts `{"error": {code, message}}` in
    /// that item's place.
    #[serde(default)]
    #[schemars(title = "When an item fails", extend("x-order" = 5))]
    pub on_error: OnError,
}

// No documentation on the variants: with it the schema would not be a plain list of words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    #[default]
    Fail,
    Collect,
}

fn whole_item() -> Value {
    json!("{{ item }}")
}

fn default_concurrency() -> u32 {
    4
}

pub(super) static SKETCH: Sketch = Sketch {
    name: "for_each",
    title: "For each",
    description: "Runs another workflow once for each item of a list and gives the outputs in the same order.",
    category: Category::Flow,
    icon: "repeat",
    inputs: &["in"],
    outputs: &["out", "error"],
    nature: Nature { waits: true, ..Nature::NONE },
};

pub(super) fn node_type() -> NodeType {
    let config_schema = schema::of::<ForEach>();
    NodeType { sketch: &SKETCH, fields: Field::of(&config_schema), config_schema, extra_check, output }
}

fn extra_check(config: &Map<String, Value>, problems: &mut Vec<FieldProblem>) {
    let mut report =
        |code, message: String| problems.push(FieldProblem { field: "items".to_owned(), code, message });
    match config.get("items") {
        None | Some(Value::Array(_)) => {}
        Some(Value::String(text)) if text.trim().is_empty() => {
            report("missing_field", "`items` is empty; write an expression that gives a list.".to_owned());
        }
        Some(Value::String(text)) if expression::is_single_expression(text) => {}
        Some(Value::String(_)) => report(
            "not_a_list",
            "`items` is text, not a list. Write one expression that gives a list, such as `{{ input.rows }}`, with nothing around it."
                .to_owned(),
        ),
        Some(other) => report(
            "not_a_list",
            format!("`items` must be a list, not {}, or an expression that gives one.", schema::kind_word(other)),
        ),
    }
}

fn output(_: &Map<String, Value>) -> Value {
    json!({ "type": "array" })
}
