//! `faiss_search`: finds the documents of a collection that fit a question.

use super::{Category, Field, FieldProblem, Nature, NodeType, Sketch, is_set, schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The config with its expressions evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaissSearch {
    /// Name of the collection to search.
    #[schemars(title = "Collection", length(min = 1), extend("x-expression" = "text", "x-widget" = "collection", "x-order" = 1))]
    pub collection_name: String,
    /// What to look for, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Query", extend("x-expression" = "text", "x-widget" = "textarea", "x-order" = 2, "x-start" = "{input}"))]
    pub query: Option<String>,
    /// A vector to look for in the place of a text: a list of numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Vector", extend("x-expression" = "data", "x-widget" = "json", "x-order" = 7))]
    pub vector: Option<Vec<f32>>,
    /// So many documents are given at most.
    #[serde(default = "default_top_k")]
    #[schemars(title = "Results", range(min = 1, max = 1000), extend("x-expression" = "data", "x-order" = 4))]
    pub top_k: i64,
    /// Documents that score less are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Lowest score", extend("x-expression" = "data", "x-order" = 5))]
    pub min_score: Option<f64>,
    /// Conditions on the metadata: `{"lang": "en", "page": {"gt": 3}}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Filter", extend("x-expression" = "data", "x-widget" = "json", "x-order" = 6))]
    pub filter: Option<Map<String, Value>>,
    /// `vector` goes by meaning, `lexical` by words, `hybrid` by both.
    #[serde(default)]
    #[schemars(title = "Search by", extend("x-order" = 3))]
    pub mode: Mode,
}

// No documentation on the variants: with it the schema would not be a plain list of words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    #[default]
    Vector,
    Lexical,
    Hybrid,
}

fn default_top_k() -> i64 {
    5
}

pub(super) static SKETCH: Sketch = Sketch {
    name: "faiss_search",
    title: "Search documents",
    description: "Finds the documents of a collection that fit a question, best first, with text, metadata and score.",
    category: Category::Data,
    icon: "search",
    inputs: &["in"],
    outputs: &["out", "error"],
    nature: Nature { retryable: true, ..Nature::NONE },
};

pub(super) fn node_type() -> NodeType {
    let config_schema = schema::of::<FaissSearch>();
    NodeType { sketch: &SKETCH, fields: Field::of(&config_schema), config_schema, extra_check, output }
}

fn extra_check(config: &Map<String, Value>, problems: &mut Vec<FieldProblem>) {
    let mut report = |field: &str, code, message: &str| {
        problems.push(FieldProblem { field: field.to_owned(), code, message: message.to_owned() });
    };
    let has_query = config.get("query").and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty());
    let mode = config.get("mode").and_then(Value::as_str).unwrap_or("vector");
    match (has_query, is_set(config, "vector"), mode) {
        (false, false, _) => {
            report(
                "query",
                "missing_field",
                "`query` is missing; write what to look for, or give a `vector`.",
            );
        }
        (false, true, "lexical" | "hybrid") => {
            report("query", "missing_field", "`query` is missing; this mode looks for words.");
        }
        (true, true, "vector") => {
            report(
                "vector",
                "not_allowed",
                "`vector` stands beside `query`. Remove one of them, or choose the mode `hybrid`.",
            );
        }
        _ => {}
    }
}

fn output(_: &Map<String, Value>) -> Value {
    json!({
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "id": { "type": "string" },
                "content": { "type": "string" },
                "metadata": { "type": "object" },
                "score": { "type": "number" },
            },
        },
    })
}
