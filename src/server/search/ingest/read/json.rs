//! JSON: the items of a list are documents, an object with `content` or `text` says its text itself, anything else is
//! read as it stands. JSON Lines are a list with an item on each line.

use super::{Found, Records, Rows, Sink, line};
use crate::server::search::ingest::{error::IngestError, section::Section};
use serde_json::{Map, Value};

pub fn read(text: &str, rows: Rows, sink: &mut Sink<'_>) -> Result<(), IngestError> {
    let value: Value = serde_json::from_str(text).map_err(|error| IngestError::damaged("JSON", error))?;
    match value {
        Value::Array(items) => {
            let mut records = Records::new(rows);
            for (index, item) in items.into_iter().enumerate() {
                item_of(&mut records, index + 1, &item, sink)?;
            }
            records.end(sink)
        }
        Value::Object(object) if own_text(&object).is_some() => {
            let mut records = Records::new(Rows::Each);
            item_of(&mut records, 1, &Value::Object(object), sink)
        }
        Value::Object(object) if object.is_empty() => Err(IngestError::empty()),
        other => sink(Found::Section(Section::plain(&spread(&other)))),
    }
}

pub fn read_lines(text: &str, rows: Rows, sink: &mut Sink<'_>) -> Result<(), IngestError> {
    let mut records = Records::new(rows);
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let item: Value = serde_json::from_str(line)
            .map_err(|error| IngestError::damaged("JSON Lines", format!("line {}: {error}", index + 1)))?;
        item_of(&mut records, index + 1, &item, sink)?;
    }
    records.end(sink)
}

/// One item of a list as a document.
fn item_of(records: &mut Records, row: usize, item: &Value, sink: &mut Sink<'_>) -> Result<(), IngestError> {
    let Value::Object(object) = item else {
        let text = match item {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        return records.add(row, &text, std::iter::empty(), sink);
    };
    if let Some((key, text)) = own_text(object) {
        let given = object.get("metadata").and_then(Value::as_object);
        let beside = object.iter().filter(|(name, _)| *name != key && *name != "metadata");
        let values =
            beside.chain(given.into_iter().flatten()).map(|(name, value)| (name.as_str(), value.clone()));
        return records.add(row, text, values, sink);
    }
    let mut text = String::new();
    for (name, value) in object {
        match value {
            Value::Null => {}
            Value::String(value) if value.trim().is_empty() => {}
            Value::String(value) => line(&mut text, name, value),
            other => line(&mut text, name, &other.to_string()),
        }
    }
    records.add(row, &text, object.iter().map(|(name, value)| (name.as_str(), value.clone())), sink)
}

/// The field that is the text of a document, as our own lists of documents have it.
fn own_text(object: &Map<String, Value>) -> Option<(&'static str, &str)> {
    ["content", "text"].into_iter().find_map(|key| Some((key, object.get(key)?.as_str()?)))
}

/// Anything else with a line for each value, so that it can be split between them.
fn spread(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    }
}
