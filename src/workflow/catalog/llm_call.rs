//! `llm_call`: one prompt, one answer of a chat model.

use super::{Category, Field, FieldProblem, Nature, NodeType, Sketch, answer_schema, schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The config with its expressions evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LlmCall {
    /// What the model is asked. `{input}` and `{{ nodes.name.field }}` are filled in.
    #[schemars(title = "Prompt", length(min = 1), extend("x-expression" = "text", "x-widget" = "textarea", "x-order" = 1, "x-start" = "{input}"))]
    pub prompt_template: String,
    /// Instructions that stand before the prompt: the role, the tone, the form of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "System message", extend("x-expression" = "text", "x-widget" = "textarea", "x-order" = 2))]
    pub system: Option<String>,
    /// Name of the model. Empty: the default model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Model", extend("x-expression" = "text", "x-widget" = "model", "x-order" = 3))]
    pub model: Option<String>,
    /// 0 gives the likeliest answer each time; higher values give more varied ones.
    #[serde(default = "default_temperature")]
    #[schemars(title = "Temperature", range(min = 0.0, max = 2.0), extend("x-expression" = "data", "x-widget" = "slider", "x-order" = 4))]
    pub temperature: f64,
    /// The answer ends after this many tokens (about three quarters of a word each).
    #[serde(default = "default_max_tokens")]
    #[schemars(title = "Longest answer", range(min = 1, max = 32768), extend("x-expression" = "data", "x-order" = 5))]
    pub max_tokens: u32,
    /// Only the likeliest tokens that together reach this probability are drawn from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Top p", range(min = 0.0, max = 1.0), extend("x-expression" = "data", "x-order" = 6))]
    pub top_p: Option<f64>,
    /// The same seed, model and prompt give the same answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Seed", range(min = 0), extend("x-expression" = "data", "x-order" = 7))]
    pub seed: Option<u64>,
    /// The answer ends before any of these texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Stop texts", extend("x-expression" = "data", "x-widget" = "tags", "x-order" = 8))]
    pub stop: Option<Vec<String>>,
    /// The answer is exactly one of these texts; the model cannot say anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Choices", extend("x-expression" = "data", "x-widget" = "tags", "x-order" = 9))]
    pub choices: Option<Vec<String>>,
    /// The answer is JSON that follows this schema; the model cannot write anything else. Say in the prompt what the fields
    /// mean. The output of the step is the value, so that `input.field` works in the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Output schema", with = "Option<Map<String, Value>>", extend("x-widget" = "schema", "x-order" = 10))]
    pub output_schema: Option<Value>,
    /// Take the answer that the same question to the same model got before. Needs temperature 0 or a seed, without which each
    /// answer is meant to be another one.
    #[serde(default)]
    #[schemars(title = "Cache answers", extend("x-expression" = "data", "x-order" = 12))]
    pub cache: bool,
    /// What becomes of a prompt that is too long for the model: `no` fails the step, `start` leaves out its beginning,
    /// `middle` keeps beginning and end.
    #[serde(default)]
    #[schemars(title = "Cut long prompts", extend("x-order" = 11))]
    pub truncate: CutPrompt,
}

// No documentation on the variants: with it the schema would not be a plain list of words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CutPrompt {
    #[default]
    No,
    Start,
    Middle,
}

fn default_temperature() -> f64 {
    0.7
}

fn default_max_tokens() -> u32 {
    256
}

pub(super) static SKETCH: Sketch = Sketch {
    name: "llm_call",
    title: "Ask a model",
    description: "Sends a prompt to a language model and gives its answer: as text, as one of the choices, or as JSON that follows a schema.",
    category: Category::Model,
    icon: "sparkles",
    inputs: &["in"],
    outputs: &["out", "error"],
    nature: Nature { retryable: true, ..Nature::NONE },
};

pub(super) fn node_type() -> NodeType {
    let config_schema = schema::of::<LlmCall>();
    NodeType { sketch: &SKETCH, fields: Field::of(&config_schema), config_schema, extra_check, output }
}

fn extra_check(config: &Map<String, Value>, problems: &mut Vec<FieldProblem>) {
    let schema = config.get("output_schema").filter(|schema| schema.is_object());
    if let Some(schema) = schema {
        problems.extend(answer_schema::problems_of("output_schema", schema));
    }
    let mut report = |field: &str, code, message: &str| {
        problems.push(FieldProblem { field: field.to_owned(), code, message: message.to_owned() });
    };
    if schema.is_some() {
        for (field, why) in [
            (
                "choices",
                "An answer is either one of the choices or a document of `output_schema`. Remove one of them.",
            ),
            ("stop", "A stop text would cut the document of `output_schema`. Remove `stop`."),
        ] {
            let is_set =
                |value: &Value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty());
            if config.get(field).is_some_and(is_set) {
                report(field, "not_together", why);
            }
        }
    }
    if let Some(Value::Array(choices)) = config.get("choices") {
        if choices.is_empty() {
            report(
                "choices",
                "out_of_range",
                "`choices` is an empty list. Add the answers that are allowed, or remove it.",
            );
        }
        for (index, choice) in choices.iter().enumerate() {
            if choice.as_str().is_some_and(str::is_empty) {
                report(
                    &format!("choices.{index}"),
                    "not_allowed",
                    "A choice is empty text. Write the answer, or remove it.",
                );
            }
            if choices.iter().take(index).any(|c| c == choice) {
                report(
                    &format!("choices.{index}"),
                    "duplicate",
                    "This choice stands in the list twice. Remove one of them.",
                );
            }
        }
    }
}

fn output(config: &Map<String, Value>) -> Value {
    if let Some(schema @ Value::Object(_)) = config.get("output_schema") {
        return answer_schema::inlined(&answer_schema::closed_objects(schema));
    }
    match config.get("choices").and_then(Value::as_array) {
        Some(choices) if choices.iter().all(|c| c.as_str().is_some_and(|c| !c.contains('{'))) => {
            json!({ "type": "string", "enum": choices })
        }
        _ => json!({ "type": "string" }),
    }
}
