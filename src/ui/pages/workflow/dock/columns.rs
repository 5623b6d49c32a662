//! A list of objects as a table. Pure.

use super::super::code::short;
use serde_json::{Map, Value};

/// Columns that are shown.
const MAX_COLUMNS: usize = 40;
/// Rows that are looked at for their fields.
const LOOKED_AT: usize = 200;
/// Letters of a cell.
const SHOWN: usize = 120;

/// The columns of a value that is a list of objects: their fields in order of appearance. `None` for other values.
pub(super) fn columns(value: &Value) -> Option<Vec<String>> {
    let list = value.as_array().filter(|list| !list.is_empty())?;
    let rows: Option<Vec<&Map<String, Value>>> = list.iter().take(LOOKED_AT).map(Value::as_object).collect();
    let mut names: Vec<String> = Vec::new();
    for row in rows? {
        for name in row.keys() {
            if names.len() < MAX_COLUMNS && !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    (!names.is_empty()).then_some(names)
}

/// What stands in a cell; nothing where the row has no such field.
pub(super) fn cell(row: &Value, column: &str) -> String {
    match row.get(column) {
        None => String::new(),
        Some(Value::String(text)) => {
            let mut start: String = text.chars().take(SHOWN).collect();
            if start.len() < text.len() {
                start.push('…');
            }
            start
        }
        Some(other) => short(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_lists_of_objects_are_tables() {
        assert_eq!(columns(&json!([{"a": 1}, {"b": 2, "a": 3}])), Some(vec!["a".to_owned(), "b".to_owned()]));
        for other in [json!([]), json!([1]), json!([{"a": 1}, 2]), json!({"a": 1}), json!([{}])] {
            assert_eq!(columns(&other), None, "{other}");
        }
    }

    #[test]
    fn cells_are_short() {
        let row = json!({"t": "x".repeat(500), "o": {"a": 1}, "n": null});
        assert_eq!(cell(&row, "t").chars().count(), SHOWN + 1);
        assert_eq!(
            (cell(&row, "o"), cell(&row, "n"), cell(&row, "none")),
            ("{a}".to_owned(), "null".to_owned(), String::new())
        );
    }
}
