//! The evaluator: minijinja with our functions, our way of writing values, and limits.

use super::compare::{self, Order};
use super::scope::Scope;
use super::syntax::{Parsed, Prepared};
use super::{ErrorCode, ExpressionError, Form, MAX_OUTPUT_BYTES, blame, json, methods, rewrite};
use minijinja::machinery::{CodeGenerator, eval, make_string_output};
use minijinja::value::{Kwargs, Rest, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior};
use serde_json::Value as Json;
use std::sync::LazyLock;

/// Steps of one evaluation; a step also pays for 64 bytes made or read.
const FUEL: u64 = 500_000;
/// Levels of macros and recursive loops.
const RECURSION: usize = 100;

/// Functions that only `rewrite` can name: the spaces cannot be written in an expression.
pub(super) const COMPARE: &str = " compare";
pub(super) const CONCAT: &str = " concat";
pub(super) const LOOKUP: &str = " lookup";

static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(environment);

fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_fuel(Some(FUEL));
    env.set_recursion_limit(RECURSION);
    env.set_unknown_method_callback(methods::call);
    env.set_formatter(write_value);
    // `debug` shows the evaluator's insides; a `namespace` can hold itself, and then nothing that walks it ends.
    env.remove_global("debug");
    env.remove_global("namespace");
    env.add_function(COMPARE, compare_values);
    env.add_function(CONCAT, concat);
    env.add_function(LOOKUP, look_up);
    // By themselves these write values as Python does; everywhere else they are written as JSON.
    env.add_filter("string", |state: &State, value: &Value| as_text(state, value));
    env.add_filter("tojson", to_json_text);
    env.add_filter("join", join);
    for (order, names) in [
        (Order::Less, ["lt", "lessthan", "<"].as_slice()),
        (Order::LessOrEqual, &["le", "<="]),
        (Order::Greater, &["gt", "greaterthan", ">"]),
        (Order::GreaterOrEqual, &["ge", ">="]),
    ] {
        for name in names {
            env.add_test(*name, move |left: &Value, right: &Value| {
                compare::compare(order, left, right).map_err(ExpressionError::into_engine)
            });
        }
    }
    for (equal, names) in [(true, ["eq", "equalto", "=="].as_slice()), (false, &["ne", "!="])] {
        for name in names {
            env.add_test(*name, move |left: &Value, right: &Value| {
                bounded(left).and(bounded(right)).map(|()| (left == right) == equal)
            });
        }
    }
    env.add_test("in", |state: &State, item: &Value, list: &Value| {
        bounded(item).and(bounded(list))?;
        minijinja::tests::is_in(state, item, list)
    });
    env.add_filter("unique", |state: &State, list: Value, kwargs: Kwargs| {
        bounded(&list)?;
        minijinja::filters::unique(state, list, kwargs)
    });
    env.add_filter("groupby", |list: Value, attribute: Option<&str>, kwargs: Kwargs| {
        bounded(&list)?;
        minijinja::filters::groupby(list, attribute, kwargs)
    });
    env.add_filter("sort", |state: &State, value: Value, kwargs: Kwargs| {
        let value = checked_list(value, &kwargs, "sort")?;
        minijinja::filters::sort(state, value, kwargs)
    });
    env.add_filter("min", |state: &State, value: Value, kwargs: Kwargs| {
        let value = checked_list(value, &kwargs, "min")?;
        minijinja::filters::min(state, value, kwargs)
    });
    env.add_filter("max", |state: &State, value: Value, kwargs: Kwargs| {
        let value = checked_list(value, &kwargs, "max")?;
        minijinja::filters::max(state, value, kwargs)
    });
    env
}

fn bounded(value: &Value) -> Result<(), Error> {
    compare::bounded(value).map_err(ExpressionError::into_engine)
}

fn write_value(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    if value.is_undefined() {
        return Ok(()); // `{{ "x" if false }}`; anything else undefined has failed before
    }
    out.write_str(&as_text(state, value)?).map_err(Error::from)
}

/// `left, symbol, right`, or more of them: a chain such as `1 < x <= 10`. Every pair is looked at, so that a mistake in
/// the last one shows even where the first one fails.
fn compare_values(state: &mut State, args: Rest<Value>) -> Result<bool, Error> {
    let mut all = true;
    for chain in args.windows(3).step_by(2) {
        let [left, symbol, right] = chain else { continue };
        let checked = |order| compare::compare(order, left, right).map_err(ExpressionError::into_engine);
        all &= match symbol.as_str().unwrap_or_default() {
            "<" => checked(Order::Less)?,
            "<=" => checked(Order::LessOrEqual)?,
            ">" => checked(Order::Greater)?,
            ">=" => checked(Order::GreaterOrEqual)?,
            _ if left.is_undefined() || right.is_undefined() => return Err(ErrorKind::UndefinedError.into()),
            "in" | "not in"
                if matches!(right.kind(), ValueKind::Number | ValueKind::Bool | ValueKind::None) =>
            {
                let message = "`in` looks into texts, lists and objects; this is neither of them.";
                return Err(ExpressionError::new(ErrorCode::TypeMismatch, message).into_engine());
            }
            "not in" => !state.perform_test("in", &[left.clone(), right.clone()])?,
            test => state.perform_test(test, &[left.clone(), right.clone()])?,
        };
    }
    Ok(all)
}

/// The value as templates write it.
pub(super) fn as_text(state: &State, value: &Value) -> Result<String, Error> {
    let text = json::to_text(value).map_err(ExpressionError::into_engine)?;
    state.consume_fuel(text.len() as u64 / 64)?;
    Ok(text)
}

fn concat(state: &State, left: &Value, right: &Value) -> Result<String, Error> {
    Ok(as_text(state, left)? + &as_text(state, right)?)
}

fn join(
    state: &State,
    value: &Value,
    separator: Option<&str>,
    attribute: Option<&str>,
    kwargs: Kwargs,
) -> Result<String, Error> {
    let separator = separator.or(kwargs.get("d")?).unwrap_or_default();
    let attribute = attribute.or(kwargs.get("attribute")?);
    kwargs.assert_all_used()?;
    join_items(state, value, separator, attribute)
}

/// The items as text, with the separator between them.
pub(super) fn join_items(
    state: &State,
    value: &Value,
    separator: &str,
    attribute: Option<&str>,
) -> Result<String, Error> {
    if value.is_undefined() {
        return Err(ErrorKind::UndefinedError.into());
    }
    let mut text = String::new();
    for (index, item) in value.try_iter()?.enumerate() {
        if index > 0 {
            text.push_str(separator);
        }
        state.consume_fuel(1 + separator.len() as u64 / 64)?;
        let item = attribute.map_or(item.clone(), |attribute| path(&item, attribute));
        text.push_str(&as_text(state, &item)?);
    }
    Ok(text)
}

/// `tojson`, and `tojson(indent=2)` for people.
fn to_json_text(
    state: &State,
    value: &Value,
    indent: Option<Value>,
    kwargs: Kwargs,
) -> Result<String, Error> {
    let indent = indent.or(kwargs.get::<Option<Value>>("indent")?).is_some_and(|i| i.is_true());
    kwargs.assert_all_used()?;
    let json = json::to_json(value).map_err(ExpressionError::into_engine)?;
    let text = if indent { format!("{json:#}") } else { json.to_string() };
    state.consume_fuel(text.len() as u64 / 4)?;
    Ok(text)
}

fn look_up(base: &Value, key: &Value) -> Result<Value, Error> {
    if base.is_undefined() || base.is_none() {
        return Ok(Value::UNDEFINED);
    }
    base.get_item(key)
}

/// The list behind `sort`, `min` and `max`, once its items (or their `attribute`) are known to have an order.
fn checked_list(value: Value, kwargs: &Kwargs, filter: &str) -> Result<Value, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let items: Vec<Value> = value.try_iter()?.collect();
    let attributes: Option<&str> = kwargs.peek("attribute").ok();
    match attributes {
        None => compare::sortable(&items, filter).map_err(ExpressionError::into_engine)?,
        Some(attributes) => {
            for attribute in attributes.split(',').map(str::trim) {
                let keys: Vec<Value> = items.iter().map(|item| path(item, attribute)).collect();
                compare::sortable(&keys, filter).map_err(ExpressionError::into_engine)?;
            }
        }
    }
    Ok(Value::from(items))
}

fn path(item: &Value, attribute: &str) -> Value {
    attribute.split('.').fold(item.clone(), |value, step| {
        let found = match step.parse::<usize>() {
            Ok(index) => value.get_item_by_index(index),
            Err(_) => value.get_attr(step),
        };
        found.unwrap_or(Value::UNDEFINED)
    })
}

/// What a template is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    Text,
    /// Its value, where it is exactly one expression.
    Value,
}

pub(super) fn evaluate(source: &str, scope: &Scope) -> Result<Json, ExpressionError> {
    let prepared = Prepared::new(source, Form::Bare)?;
    let parsed = prepared.parse()?;
    run(&prepared, &parsed, scope, Want::Value)
}

pub(super) fn render(source: &str, scope: &Scope, want: Want) -> Result<Json, ExpressionError> {
    if !source.contains('{') {
        return Ok(Json::String(source.to_owned())); // most strings of a config
    }
    let form = if scope.has_item() { Form::ItemTemplate } else { Form::Template };
    let prepared = Prepared::new(source, form)?;
    let parsed = prepared.parse()?;
    run(&prepared, &parsed, scope, want)
}

fn run(
    prepared: &Prepared<'_>,
    parsed: &Parsed<'_>,
    scope: &Scope,
    want: Want,
) -> Result<Json, ExpressionError> {
    let text = prepared.text();
    let result = match parsed.single() {
        Some(expr) if want == Want::Value => {
            let tree = rewrite::expr(expr);
            let mut code = CodeGenerator::new("", text);
            code.compile_expr(&tree);
            execute(code, scope, &mut String::new())
                .and_then(|value| json::to_json(&value.unwrap_or(Value::UNDEFINED)))
        }
        _ => {
            let mut out = String::new();
            let mut code = CodeGenerator::new("", text);
            match parsed {
                Parsed::Template(stmt) => code.compile_stmt(&rewrite::stmt(stmt)),
                Parsed::Expr(expr) => code.compile_expr(&rewrite::expr(expr)),
            }
            execute(code, scope, &mut out).and_then(|_| {
                if out.len() > MAX_OUTPUT_BYTES {
                    Err(ExpressionError::too_large())
                } else {
                    Ok(Json::String(out))
                }
            })
        }
    };
    result.map_err(|error| match error.code {
        ErrorCode::Undefined => blame::name_missing(error, prepared, parsed, scope),
        _ => error,
    })
}

fn execute(
    code: CodeGenerator<'_>,
    scope: &Scope,
    out: &mut String,
) -> Result<Option<Value>, ExpressionError> {
    let (instructions, blocks) = code.finish();
    let mut output = make_string_output(out);
    eval(&ENGINE, &instructions, scope.root(), &blocks, &mut output, AutoEscape::None)
        .map(|(value, _)| value)
        .map_err(|error| ExpressionError::from_engine(&error))
}
