//! `db_write`: writes rows into a table.

use super::{Category, Field, FieldProblem, Nature, NodeType, Sketch, schema};
use crate::workflow::{expression, tables::table_name_problem};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};

/// The config with its expressions evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DbWrite {
    /// Name of the table. One that is not there is made, with the columns that the rows have.
    #[schemars(
        title = "Table",
        length(min = 1),
        extend("x-expression" = "text", "x-widget" = "table", "x-order" = 1)
    )]
    pub table: String,
    /// A row as an object, or a list of rows. New names become columns.
    #[schemars(title = "Rows", extend("x-expression" = "data", "x-widget" = "json", "x-order" = 2, "x-start" = "{{ input }}"))]
    pub data: Value,
    /// `insert` adds the rows. `upsert` changes the row that has the same key, or adds one.
    #[serde(default)]
    #[schemars(title = "Mode", extend("x-order" = 3))]
    pub mode: DbWriteMode,
    /// The columns whose values tell a row from the others, such as `email`. Needed for an upsert.
    #[serde(default, deserialize_with = "one_or_more", skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        title = "Key",
        extend("type" = ["array", "string", "null"], "x-widget" = "tags", "x-order" = 4)
    )]
    pub key: Vec<String>,
    /// A Postgres credential: the table is one of that database. Empty: a table of Millrace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Database", extend("x-widget" = "credential", "x-credential-kinds" = ["postgres"], "x-order" = 5))]
    pub credential: Option<String>,
}

// No documentation on the variants: with it the schema would not be a plain list of words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DbWriteMode {
    #[default]
    Insert,
    Upsert,
}

/// A name, or a list of names.
pub(super) fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Names {
        One(String),
        More(Vec<String>),
    }
    Ok(match Option::<Names>::deserialize(deserializer)? {
        None => Vec::new(),
        Some(Names::One(name)) if name.is_empty() => Vec::new(),
        Some(Names::One(name)) => vec![name],
        Some(Names::More(names)) => names,
    })
}

pub(super) static SKETCH: Sketch = Sketch {
    name: "db_write",
    title: "Write rows",
    description: "Writes one row or many into a table, exactly once, and gives how many.",
    category: Category::Data,
    icon: "table",
    inputs: &["in"],
    outputs: &["out", "error"],
    nature: Nature { retryable: true, ..Nature::NONE },
};

pub(super) fn node_type() -> NodeType {
    let config_schema = schema::of::<DbWrite>();
    NodeType { sketch: &SKETCH, fields: Field::of(&config_schema), config_schema, extra_check, output }
}

fn extra_check(config: &Map<String, Value>, problems: &mut Vec<FieldProblem>) {
    check_table(config, problems);
    let mut report = |field: &str, code, message: &str| {
        problems.push(FieldProblem { field: field.to_owned(), code, message: message.to_owned() });
    };
    let has_key = match config.get("key") {
        Some(Value::String(name)) => !name.trim().is_empty(),
        Some(Value::Array(names)) => !names.is_empty(),
        _ => false,
    };
    let is_upsert = config.get("mode").is_some_and(|mode| mode == "upsert");
    if is_upsert && !has_key {
        report(
            "key",
            "missing_field",
            "An upsert needs `key`: the column whose value tells a row from the others.",
        );
    }
    if has_key && !is_upsert {
        report("key", "conflict", "`key` is for the mode `upsert`. Choose that mode, or remove the key.");
    }
    let is_row = |row: &Value| match row {
        Value::Object(_) => true,
        Value::String(text) => expression::is_single_expression(text),
        _ => false,
    };
    match config.get("data") {
        Some(Value::Array(rows)) => {
            if let Some(index) = rows.iter().position(|row| !is_row(row)) {
                report(
                    &format!("data.{index}"),
                    "not_a_row",
                    "This is no row. A row is an object, such as `{\"name\": \"{{ input }}\"}`.",
                );
            }
        }
        Some(Value::String(text)) if text.trim().is_empty() => {
            report(
                "data",
                "missing_field",
                "`data` is empty; write a row, or an expression that gives rows.",
            );
        }
        Some(row) if !is_row(row) => report(
            "data",
            "not_a_row",
            "`data` must be an object, a list of objects, or one expression that gives such, as `{{ input.rows }}`.",
        ),
        _ => {}
    }
}

/// Reports a name that no table has. Those of another database follow its own rules.
pub(super) fn check_table(config: &Map<String, Value>, problems: &mut Vec<FieldProblem>) {
    let Some(name) = config.get("table").and_then(Value::as_str).filter(|name| !name.trim().is_empty())
    else {
        return;
    };
    let is_elsewhere = config.get("credential").and_then(Value::as_str).is_some_and(|c| !c.is_empty());
    if is_elsewhere || name.contains('{') {
        return;
    }
    if let Some(problem) = table_name_problem(name) {
        let message = format!("The name of the table {problem}.");
        problems.push(FieldProblem { field: "table".to_owned(), code: "bad_name", message });
    }
}

fn output(_: &Map<String, Value>) -> Value {
    json!({
        "type": "object",
        "properties": { "rows": { "type": "integer", "description": "How many rows were written." } },
        "required": ["rows"],
    })
}
