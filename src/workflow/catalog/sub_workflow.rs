//! `sub_workflow`: runs another workflow as one step.

use super::{Category, Field, FieldProblem, Nature, NodeType, Sketch, schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The config with its expressions evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubWorkflow {
    /// Name or id of the workflow to run. It has a run of its own, which this one links to.
    #[schemars(title = "Workflow", length(min = 1), extend("x-widget" = "workflow", "x-order" = 1))]
    pub workflow: String,
    /// What the workflow gets as its input. Empty: what this step gets.
    #[serde(default = "whole_input")]
    #[schemars(title = "Input", extend("x-expression" = "data", "x-widget" = "json", "x-order" = 2))]
    pub input: Value,
}

fn whole_input() -> Value {
    json!("{{ input }}")
}

pub(super) static SKETCH: Sketch = Sketch {
    name: "sub_workflow",
    title: "Run a workflow",
    description: "Runs another workflow with an input of your choice and gives that run's output.",
    category: Category::Flow,
    icon: "workflow",
    inputs: &["in"],
    outputs: &["out", "error"],
    nature: Nature { waits: true, ..Nature::NONE },
};

pub(super) fn node_type() -> NodeType {
    let config_schema = schema::of::<SubWorkflow>();
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
