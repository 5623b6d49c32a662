//! `probe`: a step that records each of its executions, for the tests that kill the server (feature `chaos`). It is in
//! the catalogue only of a process that called [`offer`] before its first look at it.

use super::{Category, Field, FieldProblem, Nature, NodeType, Sketch, schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::sync::atomic::{AtomicBool, Ordering};

static OFFERED: AtomicBool = AtomicBool::new(false);

/// The config with its expressions evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// What the step gives; an expression.
    #[schemars(title = "Value", with = "String", extend("x-expression" = "bare", "x-widget" = "code", "x-order" = 1))]
    pub value: Value,
    /// How long it takes.
    #[serde(default)]
    #[schemars(title = "Milliseconds", range(min = 0, max = 600_000), extend("x-expression" = "data", "x-order" = 2))]
    pub sleep_ms: u64,
    /// Attempts up to this number fail, and may be tried again.
    #[serde(default)]
    #[schemars(title = "Failing attempts", range(min = 0, max = 100), extend("x-expression" = "data", "x-order" = 3))]
    pub fail_times: i32,
}

/// Puts the type into the catalogue of this process.
pub fn offer() {
    OFFERED.store(true, Ordering::Relaxed);
}

/// The type, where it was offered.
pub(super) fn offered() -> Option<NodeType> {
    OFFERED.load(Ordering::Relaxed).then(node_type)
}

static SKETCH: Sketch = Sketch {
    name: "probe",
    title: "Probe",
    description: "Records each of its executions, for tests that kill the server.",
    category: Category::Flow,
    icon: "flag",
    inputs: &["in"],
    outputs: &["out", "error"],
    nature: Nature { retryable: true, ..Nature::NONE },
};

fn node_type() -> NodeType {
    let config_schema = schema::of::<Probe>();
    NodeType {
        sketch: &SKETCH,
        fields: Field::of(&config_schema),
        config_schema,
        extra_check: |_: &Map<String, Value>, _: &mut Vec<FieldProblem>| {},
        output: |_| json!({}),
    }
}

#[cfg(test)]
mod tests {
    use crate::workflow::catalog;

    #[test]
    fn a_process_that_did_not_ask_for_it_has_none() {
        assert!(catalog::find("probe").is_none());
        assert!(catalog::all().iter().all(|kind| kind.name != "probe"));
    }
}
