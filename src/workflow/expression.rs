//! Expressions: parse, check, evaluate, rewrite. Two forms: a *bare* expression (`input > 10`) and a *template*, a text
//! with `{{ }}`, `{% %}` and the single-brace form `{input}` in it. Nothing here knows what a node type does.

mod blame;
mod compare;
mod config;
mod engine;
mod error;
mod json;
mod methods;
mod near;
mod outline;
mod references;
mod rename;
mod rewrite;
mod scope;
mod single_brace;
mod syntax;
mod walk;

pub use config::{
    ConfigError, ConfigString, rename_in_config, render_config, render_field, render_item, strings,
};
pub use error::{ErrorCode, ExpressionError};
pub use near::nearest;
pub use outline::{Outline, outline};
pub use references::{Reading, Reference, Root, references};
pub use rename::rename_node;
pub use scope::{Scope, ScopeBuilder};
pub use single_brace::Step as PathStep;
pub use single_brace::{accessor, is_identifier, quoted};

use serde_json::Value;

/// How a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// The whole text is one expression, without braces.
    Bare,
    /// Text with `{{ }}`, `{% %}` and `{input}` in it.
    Template,
    /// The same inside a for_each's `input`, where `item` and `index` are names too.
    ItemTemplate,
}

/// The largest text or value that an expression may give, in bytes of JSON: 4 MiB, the limit of a node's output.
pub const MAX_OUTPUT_BYTES: usize = 4 * 1024 * 1024;

/// The names that expressions know, or those of a for_each's `input`.
#[must_use]
pub fn known_names(item: bool) -> &'static [&'static str] {
    let all = &["input", "inputs", "nodes", "run", "vars", "item", "index"];
    if item { all } else { &all[..5] }
}

/// The same for a message.
pub(super) fn name_list(item: bool) -> &'static str {
    if item {
        "`input`, `inputs`, `nodes`, `run`, `vars`, and here `item` and `index`"
    } else {
        "`input`, `inputs`, `nodes`, `run` and `vars`"
    }
}

/// The value of a bare expression.
///
/// # Errors
/// What is wrong with the expression or its result, see [`ErrorCode`].
pub fn evaluate(source: &str, scope: &Scope) -> Result<Value, ExpressionError> {
    engine::evaluate(source, scope)
}

/// The value of a bare expression that must be `true` or `false`.
///
/// # Errors
/// As [`evaluate`]; `not_boolean` for any other value.
pub fn evaluate_boolean(source: &str, scope: &Scope) -> Result<bool, ExpressionError> {
    match evaluate(source, scope)? {
        Value::Bool(answer) => Ok(answer),
        other => Err(ExpressionError::not_boolean(&other)),
    }
}

/// A template as text, whatever its parts are.
///
/// # Errors
/// What is wrong with the template or its parts, see [`ErrorCode`].
pub fn render_text(source: &str, scope: &Scope) -> Result<String, ExpressionError> {
    engine::render(source, scope, engine::Want::Text).map(|value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    })
}

/// A template in a data field: the value itself where the template is exactly one `{{ expression }}`, else text.
///
/// # Errors
/// What is wrong with the template or its parts, see [`ErrorCode`].
pub fn render_data(source: &str, scope: &Scope) -> Result<Value, ExpressionError> {
    engine::render(source, scope, engine::Want::Value)
}

/// Whether a text can be parsed at all, and is within the limits.
///
/// # Errors
/// `syntax` or `too_expensive`, with the line.
pub fn check_syntax(source: &str, form: Form) -> Result<(), ExpressionError> {
    let prepared = syntax::Prepared::new(source, form)?;
    prepared.parse().map(drop)
}

/// Whether a template is exactly one `{{ expression }}` (or `{input}`), so that a data field takes its value's type.
#[must_use]
pub fn is_single_expression(source: &str) -> bool {
    if !source.starts_with('{') || !source.ends_with('}') {
        return false;
    }
    syntax::Prepared::new(source, Form::ItemTemplate)
        .is_ok_and(|prepared| prepared.parse().is_ok_and(|parsed| parsed.single().is_some()))
}
