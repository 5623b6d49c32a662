//! `delay`: waits for a while, or until a time; nothing is kept in memory meanwhile.

use super::{Category, Field, FieldProblem, Nature, NodeType, Sketch, is_set, schema};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The longest that a step may wait, in seconds: ten years. Longer is a slip of the unit.
pub const LONGEST_WAIT_SECONDS: f64 = 315_576_000.0;

/// The config with its expressions evaluated: exactly one of the two fields.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Delay {
    /// How long to wait, such as `90` or `0.5`. A restart does not shorten or lengthen it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        title = "Seconds",
        range(min = 0.0),
        extend("x-expression" = "data", "x-order" = 1, "x-start" = 60)
    )]
    pub seconds: Option<f64>,
    /// When to go on, as a time with its zone: `2030-01-31T09:00:00Z` or `{{ input.send_at }}`. A time that has passed
    /// does not wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Until", extend("x-expression" = "text", "x-widget" = "time", "x-order" = 2))]
    pub until: Option<String>,
}

pub(super) static SKETCH: Sketch = Sketch {
    name: "delay",
    title: "Delay",
    description: "Waits for some seconds or until a time, then passes its input on. Survives a restart.",
    category: Category::Flow,
    icon: "clock",
    inputs: &["in"],
    outputs: &["out", "error"],
    nature: Nature { waits: true, passes_input: true, ..Nature::NONE },
};

pub(super) fn node_type() -> NodeType {
    let config_schema = schema::of::<Delay>();
    NodeType { sketch: &SKETCH, fields: Field::of(&config_schema), config_schema, extra_check, output }
}

/// A time as configs write it: RFC 3339, with its zone.
#[must_use]
pub fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text.trim()).ok().map(|time| time.with_timezone(&Utc))
}

fn extra_check(config: &Map<String, Value>, problems: &mut Vec<FieldProblem>) {
    let mut report = |field: &str, code, message: String| {
        problems.push(FieldProblem { field: field.to_owned(), code, message });
    };
    match (is_set(config, "seconds"), is_set(config, "until")) {
        (true, true) => report(
            "until",
            "conflict",
            "Set either `seconds` or `until`, not both. Remove one of them.".to_owned(),
        ),
        (false, false) => report(
            "seconds",
            "missing_field",
            "It is not said how long to wait. Set `seconds`, or `until` for a time.".to_owned(),
        ),
        _ => {}
    }
    check_seconds(config, "seconds", &mut report);
    if let Some(text) = config.get("until").and_then(Value::as_str).filter(|t| !t.contains('{')) {
        if text.trim().is_empty() {
            report("until", "missing_field", "`until` is empty. Write a time, or remove it.".to_owned());
        } else if parse_time(text).is_none() {
            report("until", "invalid_time", not_a_time(text));
        }
    }
}

/// What to say of a text that is no time.
#[must_use]
pub fn not_a_time(text: &str) -> String {
    let shown: String = text.chars().take(60).collect();
    format!("`{shown}` is not a time with its zone. Write it as `2030-01-31T09:00:00Z`.")
}

/// Reports a number of seconds that no step waits.
pub(super) fn check_seconds(
    config: &Map<String, Value>,
    field: &str,
    report: &mut dyn FnMut(&str, &'static str, String),
) {
    if config.get(field).and_then(Value::as_f64).is_some_and(|seconds| seconds > LONGEST_WAIT_SECONDS) {
        report(field, "out_of_range", too_long(field));
    }
}

/// What to say of a wait that is longer than any step waits.
#[must_use]
pub fn too_long(field: &str) -> String {
    format!("`{field}` is more than 10 years, the longest that a step may wait. Is it given in seconds?")
}

fn output(_: &Map<String, Value>) -> Value {
    json!({})
}
