//! Filters over metadata: `{"field": value}` or `{"field": {"gt": value}}`; several must all hold.

use super::SearchError;
use serde_json::{Map, Value};
use std::cmp::Ordering;

/// What of the present value must hold.
#[derive(Debug, Clone, PartialEq)]
enum Test {
    Eq(Value),
    Ne(Value),
    Gt(Value),
    Gte(Value),
    Lt(Value),
    Lte(Value),
    In(Vec<Value>),
    Contains(Value),
}

/// A condition on one field.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    pub field: String,
    test: Test,
}

const OPERATORS: &str = "eq, ne, gt, gte, lt, lte, in, contains";

/// Reads a filter; an empty one lets everything through.
///
/// # Errors
/// `Field` with the dotted path of what is wrong.
pub fn parse(filter: &Value) -> Result<Vec<Condition>, SearchError> {
    let fields = filter
        .as_object()
        .ok_or_else(|| SearchError::field("filter", "must be an object such as {\"lang\": \"en\"}"))?;
    let mut conditions = Vec::new();
    for (field, wanted) in fields {
        match wanted {
            Value::Object(tests) => operators(field, tests, &mut conditions)?,
            Value::Array(_) => {
                let message = "is a list; write {\"in\": […]} for one of several values";
                return Err(SearchError::field(format!("filter.{field}"), message));
            }
            plain => {
                conditions.push(Condition { field: field.clone(), test: Test::Eq(plain.clone()) });
            }
        }
    }
    Ok(conditions)
}

fn operators(
    field: &str,
    tests: &Map<String, Value>,
    conditions: &mut Vec<Condition>,
) -> Result<(), SearchError> {
    if tests.is_empty() {
        let message = format!("names no operator; use one of {OPERATORS}");
        return Err(SearchError::field(format!("filter.{field}"), message));
    }
    for (operator, value) in tests {
        let place = || format!("filter.{field}.{operator}");
        let sortable = || match value {
            Value::Number(_) | Value::String(_) => Ok(value.clone()),
            _ => Err(SearchError::field(place(), "must be a number or a text")),
        };
        let test = match operator.as_str() {
            "eq" => Test::Eq(value.clone()),
            "ne" => Test::Ne(value.clone()),
            "gt" => Test::Gt(sortable()?),
            "gte" => Test::Gte(sortable()?),
            "lt" => Test::Lt(sortable()?),
            "lte" => Test::Lte(sortable()?),
            "in" => Test::In(
                value.as_array().cloned().ok_or_else(|| SearchError::field(place(), "must be a list"))?,
            ),
            "contains" => Test::Contains(value.clone()),
            _ => {
                let message = format!("is no operator; use one of {OPERATORS}");
                return Err(SearchError::field(place(), message));
            }
        };
        conditions.push(Condition { field: field.to_owned(), test });
    }
    Ok(())
}

impl Condition {
    /// Whether it holds for the value of its field; `None` is a document without it.
    #[must_use]
    pub fn holds(&self, value: Option<&Value>) -> bool {
        let absent = value.is_none_or(Value::is_null);
        let order = |wanted| value.and_then(|value| compare(value, wanted));
        match &self.test {
            Test::Eq(Value::Null) => absent,
            Test::Ne(Value::Null) => !absent,
            Test::Eq(wanted) => value.is_some_and(|value| equal(value, wanted)),
            Test::Ne(wanted) => !value.is_some_and(|value| equal(value, wanted)),
            Test::Gt(wanted) => order(wanted).is_some_and(Ordering::is_gt),
            Test::Gte(wanted) => order(wanted).is_some_and(Ordering::is_ge),
            Test::Lt(wanted) => order(wanted).is_some_and(Ordering::is_lt),
            Test::Lte(wanted) => order(wanted).is_some_and(Ordering::is_le),
            Test::In(wanted) => wanted.iter().any(|wanted| match value {
                Some(value) => equal(value, wanted),
                None => wanted.is_null(),
            }),
            Test::Contains(wanted) => match (value, wanted) {
                (Some(Value::String(text)), Value::String(part)) => text.contains(part.as_str()),
                (Some(Value::Array(items)), wanted) => items.iter().any(|item| equal(item, wanted)),
                _ => false,
            },
        }
    }
}

/// `1` and `1.0` are the same number.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(_), Value::Number(_)) => compare(a, b) == Some(Ordering::Equal),
        _ => a == b,
    }
}

/// Numbers with numbers, texts with texts; nothing else has an order.
fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => match (x.as_i64(), y.as_i64()) {
            (Some(x), Some(y)) => Some(x.cmp(&y)),
            _ => x.as_f64()?.partial_cmp(&y.as_f64()?),
        },
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn holds(filter: Value, metadata: &Value) -> bool {
        parse(&filter).unwrap().iter().all(|condition| condition.holds(metadata.get(&condition.field)))
    }

    #[test]
    fn conditions_compare_like_with_like() {
        let metadata =
            json!({"lang": "en", "page": 7, "price": 7.0, "tags": ["a", "b"], "draft": null, "ok": true});
        for (filter, expected) in [
            (json!({}), true),
            (json!({"lang": "en"}), true),
            (json!({"lang": "EN"}), false),
            (json!({"page": 7.0, "price": 7}), true),
            (json!({"page": "7"}), false),
            (json!({"page": {"gt": 6, "lte": 7}}), true),
            (json!({"page": {"gt": 7}}), false),
            (json!({"page": {"gt": "6"}}), false),
            (json!({"lang": {"lt": "fr"}}), true),
            (json!({"lang": {"in": ["de", "en"]}}), true),
            (json!({"lang": {"in": []}}), false),
            (json!({"tags": {"contains": "b"}}), true),
            (json!({"tags": {"contains": "c"}}), false),
            (json!({"lang": {"contains": "n"}}), true),
            (json!({"lang": {"ne": "de"}}), true),
            (json!({"missing": {"ne": 1}}), true),
            (json!({"missing": {"eq": null}}), true),
            (json!({"draft": null}), true),
            (json!({"ok": {"ne": null}}), true),
            (json!({"missing": {"lt": 5}}), false),
            (json!({"ok": true, "lang": "de"}), false),
        ] {
            assert_eq!(holds(filter.clone(), &metadata), expected, "{filter}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (filter, field) in [
            (json!("lang"), "filter"),
            (json!([]), "filter"),
            (json!({"lang": ["en"]}), "filter.lang"),
            (json!({"lang": {}}), "filter.lang"),
            (json!({"lang": {"like": "e%"}}), "filter.lang.like"),
            (json!({"page": {"gt": null}}), "filter.page.gt"),
            (json!({"page": {"in": 5}}), "filter.page.in"),
        ] {
            match parse(&filter) {
                Err(SearchError::Field { field: found, .. }) => assert_eq!(found, field, "{filter}"),
                other => panic!("{filter}: {other:?}"),
            }
        }
    }
}
