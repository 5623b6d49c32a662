//! `vector_add`: puts texts into a collection.

use super::{Category, Field, FieldProblem, Nature, NodeType, Sketch, is_set, schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The config with its expressions evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VectorAdd {
    /// Name of the collection; made if there is none yet.
    #[schemars(title = "Collection", length(min = 1), extend("x-expression" = "text", "x-widget" = "collection", "x-order" = 1))]
    pub collection_name: String,
    /// A text or a list of texts. What is in the collection already is not added again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Texts", extend("x-expression" = "data", "x-widget" = "json", "x-order" = 2, "x-start" = "{{ input }}"))]
    pub texts: Option<Texts>,
    /// In the place of texts, a list of documents: `{"content": …, "metadata": {…}, "vector": […]}`; metadata and vector may
    /// be left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Documents", extend("x-expression" = "data", "x-widget" = "json", "x-order" = 3))]
    pub documents: Option<Vec<Document>>,
    /// Long texts are split into parts of so many tokens: `{"size": 200, "overlap": 30}`. Empty: they are not split, and
    /// only their first 256 tokens are found by meaning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Split", extend("x-expression" = "data", "x-widget" = "json", "x-order" = 4))]
    pub chunk: Option<Chunk>,
}

/// A text or several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Texts {
    One(String),
    Many(Vec<String>),
}

/// A document to add.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    #[serde(default)]
    pub content: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vector: Option<Vec<f32>>,
}

/// How texts are split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Chunk {
    /// Tokens of a part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 16, max = 254))]
    pub size: Option<u32>,
    /// Tokens that a part repeats of the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap: Option<u32>,
}

pub(super) static SKETCH: Sketch = Sketch {
    name: "vector_add",
    title: "Add documents",
    description: "Puts texts into a collection, so that a search finds them by meaning and by words.",
    category: Category::Data,
    icon: "database",
    inputs: &["in"],
    outputs: &["out", "error"],
    nature: Nature { retryable: true, ..Nature::NONE },
};

pub(super) fn node_type() -> NodeType {
    let config_schema = schema::of::<VectorAdd>();
    NodeType { sketch: &SKETCH, fields: Field::of(&config_schema), config_schema, extra_check, output }
}

fn extra_check(config: &Map<String, Value>, problems: &mut Vec<FieldProblem>) {
    let mut report = |field: &str, code, message: &str| {
        problems.push(FieldProblem { field: field.to_owned(), code, message: message.to_owned() });
    };
    match (is_set(config, "texts"), is_set(config, "documents")) {
        (false, false) => {
            report("texts", "missing_field", "`texts` is missing; say what to add, or give `documents`.");
        }
        (true, true) => {
            report("documents", "not_allowed", "`documents` stands beside `texts`. Remove one of them.");
        }
        _ => {}
    }
}

fn output(_: &Map<String, Value>) -> Value {
    json!({
        "type": "object",
        "properties": {
            "added": { "type": "integer" },
            "skipped": { "type": "integer" },
            "ids": { "type": "array", "items": { "type": "string" } },
        },
    })
}
