//! Questions to a table of another database. Each value is bound as text and cast to its column's type there.

use super::columns::{Column, Known};
use crate::{
    server::nodes::{NodeError, tables::Asking},
    workflow::tables::filter_problem,
};
use serde_json::Value;

/// Values of an `in`.
const MAX_IN: usize = 1000;

/// A statement that gives each row as JSON, and its values.
pub fn select(table: &Known, asking: Asking<'_>) -> Result<(String, Vec<Option<String>>), NodeError> {
    let mut building = Building { values: Vec::new() };
    let mut tests = Vec::new();
    if let Some(filter) = asking.filter.filter(|filter| !filter.is_null()) {
        if let Some((column, problem)) = filter_problem(filter) {
            let about = if column.is_empty() { String::new() } else { format!("column `{column}`: ") };
            return Err(bad(format!("{about}{problem}")));
        }
        for (name, test) in filter.as_object().into_iter().flatten() {
            let column = table.column(name)?;
            match test {
                Value::Object(operators) => {
                    for (word, value) in operators {
                        tests.push(building.test(column, name, word, value)?);
                    }
                }
                value => tests.push(building.test(column, name, "eq", value)?),
            }
        }
    }
    let mut inner = format!("SELECT * FROM {}", table.quoted);
    if !tests.is_empty() {
        inner.push_str(&format!(" WHERE {}", tests.join(" AND ")));
    }
    let mut order = Vec::new();
    for word in asking.order {
        let (name, direction) = word.strip_prefix('-').map_or((word.as_str(), "ASC"), |name| (name, "DESC"));
        order.push(format!("{} {direction} NULLS LAST", table.column(name)?.quoted));
    }
    if !order.is_empty() {
        inner.push_str(&format!(" ORDER BY {}", order.join(", ")));
    }
    inner.push_str(&format!(" LIMIT {}", asking.limit));
    Ok((format!("SELECT CAST(row_to_json(found) AS text) FROM ({inner}) AS found"), building.values))
}

fn bad(message: String) -> NodeError {
    NodeError::permanent("bad_filter", format!("`where`: {message}"))
}

struct Building {
    values: Vec<Option<String>>,
}

impl Building {
    fn test(&mut self, column: &Column, name: &str, word: &str, value: &Value) -> Result<String, NodeError> {
        let left = match column.is_json {
            true => format!("CAST({} AS text)", column.quoted),
            false => column.quoted.clone(),
        };
        let sign = match (word, value) {
            ("eq", Value::Null) => return Ok(format!("{left} IS NULL")),
            ("ne", Value::Null) => return Ok(format!("{left} IS NOT NULL")),
            ("ne", value) => {
                let right = self.bound(column, name, value)?;
                return Ok(format!("({left} <> {right} OR {left} IS NULL)"));
            }
            ("in", Value::Array(values)) if values.len() <= MAX_IN => {
                let tests = values
                    .iter()
                    .map(|value| self.test(column, name, "eq", value))
                    .collect::<Result<Vec<_>, _>>()?;
                return Ok(if tests.is_empty() {
                    "FALSE".to_owned()
                } else {
                    format!("({})", tests.join(" OR "))
                });
            }
            ("in", Value::Array(_)) => {
                return Err(bad(format!("`in` for `{name}` takes at most {MAX_IN} values")));
            }
            ("in", _) => return Err(bad(format!("`in` for `{name}` wants a list of values"))),
            ("contains", Value::String(text)) => {
                let right = self.text(name, text.clone())?;
                return Ok(format!("strpos(CAST({} AS text), {right}) > 0", column.quoted));
            }
            ("contains", _) => return Err(bad(format!("`contains` for `{name}` wants text"))),
            (_, Value::Null) => {
                return Err(bad(format!("nothing in `{name}` is larger or smaller than null; use eq or ne")));
            }
            ("eq", _) => "=",
            ("gt", _) => ">",
            ("gte", _) => ">=",
            ("lt", _) => "<",
            _ => "<=",
        };
        let right = self.bound(column, name, value)?;
        Ok(format!("{left} {sign} {right}"))
    }

    /// A value of the column's type.
    fn bound(&mut self, column: &Column, name: &str, value: &Value) -> Result<String, NodeError> {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let text = self.text(name, text)?;
        Ok(if column.is_json { text } else { format!("CAST({text} AS {})", column.kind) })
    }

    fn text(&mut self, name: &str, text: String) -> Result<String, NodeError> {
        if text.contains('\0') {
            return Err(bad(format!("the value for `{name}` has a NUL character; remove it")));
        }
        self.values.push(Some(text));
        Ok(format!("CAST(${} AS text)", self.values.len()))
    }
}
