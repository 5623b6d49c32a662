//! Which name was missing: the evaluator only says that one was. Walks the paths of the text through the scope and
//! names the first that leads nowhere.

use super::references::{self, Found};
use super::scope::{Look, Scope};
use super::single_brace::{Step, accessor};
use super::syntax::{Parsed, Prepared};
use super::{ExpressionError, known_names, name_list, near::nearest};
use serde_json::Value;

/// The error with the missing path in its message, where it can be found.
pub(super) fn name_missing(
    error: ExpressionError,
    prepared: &Prepared<'_>,
    parsed: &Parsed<'_>,
    scope: &Scope,
) -> ExpressionError {
    for found in references::find(parsed).into_iter().filter(|f| !f.guarded) {
        if let Some(message) = missing(&found, scope) {
            let span = prepared.expanded.to_source(found.span.clone());
            return ExpressionError { message, line: Some(found.line), span: Some(span), ..error };
        }
    }
    error
}

fn missing(found: &Found, scope: &Scope) -> Option<String> {
    let mut path = found.root.clone();
    let mut steps = found.steps.iter();
    let mut at: &Value = match scope.look(&found.root) {
        Look::Value(value) => value,
        Look::Group(members) => {
            let Step::Name(name) = steps.next()? else { return None };
            match members.iter().find(|(member, _)| member == name) {
                Some((_, value)) => {
                    path.push_str(&accessor(name));
                    value
                }
                None => {
                    return Some(format!(
                        "`{path}{}` is not there. {}",
                        accessor(name),
                        choices(name, &path, members.iter().map(|(m, _)| *m).collect())
                    ));
                }
            }
        }
        Look::Unknown => {
            let near = nearest(&found.root, known_names(scope.has_item()).iter().copied());
            let near = near.map_or(String::new(), |n| format!(" Did you mean `{n}`?"));
            let known = name_list(scope.has_item());
            return Some(format!("There is no `{}`.{near} Expressions know {known}.", found.root));
        }
    };
    for step in steps {
        let next = match (at, step) {
            (Value::Object(object), Step::Name(name)) => object.get(name),
            (Value::Array(items), Step::Index(index)) => {
                usize::try_from(*index).ok().and_then(|i| items.get(i))
            }
            _ => None,
        };
        let Some(next) = next else {
            return Some(format!("`{path}{step}` is not there. {}", what_is_there(at, &path, step)));
        };
        path.push_str(&step.to_string());
        at = next;
    }
    None
}

fn what_is_there(value: &Value, path: &str, step: &Step) -> String {
    match (value, step) {
        (Value::Object(object), Step::Name(name)) => {
            choices(name, path, object.keys().map(String::as_str).collect())
        }
        (Value::Object(_), Step::Index(_)) => {
            format!("`{path}` is an object; take one of its fields by name.")
        }
        (Value::Array(items), Step::Index(_)) => {
            format!("`{path}` has {} entries, counted from 0.", items.len())
        }
        (Value::Array(_), Step::Name(_)) => {
            format!("`{path}` is a list; take an entry of it, as in `{path}[0]`.")
        }
        (Value::Null, _) => format!("`{path}` is null."),
        (Value::String(_), _) => format!("`{path}` is text, which has no fields."),
        (Value::Number(_), _) => format!("`{path}` is a number, which has no fields."),
        (Value::Bool(_), _) => format!("`{path}` is true or false, which has no fields."),
    }
}

fn choices(name: &str, path: &str, known: Vec<&str>) -> String {
    if let Some(near) = nearest(name, known.iter().copied()) {
        return format!("Did you mean `{near}`?");
    }
    if known.is_empty() {
        return format!("`{path}` is empty here.");
    }
    let shown: Vec<_> = known.iter().take(8).map(|k| format!("`{k}`")).collect();
    let more = if known.len() > shown.len() { " and more" } else { "" };
    format!("`{path}` has {}{more}.", shown.join(", "))
}
