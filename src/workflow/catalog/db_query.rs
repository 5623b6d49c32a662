//! `db_query`: reads rows of a table.

use super::{
    Category, Field, FieldProblem, Nature, NodeType, Sketch,
    db_write::{check_table, one_or_more},
    schema,
};
use crate::workflow::{expression, tables::filter_problem};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The most rows of one step.
pub const MAX_QUERY_ROWS: u64 = 10_000;

/// The config with its expressions evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DbQuery {
    /// Name of the table.
    #[schemars(
        title = "Table",
        length(min = 1),
        extend("x-expression" = "text", "x-widget" = "table", "x-order" = 1)
    )]
    pub table: String,
    /// Which rows: `{"city": "Oslo", "age": {"gte": 18}}`. All parts must hold. There are eq, ne, gt, gte, lt, lte, in
    /// and contains. Empty: every row.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Where", extend("x-expression" = "data", "x-widget" = "json", "x-order" = 2))]
    pub filter: Option<Value>,
    /// Columns to sort by, such as `-price` for the highest price first. Empty: newest rows first.
    #[serde(default, deserialize_with = "one_or_more", skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        title = "Order",
        extend("type" = ["array", "string", "null"], "x-expression" = "data", "x-widget" = "tags", "x-order" = 3)
    )]
    pub order: Vec<String>,
    /// How many rows at most.
    #[serde(default = "default_limit")]
    #[schemars(title = "At most", range(min = 1, max = MAX_QUERY_ROWS), extend("x-expression" = "data", "x-order" = 4))]
    pub limit: u64,
    /// A Postgres credential: the table is one of that database. Empty: a table of Millrace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Database", extend("x-widget" = "credential", "x-credential-kinds" = ["postgres"], "x-order" = 5))]
    pub credential: Option<String>,
}

fn default_limit() -> u64 {
    100
}

pub(super) static SKETCH: Sketch = Sketch {
    name: "db_query",
    title: "Read rows",
    description: "Reads rows of a table by a filter, in an order, and gives them as a list.",
    category: Category::Data,
    icon: "table",
    inputs: &["in"],
    outputs: &["out", "error"],
    nature: Nature { retryable: true, ..Nature::NONE },
};

pub(super) fn node_type() -> NodeType {
    let config_schema = schema::of::<DbQuery>();
    NodeType { sketch: &SKETCH, fields: Field::of(&config_schema), config_schema, extra_check, output }
}

fn extra_check(config: &Map<String, Value>, problems: &mut Vec<FieldProblem>) {
    check_table(config, problems);
    let Some(filter) = config.get("where") else { return };
    let is_known_later =
        filter.as_str().is_some_and(|text| text.is_empty() || expression::is_single_expression(text));
    if filter.is_null() || is_known_later {
        return;
    }
    if let Some((column, problem)) = filter_problem(filter) {
        let (field, message) = match column.as_str() {
            "" => ("where".to_owned(), format!("`where`: {problem}.")),
            column => (format!("where.{column}"), format!("`{column}`: {problem}.")),
        };
        problems.push(FieldProblem { field, code: "bad_filter", message });
    }
}

fn output(_: &Map<String, Value>) -> Value {
    json!({
        "type": "array",
        "items": {
            "type": "object",
            "description": "A row: its columns by name, and `_id` and `_created_at`.",
        },
    })
}
