//! A JSON Schema as rows of fields, or as JSON. What is typed stays, whatever is wrong with it.

mod editor;
pub(super) mod rows;

pub(super) use editor::SchemaEditor;

use leptos::prelude::*;
use rows::{Kind, Row, rows_of, schema_of};
use serde_json::{Map, Value};
use std::sync::atomic::{AtomicU32, Ordering};

/// How the schema is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Rows,
    Json,
}

/// One row under edit. Copies are the same.
#[derive(Clone, Copy)]
struct RowState {
    key: u32,
    name: RwSignal<String>,
    kind: RwSignal<Kind>,
    required: RwSignal<bool>,
    description: RwSignal<String>,
    /// Texts with commas between them.
    choices: RwSignal<String>,
    children: RwSignal<Vec<RowState>>,
    rest: StoredValue<Map<String, Value>>,
}

impl RowState {
    fn new(row: &Row) -> Self {
        // The key names elements of the page, so that no two rows share one, wherever they stand.
        static NEXT: AtomicU32 = AtomicU32::new(0);
        Self {
            key: NEXT.fetch_add(1, Ordering::Relaxed),
            name: RwSignal::new(row.name.clone()),
            kind: RwSignal::new(row.kind),
            required: RwSignal::new(row.required),
            description: RwSignal::new(row.description.clone()),
            choices: RwSignal::new(row.choices.join(", ")),
            children: RwSignal::new(all(&row.children)),
            rest: StoredValue::new(row.rest.clone()),
        }
    }

    fn row(self) -> Row {
        Row {
            name: self.name.get_untracked().trim().to_owned(),
            kind: self.kind.get_untracked(),
            required: self.required.get_untracked(),
            description: self.description.get_untracked(),
            choices: self.choices.with_untracked(|text| split(text)),
            children: self.children.with_untracked(|rows| rows.iter().map(|r| r.row()).collect()),
            rest: self.rest.get_value(),
        }
    }
}

fn all(rows: &[Row]) -> Vec<RowState> {
    rows.iter().map(RowState::new).collect()
}

/// The texts of a list with commas.
fn split(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// A schema under edit. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Shaping {
    mode: RwSignal<Mode>,
    rows: RwSignal<Vec<RowState>>,
    text: RwSignal<String>,
    /// What stands beside the fields.
    beside: StoredValue<Value>,
    /// Why it cannot be shown as rows, after somebody asked for it.
    refused: RwSignal<String>,
}

impl Shaping {
    /// Begins with a schema, or with a text that is none yet.
    pub fn new(value: &Value) -> Self {
        let this = Self {
            mode: RwSignal::new(Mode::Rows),
            rows: RwSignal::new(Vec::new()),
            text: RwSignal::new(String::new()),
            beside: StoredValue::new(Value::Null),
            refused: RwSignal::new(String::new()),
        };
        this.take(value);
        this
    }

    /// Shows another schema.
    pub fn take(self, value: &Value) {
        let text = match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => serde_json::to_string_pretty(other).unwrap_or_default(),
        };
        self.text.set(text);
        match rows_of(value) {
            Ok(rows) => {
                self.beside.set_value(value.clone());
                self.rows.set(all(&rows));
                self.mode.set(Mode::Rows);
            }
            Err(_) => self.mode.set(Mode::Json),
        }
        self.refused.set(String::new());
    }

    /// The schema as it stands; null for none.
    ///
    /// # Errors
    /// Where the text is no JSON.
    pub fn value(self) -> Result<Value, String> {
        match self.mode.get_untracked() {
            Mode::Rows => {
                let rows: Vec<Row> = self.rows.with_untracked(|rows| rows.iter().map(|r| r.row()).collect());
                if rows.iter().all(|row| row.name.is_empty()) && self.beside.with_value(Value::is_null) {
                    return Ok(Value::Null);
                }
                Ok(self.beside.with_value(|beside| schema_of(&rows, beside)))
            }
            Mode::Json => self.text.with_untracked(|text| read(text)),
        }
    }

    /// The text as it was typed.
    pub fn typed(self) -> String {
        self.text.get_untracked()
    }

    fn to_json(self) {
        if let Ok(value) = self.value() {
            self.text.set(if value.is_null() {
                String::new()
            } else {
                serde_json::to_string_pretty(&value).unwrap_or_default()
            });
        }
        self.refused.set(String::new());
        self.mode.set(Mode::Json);
    }

    fn to_rows(self) {
        if self.mode.get_untracked() == Mode::Rows {
            return;
        }
        match self.value().and_then(|value| rows_of(&value).map(|rows| (value, rows)).map_err(str::to_owned))
        {
            Ok((value, rows)) => {
                self.beside.set_value(value);
                self.rows.set(all(&rows));
                self.refused.set(String::new());
                self.mode.set(Mode::Rows);
            }
            Err(words) => self.refused.set(words),
        }
    }
}

fn read(text: &str) -> Result<Value, String> {
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(text).map_err(|error| slip(&error))
}

/// Why a text is no JSON, and where.
pub(super) fn slip(error: &serde_json::Error) -> String {
    let what = error.to_string();
    let what = match what.split(" at line ").next().unwrap_or_default() {
        what if what.starts_with("EOF") => "the text ends too early",
        what => what,
    };
    format!("Line {}, column {}: {what}.", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rows_and_json_lead_to_each_other_and_nothing_typed_is_lost() {
        let owner = Owner::new();
        owner.set();
        let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "title": "T"});
        let shaping = Shaping::new(&schema);
        assert_eq!(shaping.value(), Ok(schema.clone()));
        shaping.rows.with_untracked(|rows| rows[0].kind.set(Kind::Whole));
        shaping.to_json();
        assert_eq!(shaping.value().unwrap()["properties"]["a"]["type"], "integer");
        shaping.text.set("{\"type\": ".to_owned());
        assert_eq!(shaping.value(), Err("Line 1, column 9: the text ends too early.".to_owned()));
        shaping.to_rows();
        assert_eq!((shaping.mode.get_untracked(), shaping.typed()), (Mode::Json, "{\"type\": ".to_owned()));
        assert!(!shaping.refused.get_untracked().is_empty());
        shaping.text.set("{\"type\": \"object\"}".to_owned());
        shaping.to_rows();
        assert_eq!(shaping.mode.get_untracked(), Mode::Rows);
        assert!(shaping.rows.with_untracked(Vec::is_empty));
    }

    #[test]
    fn no_schema_stays_none_until_a_field_has_a_name() {
        let owner = Owner::new();
        owner.set();
        let shaping = Shaping::new(&Value::Null);
        shaping.rows.update(|rows| rows.push(RowState::new(&Row::new(""))));
        assert_eq!(shaping.value(), Ok(Value::Null));
        shaping.rows.with_untracked(|rows| rows[0].name.set("city".to_owned()));
        assert_eq!(shaping.value().unwrap()["required"], json!(["city"]));
    }

    #[test]
    fn choices_stand_between_commas() {
        assert_eq!(split(" low, high ,,"), ["low", "high"]);
    }
}
