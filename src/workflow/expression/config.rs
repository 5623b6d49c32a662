//! The expressions of a whole config: which of its strings are what, and what they give. JSON is rendered in its
//! structure, never by pasting text into text.

use super::{
    ErrorCode, ExpressionError, Form, Scope, evaluate, evaluate_boolean, rename_node, render_data,
    render_text,
};
use crate::workflow::catalog::{Field, FieldKind, NodeType, schema::wants};
use serde_json::{Map, Value};
use std::sync::Arc;

/// A field that could not be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {error}")]
pub struct ConfigError {
    /// Dotted path within the config, such as `fields.title`.
    pub field: String,
    pub error: ExpressionError,
}

/// A string of a config that is an expression or a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigString<'c> {
    /// Dotted path within the config.
    pub path: String,
    pub text: &'c str,
    pub form: Form,
}

/// Every expression and template of a config, in order. Of an unknown node type every string counts as a template.
#[must_use]
pub fn strings<'c>(node_type: Option<&NodeType>, config: &'c Map<String, Value>) -> Vec<ConfigString<'c>> {
    let mut found = Vec::new();
    for (name, value) in config {
        if let Some(form) = form_of(node_type, name) {
            collect(value, name.clone(), form, &mut found);
        }
    }
    found
}

/// Rewrites the references to a node in every expression of a config; tells whether there were any.
pub fn rename_in_config(
    node_type: Option<&NodeType>,
    config: &mut Map<String, Value>,
    old: &str,
    new: &str,
) -> bool {
    let mut changed = false;
    for (name, value) in config {
        if let Some(form) = form_of(node_type, name) {
            rename_in(value, form, old, new, &mut changed);
        }
    }
    changed
}

fn rename_in(value: &mut Value, form: Form, old: &str, new: &str, changed: &mut bool) {
    match value {
        Value::String(text) => {
            if let Some(renamed) = rename_node(text, form, old, new) {
                *text = renamed;
                *changed = true;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename_in(item, form, old, new, changed)),
        Value::Object(map) => map.values_mut().for_each(|item| rename_in(item, form, old, new, changed)),
        _ => {}
    }
}

/// How the strings of a field are read; `None`: as they stand.
fn form_of(node_type: Option<&NodeType>, field: &str) -> Option<Form> {
    let Some(node_type) = node_type else { return Some(Form::Template) };
    match node_type.field(field)?.kind {
        FieldKind::Bare => Some(Form::Bare),
        FieldKind::Text | FieldKind::Data => Some(Form::Template),
        FieldKind::PerItem => Some(Form::ItemTemplate),
        FieldKind::Literal | FieldKind::Credential => None,
    }
}

fn collect<'c>(value: &'c Value, path: String, form: Form, found: &mut Vec<ConfigString<'c>>) {
    match value {
        Value::String(text) => found.push(ConfigString { path, text, form }),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, item)| collect(item, format!("{path}.{i}"), form, found))
        }
        Value::Object(map) => {
            map.iter().for_each(|(key, item)| collect(item, format!("{path}.{key}"), form, found))
        }
        _ => {}
    }
}

/// The config with every expression evaluated: bare fields hold their values, text fields text, data fields JSON, and
/// per-item fields what was written (see [`render_item`]). What comes out fits the node type's schema.
///
/// # Errors
/// The first field that fails, in the order of the form.
pub fn render_config(
    node_type: &NodeType,
    config: &Map<String, Value>,
    scope: &Scope,
) -> Result<Map<String, Value>, ConfigError> {
    let mut rendered = Map::new();
    for field in &node_type.fields {
        let Some(value) = config.get(&field.name) else { continue };
        let at = field.name.clone();
        let result = match field.kind {
            FieldKind::Bare => bare(value, field.boolean, at, scope),
            FieldKind::Text => template(value, &field.schema, true, at, scope),
            FieldKind::Data => template(value, &field.schema, false, at, scope),
            FieldKind::PerItem | FieldKind::Literal | FieldKind::Credential => Ok(value.clone()),
        };
        rendered.insert(field.name.clone(), result?);
    }
    match node_type.check_rendered(&rendered).into_iter().next() {
        None => Ok(rendered),
        Some(problem) => {
            let code =
                if problem.code == "wrong_type" { ErrorCode::TypeMismatch } else { ErrorCode::Evaluation };
            Err(ConfigError { field: problem.field, error: ExpressionError::new(code, problem.message) })
        }
    }
}

/// The value of a per-item field for one item: `item` and `index` are names, next to those of `scope`.
///
/// # Errors
/// The first string of the field that fails.
pub fn render_item(
    field: &str,
    value: &Value,
    scope: &Scope,
    item: impl Into<Arc<Value>>,
    index: usize,
) -> Result<Value, ConfigError> {
    template(value, &Value::Null, false, field.to_owned(), &scope.with_item(item, index as u64))
}

/// What one field, or a part of it, gives: for previews. The result is not checked against the schema of the field.
///
/// # Errors
/// The first string that fails.
pub fn render_field(field: &Field, value: &Value, scope: &Scope) -> Result<Value, ConfigError> {
    let at = field.name.clone();
    match field.kind {
        FieldKind::Bare => bare(value, field.boolean, at, scope),
        FieldKind::Text => template(value, &field.schema, true, at, scope),
        FieldKind::Data => template(value, &field.schema, false, at, scope),
        FieldKind::PerItem => template(value, &Value::Null, false, at, scope),
        FieldKind::Literal | FieldKind::Credential => Ok(value.clone()),
    }
}

fn bare(value: &Value, boolean: bool, path: String, scope: &Scope) -> Result<Value, ConfigError> {
    match value {
        Value::String(source) => {
            let result = if boolean {
                evaluate_boolean(source, scope).map(Value::Bool)
            } else {
                evaluate(source, scope)
            };
            result.map_err(|error| ConfigError { field: path, error })
        }
        Value::Object(map) => map
            .iter()
            .map(|(key, item)| Ok((key.clone(), bare(item, boolean, format!("{path}.{key}"), scope)?)))
            .collect::<Result<_, _>>()
            .map(Value::Object),
        other => Ok(other.clone()),
    }
}

fn template(
    value: &Value,
    schema: &Value,
    text: bool,
    path: String,
    scope: &Scope,
) -> Result<Value, ConfigError> {
    match value {
        Value::String(source) if text || wants_only_text(schema) => {
            render_text(source, scope).map(Value::String).map_err(|error| ConfigError { field: path, error })
        }
        Value::String(source) => {
            let rendered = render_data(source, scope).map_err(|error| ConfigError { field: path, error })?;
            Ok(if wants(schema, "integer") { whole(rendered) } else { rendered })
        }
        Value::Array(items) => {
            let item_schema = schema.get("items").unwrap_or(&Value::Null);
            items
                .iter()
                .enumerate()
                .map(|(index, item)| template(item, item_schema, text, format!("{path}.{index}"), scope))
                .collect::<Result<_, _>>()
                .map(Value::Array)
        }
        Value::Object(map) => map
            .iter()
            .map(|(key, item)| {
                let schema = schema
                    .pointer(&format!("/properties/{key}"))
                    .or(schema.get("additionalProperties"))
                    .unwrap_or(&Value::Null);
                Ok((key.clone(), template(item, schema, text, format!("{path}.{key}"), scope)?))
            })
            .collect::<Result<_, _>>()
            .map(Value::Object),
        other if wants(schema, "integer") => Ok(whole(other.clone())),
        other => Ok(other.clone()),
    }
}

fn wants_only_text(schema: &Value) -> bool {
    wants(schema, "string")
        && !["number", "integer", "boolean", "array", "object"].iter().any(|kind| wants(schema, kind))
}

/// `256.0`, as a division or a file gives it, where a whole number is wanted.
fn whole(value: Value) -> Value {
    match value.as_f64() {
        Some(number) if value.is_f64() && number.fract() == 0.0 && number.abs() < 9e15 => {
            Value::from(number as i64)
        }
        _ => value,
    }
}
