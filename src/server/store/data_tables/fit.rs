//! How rows fit a table: which columns they add, which widen, and the rows as cells. Pure.

use super::{
    TableLimits,
    cell::{Cell, KeyPart, described},
    error::{TableError, shown},
};
use crate::{
    api::tables::{Column, ColumnType},
    workflow::tables::column_name_problem,
};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

pub use crate::api::tables::Row;

/// Most bytes of a text in a key: an index takes no more.
const MAX_KEY_BYTES: usize = 2000;

/// Rows that fit, once the columns have been changed so.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The columns of the table, in order; those from `known` on are new.
    pub columns: Vec<Column>,
    pub known: usize,
    /// Columns of integers that have to widen to real.
    pub widened: Vec<usize>,
    /// Places of the columns of the key.
    pub key: Vec<usize>,
    pub groups: Vec<Group>,
}

/// Rows that name the same columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    pub columns: Vec<usize>,
    pub rows: Vec<Vec<Cell>>,
}

/// Fits rows to columns. With a key they are rows of an upsert.
///
/// # Errors
/// `type_conflict`, `bad_name`, `too_many_columns`, `unknown_column` and `missing_key` for the key, `duplicate_key` for a
/// key that stands in the list twice.
pub fn fit(
    columns: &[Column],
    rows: &[&Row],
    key: &[String],
    limits: &TableLimits,
) -> Result<Fitted, TableError> {
    let mut shape = Shape::new(columns);
    for (number, row) in rows.iter().enumerate() {
        for (name, value) in *row {
            shape.take(number, name, value)?;
        }
    }
    if shape.columns.len() > limits.columns {
        return Err(TableError::refused(
            "too_many_columns",
            "rows",
            format!(
                "the table would have {} columns, the limit is {} (MILLRACE_MAX_TABLE_COLUMNS); put what belongs together \
                 into one object",
                shape.columns.len(),
                limits.columns
            ),
        ));
    }
    let key = key.iter().map(|name| shape.key_column(name)).collect::<Result<Vec<_>, _>>()?;
    let groups = shape.groups(rows, !key.is_empty())?;
    let fitted = Fitted { columns: shape.columns, known: columns.len(), widened: shape.widened, key, groups };
    fitted.check_keys()?;
    Ok(fitted)
}

struct Shape {
    columns: Vec<Column>,
    places: HashMap<String, usize>,
    known: usize,
    widened: Vec<usize>,
}

impl Shape {
    fn new(columns: &[Column]) -> Self {
        Self {
            columns: columns.to_vec(),
            places: columns.iter().enumerate().map(|(place, column)| (column.name.clone(), place)).collect(),
            known: columns.len(),
            widened: Vec::new(),
        }
    }

    /// Takes in one value: finds its column, or makes or widens one.
    fn take(&mut self, row: usize, name: &str, value: &Value) -> Result<(), TableError> {
        let found = self.places.get(name).copied();
        if found.is_none()
            && let Some(problem) = column_name_problem(name)
        {
            let message = format!("the column name `{}` {problem}", shown(name));
            return Err(TableError::refused("bad_name", format!("rows.{row}"), message));
        }
        let Some(kind) = kind_of(value) else { return Ok(()) };
        let kind = kind.ok_or_else(|| {
            let message = format!(
                "column `{}`: {} is larger than a whole number of 64 bits; give it as text",
                shown(name),
                described(value)
            );
            conflict(row, name, message)
        })?;
        let Some(place) = found else {
            self.places.insert(name.to_owned(), self.columns.len());
            self.columns.push(Column { name: name.to_owned(), kind });
            return Ok(());
        };
        let column = &mut self.columns[place];
        if (column.kind, kind) == (ColumnType::Integer, ColumnType::Real) {
            column.kind = ColumnType::Real;
            if place < self.known {
                self.widened.push(place);
            }
        }
        Ok(())
    }

    fn key_column(&self, name: &str) -> Result<usize, TableError> {
        let refused = |code, message| TableError::refused(code, "key", message);
        let Some(place) = self.places.get(name).copied() else {
            let message =
                format!("there is no column `{}` to be the key; name one that the rows have", shown(name));
            return Err(refused("unknown_column", message));
        };
        if self.columns[place].kind == ColumnType::Json {
            let message =
                format!("column `{}` holds JSON, which cannot be a key; choose another", shown(name));
            return Err(refused("bad_key", message));
        }
        Ok(place)
    }

    /// The rows as cells; those of an upsert apart where they name different columns, the others side by side.
    fn groups(&self, rows: &[&Row], apart: bool) -> Result<Vec<Group>, TableError> {
        let mut groups: Vec<Group> = Vec::new();
        let mut by_columns: HashMap<Vec<usize>, usize> = HashMap::new();
        let all: Vec<usize> = match apart {
            true => Vec::new(),
            false => self.named_by(rows.iter().copied()),
        };
        for (number, row) in rows.iter().enumerate() {
            let columns = if apart { self.named_by(std::iter::once(*row)) } else { all.clone() };
            let mut cells = Vec::with_capacity(columns.len());
            for place in &columns {
                let column = &self.columns[*place];
                let value = row.get(&column.name).unwrap_or(&Value::Null);
                cells.push(
                    Cell::of(column.kind, value)
                        .map_err(|problem| misfit(number, column, value, &problem))?,
                );
            }
            let group = *by_columns.entry(columns).or_insert_with_key(|columns| {
                groups.push(Group { columns: columns.clone(), rows: Vec::new() });
                groups.len() - 1
            });
            groups[group].rows.push(cells);
        }
        Ok(groups)
    }

    /// The columns that any of the rows names, in the order of the table.
    fn named_by<'r>(&self, rows: impl Iterator<Item = &'r Row>) -> Vec<usize> {
        let mut named = vec![false; self.columns.len()];
        for row in rows {
            for place in row.keys().filter_map(|name| self.places.get(name)) {
                named[*place] = true;
            }
        }
        named.iter().enumerate().filter(|(_, is_named)| **is_named).map(|(place, _)| place).collect()
    }
}

impl Fitted {
    /// Each row has the whole key, and no two rows have the same.
    fn check_keys(&self) -> Result<(), TableError> {
        if self.key.is_empty() {
            return Ok(());
        }
        let names = self.key.iter().map(|place| format!("`{}`", shown(&self.columns[*place].name)));
        let names = names.collect::<Vec<_>>().join(", ");
        let mut seen: HashSet<Vec<KeyPart>> = HashSet::new();
        for group in &self.groups {
            let places: Vec<_> =
                self.key.iter().map(|key| group.columns.iter().position(|place| place == key)).collect();
            for row in &group.rows {
                let parts = places.iter().map(|place| row[(*place)?].key_part()).collect::<Option<Vec<_>>>();
                let Some(parts) = parts else {
                    let message = format!("a row has no value for the key {names}; give each row its key");
                    return Err(TableError::refused("missing_key", "key", message));
                };
                if parts.iter().any(|part| matches!(part, KeyPart::Text(text) if text.len() > MAX_KEY_BYTES))
                {
                    let message = format!("a value of the key {names} is longer than {MAX_KEY_BYTES} bytes");
                    return Err(TableError::refused("bad_key", "key", message));
                }
                let told = shown(&parts.iter().map(told).collect::<Vec<_>>().join(", "));
                if !seen.insert(parts) {
                    let message = format!(
                        "the key {names} has the value {told} in two rows of the list; leave one of them out"
                    );
                    return Err(TableError::refused("duplicate_key", "key", message));
                }
            }
        }
        Ok(())
    }
}

fn told(part: &KeyPart) -> String {
    match part {
        KeyPart::Int(whole) => whole.to_string(),
        KeyPart::Real(bits) => f64::from_bits(*bits).to_string(),
        KeyPart::Text(text) => format!("`{text}`"),
    }
}

/// The type that a new column for this value has; `None` for null, `Some(None)` for a number that no column holds.
fn kind_of(value: &Value) -> Option<Option<ColumnType>> {
    Some(Some(match value {
        Value::Null => return None,
        Value::Bool(_) => ColumnType::Boolean,
        Value::Number(number) if number.is_i64() => ColumnType::Integer,
        Value::Number(number) if number.is_u64() => return Some(None),
        Value::Number(_) => ColumnType::Real,
        Value::String(_) => ColumnType::Text,
        Value::Array(_) | Value::Object(_) => ColumnType::Json,
    }))
}

fn conflict(row: usize, name: &str, message: String) -> TableError {
    TableError::refused("type_conflict", format!("rows.{row}.{name}"), message)
}

fn misfit(row: usize, column: &Column, value: &Value, problem: &str) -> TableError {
    let message = if matches!(value, Value::String(_)) && matches!(column.kind, ColumnType::Text) {
        format!("column `{}`: {problem}", shown(&column.name))
    } else {
        format!(
            "column `{}` holds {} values, but {problem}; correct the value, or write it to another column",
            shown(&column.name),
            column.kind.as_str()
        )
    };
    conflict(row, &column.name, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rows(value: Value) -> Vec<Row> {
        serde_json::from_value(value).expect("rows")
    }

    fn fitted(columns: &[(&str, ColumnType)], given: Value, key: &[&str]) -> Result<Fitted, TableError> {
        let columns: Vec<_> =
            columns.iter().map(|(name, kind)| Column { name: (*name).to_owned(), kind: *kind }).collect();
        let key: Vec<_> = key.iter().map(|name| (*name).to_owned()).collect();
        let rows = rows(given);
        fit(
            &columns,
            &rows.iter().collect::<Vec<_>>(),
            &key,
            &TableLimits { columns: 5, ..TableLimits::default() },
        )
    }

    fn code(result: Result<Fitted, TableError>) -> (&'static str, String) {
        match result {
            Err(TableError::Refused { code, field, .. }) => (code, field),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn new_keys_add_columns_and_nulls_do_not() {
        let fitted = fitted(
            &[("a", ColumnType::Integer)],
            json!([{"a": 1, "b": "x"}, {"c": {"k": 1}, "n": null}, {"b": null, "d": true}]),
            &[],
        )
        .expect("fits");
        let kinds: Vec<_> = fitted.columns.iter().map(|c| (c.name.as_str(), c.kind)).collect();
        use ColumnType::{Boolean, Integer, Json, Text};
        assert_eq!(kinds, [("a", Integer), ("b", Text), ("c", Json), ("d", Boolean)]);
        assert_eq!(fitted.known, 1);
        assert_eq!(fitted.groups.len(), 1);
        assert_eq!(
            fitted.groups[0].rows[1],
            [Cell::Null, Cell::Null, Cell::Text("{\"k\":1}".into()), Cell::Null]
        );
    }

    #[test]
    fn whole_numbers_widen_and_nothing_else_does() {
        let widened =
            fitted(&[("a", ColumnType::Integer)], json!([{"a": 1}, {"a": 2.5}]), &[]).expect("fits");
        assert_eq!(widened.widened, [0]);
        assert_eq!(widened.groups[0].rows, [[Cell::Real(1.0)], [Cell::Real(2.5)]]);
        let new = fitted(&[], json!([{"a": 1}, {"a": 2.5}]), &[]).expect("fits");
        assert_eq!((new.columns[0].kind, new.widened.len()), (ColumnType::Real, 0));
        for (kind, value) in [
            (ColumnType::Integer, json!("1")),
            (ColumnType::Integer, json!(true)),
            (ColumnType::Text, json!(1)),
            (ColumnType::Text, json!("a\u{0}")),
            (ColumnType::Boolean, json!(1)),
            (ColumnType::Real, json!(9_007_199_254_740_993_i64)),
            (ColumnType::Timestamp, json!("yesterday")),
            (ColumnType::Integer, json!(u64::MAX)),
            (ColumnType::Real, json!([1])),
        ] {
            let (code, field) = code(fitted(&[("a", kind)], json!([{}, {"a": value}]), &[]));
            assert_eq!((code, field.as_str()), ("type_conflict", "rows.1.a"), "{kind:?} {value}");
        }
        assert_eq!(code(fitted(&[], json!([{"a": 1}, {"a": "x"}]), &[])).0, "type_conflict");
    }

    #[test]
    fn rows_of_an_upsert_change_only_what_they_name() {
        let fitted = fitted(
            &[("k", ColumnType::Text)],
            json!([{"k": "1", "a": 1}, {"k": "2", "b": 2}, {"a": 3, "k": "3"}, {"k": "4", "a": null}]),
            &["k"],
        )
        .expect("fits");
        let sizes: Vec<_> = fitted.groups.iter().map(|g| (g.columns.clone(), g.rows.len())).collect();
        assert_eq!(sizes, [(vec![0, 1], 3), (vec![0, 2], 1)]);
    }

    #[test]
    fn keys_are_whole_and_once() {
        let columns = [("k", ColumnType::Text), ("j", ColumnType::Json)];
        for (rows, key, expected) in [
            (json!([{"k": "a"}, {"k": "a"}]), vec!["k"], "duplicate_key"),
            (json!([{"k": "a"}, {"x": 1}]), vec!["k"], "missing_key"),
            (json!([{"k": null}]), vec!["k"], "missing_key"),
            (json!([{"k": "a"}]), vec!["nope"], "unknown_column"),
            (json!([{"k": "a"}]), vec!["_id"], "unknown_column"),
            (json!([{"j": {}}]), vec!["j"], "bad_key"),
            (json!([{"k": "x".repeat(2001)}]), vec!["k"], "bad_key"),
        ] {
            assert_eq!(code(fitted(&columns, rows.clone(), &key)).0, expected, "{rows} {key:?}");
        }
        assert!(fitted(&columns, json!([{"k": "a", "n": 1}, {"k": "a", "n": 2}]), &["k", "n"]).is_ok());
    }

    #[test]
    fn names_and_numbers_of_columns_have_limits() {
        assert_eq!(code(fitted(&[], json!([{"_id": 3}]), &[])).0, "bad_name");
        assert_eq!(code(fitted(&[], json!([{"a\u{0}b": 3}]), &[])).0, "bad_name");
        assert_eq!(code(fitted(&[], json!([{"x".repeat(300): 3}]), &[])).0, "bad_name");
        let many = json!([{"a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1}]);
        assert_eq!(code(fitted(&[], many, &[])).0, "too_many_columns");
    }
}
