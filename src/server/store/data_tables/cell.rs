//! One value of a row on its way between JSON and the database. Exact in both directions, or refused.

use super::{error::shown, physical::cast};
use crate::{api::tables::ColumnType, server::store::StoreError};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use sea_orm::{
    DbBackend, QueryResult,
    sea_query::{Expr, ExprTrait},
};
use serde_json::Value;

/// Longest text or JSON of one value, in bytes.
pub const MAX_VALUE_BYTES: usize = 1 << 20;
/// Beyond it not every whole number is a number with fractions.
const EXACT: u64 = 1 << 53;

/// A value as the database keeps it.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    /// Whole numbers; booleans as 0 and 1; times as milliseconds since 1970.
    Int(i64),
    Real(f64),
    /// Texts, and JSON.
    Text(String),
}

/// What tells a cell from another one in a key: 0.0 and -0.0 are equal to the database.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum KeyPart {
    Int(i64),
    Real(u64),
    Text(String),
}

impl Cell {
    /// The value of a column of that type; the error says what the value is instead, to follow "holds … ".
    pub fn of(kind: ColumnType, value: &Value) -> Result<Self, String> {
        let misfit = || Err(format!("{} is not {}", described(value), wanted(kind)));
        match (kind, value) {
            (_, Value::Null) => Ok(Self::Null),
            (ColumnType::Integer, Value::Number(number)) => match number.as_i64() {
                Some(whole) => Ok(Self::Int(whole)),
                None => misfit(),
            },
            (ColumnType::Real, Value::Number(number)) => real(number),
            (ColumnType::Boolean, Value::Bool(yes)) => Ok(Self::Int(i64::from(*yes))),
            (ColumnType::Text, Value::String(text)) => text_cell(text.clone()),
            (ColumnType::Timestamp, Value::String(text)) => match time(text) {
                Some(at) => Ok(Self::Int(at)),
                None => misfit(),
            },
            (ColumnType::Json, value) => text_cell(value.to_string()),
            _ => misfit(),
        }
    }

    /// Back to JSON.
    pub fn json(self, kind: ColumnType) -> Result<Value, StoreError> {
        Ok(match (kind, self) {
            (_, Self::Null) => Value::Null,
            (ColumnType::Boolean, Self::Int(bit)) => Value::Bool(bit != 0),
            (ColumnType::Timestamp, Self::Int(millis)) => {
                let at = DateTime::<Utc>::from_timestamp_millis(millis)
                    .ok_or_else(|| StoreError::damaged(format!("{millis} is no time")))?;
                Value::String(at.to_rfc3339_opts(SecondsFormat::Millis, true))
            }
            (ColumnType::Json, Self::Text(text)) => {
                serde_json::from_str(&text).map_err(StoreError::damaged)?
            }
            (_, Self::Int(whole)) => Value::from(whole),
            (_, Self::Real(number)) => Value::from(number),
            (_, Self::Text(text)) => Value::String(text),
        })
    }

    /// The column of that number in a row that was read.
    pub fn read(row: &QueryResult, index: usize, kind: ColumnType) -> Result<Self, StoreError> {
        Ok(match kind {
            ColumnType::Integer | ColumnType::Boolean | ColumnType::Timestamp => {
                row.try_get_by_index::<Option<i64>>(index)?.map_or(Self::Null, Self::Int)
            }
            ColumnType::Real => row.try_get_by_index::<Option<f64>>(index)?.map_or(Self::Null, Self::Real),
            ColumnType::Text | ColumnType::Json => {
                row.try_get_by_index::<Option<String>>(index)?.map_or(Self::Null, Self::Text)
            }
        })
    }

    /// The value, bound. On Postgres with its type: the driver keeps statements by their text, and a column that has
    /// widened since must not get the bits of the other kind of number.
    pub fn expr(&self, backend: DbBackend, kind: ColumnType) -> Expr {
        let value = match (self, kind) {
            (Self::Int(whole), _) => Expr::val(*whole),
            (Self::Real(number), _) => Expr::val(*number),
            (Self::Text(text), _) => Expr::val(text.as_str()),
            (Self::Null, ColumnType::Real) => Expr::val(Option::<f64>::None),
            (Self::Null, ColumnType::Text | ColumnType::Json) => Expr::val(Option::<String>::None),
            (Self::Null, _) => Expr::val(Option::<i64>::None),
        };
        match (backend, self) {
            (DbBackend::Sqlite, _) => value,
            (_, Self::Int(_)) => value.cast_as("bigint"),
            (_, Self::Real(_)) => value.cast_as("double precision"),
            (_, Self::Text(_)) => value.cast_as("text"),
            (_, Self::Null) => value.cast_as(cast(backend, kind)),
        }
    }

    /// What tells it in a key; `None` for null, which is no key.
    pub fn key_part(&self) -> Option<KeyPart> {
        match self {
            Self::Null => None,
            Self::Int(whole) => Some(KeyPart::Int(*whole)),
            Self::Real(number) => Some(KeyPart::Real(if *number == 0.0 { 0 } else { number.to_bits() })),
            Self::Text(text) => Some(KeyPart::Text(text.clone())),
        }
    }
}

fn real(number: &serde_json::Number) -> Result<Cell, String> {
    let exact = match (number.as_i64(), number.as_u64()) {
        (Some(whole), _) => whole.unsigned_abs() <= EXACT,
        (None, Some(_)) => false,
        (None, None) => true,
    };
    match number.as_f64() {
        Some(value) if exact && value.is_finite() => Ok(Cell::Real(value)),
        _ => Err(format!("{number} cannot be kept exactly as a number with fractions")),
    }
}

fn text_cell(text: String) -> Result<Cell, String> {
    if text.contains('\0') {
        return Err("the text has a NUL character, which no database keeps; remove it".to_owned());
    }
    if text.len() > MAX_VALUE_BYTES {
        return Err(format!(
            "the value has {} bytes, more than the {MAX_VALUE_BYTES} of a value",
            text.len()
        ));
    }
    Ok(Cell::Text(text))
}

/// Milliseconds since 1970 of a time in RFC 3339 or of a date, whose day begins in UTC.
pub fn time(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.timestamp_millis());
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis())
}

/// What values of that type are, in messages.
pub fn wanted(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Integer => "a whole number of 64 bits",
        ColumnType::Real => "a number",
        ColumnType::Text => "text",
        ColumnType::Boolean => "true or false",
        ColumnType::Timestamp => "a time such as 2030-01-31T09:00:00Z",
        ColumnType::Json => "JSON",
    }
}

/// A value for a message.
pub fn described(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(yes) => yes.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("the text `{}`", shown(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
