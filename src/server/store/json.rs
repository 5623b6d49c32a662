//! JSON columns. Data of users goes in as text and, on Postgres, through a cast to `json`: the driver would declare it
//! `jsonb`, which sorts keys and refuses NUL.

use super::StoreError;
use sea_orm::{
    DbBackend,
    sea_query::{Expr, ExprTrait},
};
use serde::Serialize;
use serde_json::Value;

/// Compact JSON text.
pub fn text(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(StoreError::damaged)
}

/// A value for a `json` column, from JSON text.
pub fn expr(backend: DbBackend, text: Option<String>) -> Expr {
    let value = Expr::val(text);
    if backend == DbBackend::Postgres { value.cast_as("json") } else { value }
}

/// A value for a `json` column.
pub fn value(backend: DbBackend, value: &impl Serialize) -> Result<Expr, StoreError> {
    Ok(expr(backend, Some(text(value)?)))
}

/// Refuses NUL in a text; Postgres cannot store it.
pub fn refuse_nul(field: &str, text: &str) -> Result<(), StoreError> {
    if text.contains('\0') {
        return Err(StoreError::Invalid {
            field: field.to_owned(),
            message: "must not contain the NUL character; remove it".to_owned(),
        });
    }
    Ok(())
}

/// Refuses NUL anywhere inside a JSON value, keys included; `field` is the dotted path so far.
pub fn refuse_nul_inside(field: &str, value: &Value) -> Result<(), StoreError> {
    match value {
        Value::String(text) => refuse_nul(field, text),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(i, item)| refuse_nul_inside(&format!("{field}.{i}"), item)),
        Value::Object(map) => map.iter().try_for_each(|(key, item)| {
            refuse_nul(field, key)?;
            refuse_nul_inside(&format!("{field}.{key}"), item)
        }),
        _ => Ok(()),
    }
}

/// Text for a column of type `text`, with NUL replaced: for messages, which must never fail to be stored.
pub fn storable(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}
