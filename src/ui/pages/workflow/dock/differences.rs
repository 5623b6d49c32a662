//! What differs between two values, place by place. Pure.

use super::super::code::path_text;
use crate::workflow::expression::PathStep;
use serde_json::Value;

/// One difference; what is missing on a side is not there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Difference {
    /// As an expression would go on: `.body.title`; empty for the whole.
    pub path: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// The first differences of two values, and whether there are more.
pub(super) fn differences(before: &Value, after: &Value, limit: usize) -> (Vec<Difference>, bool) {
    let mut found = Vec::new();
    compare(before, after, &mut Vec::new(), limit, &mut found);
    let more = found.len() > limit;
    found.truncate(limit);
    (found, more)
}

fn compare(
    before: &Value,
    after: &Value,
    path: &mut Vec<PathStep>,
    limit: usize,
    found: &mut Vec<Difference>,
) {
    if found.len() > limit {
        return;
    }
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in old {
                inside(Some(value), new.get(key), PathStep::Name(key.clone()), path, limit, found);
            }
            for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                inside(None, Some(value), PathStep::Name(key.clone()), path, limit, found);
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            for index in 0..old.len().max(new.len()) {
                if found.len() > limit {
                    return;
                }
                inside(old.get(index), new.get(index), PathStep::Index(index as u64), path, limit, found);
            }
        }
        _ if before == after => {}
        _ => found.push(Difference {
            path: path_text("", path),
            before: Some(before.clone()),
            after: Some(after.clone()),
        }),
    }
}

fn inside(
    before: Option<&Value>,
    after: Option<&Value>,
    step: PathStep,
    path: &mut Vec<PathStep>,
    limit: usize,
    found: &mut Vec<Difference>,
) {
    path.push(step);
    match (before, after) {
        (Some(before), Some(after)) => compare(before, after, path, limit, found),
        (before, after) => found.push(Difference {
            path: path_text("", path),
            before: before.cloned(),
            after: after.cloned(),
        }),
    }
    path.pop();
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_place_is_told_once() {
        let (found, more) = differences(
            &json!({"a": 1, "gone": true, "list": [1, 2, 3], "same": {"x": null}}),
            &json!({"a": 2, "list": [1, 5], "same": {"x": null}, "new": "n"}),
            10,
        );
        let paths: Vec<_> =
            found.iter().map(|d| (d.path.as_str(), d.before.is_some(), d.after.is_some())).collect();
        assert_eq!(
            paths,
            [
                (".a", true, true),
                (".gone", true, false),
                (".list[1]", true, true),
                (".list[2]", true, false),
                (".new", false, true)
            ]
        );
        assert!(!more);
    }

    #[test]
    fn equal_values_differ_nowhere_and_many_differences_are_cut() {
        assert_eq!(differences(&json!([1, {"a": 2}]), &json!([1, {"a": 2}]), 5), (Vec::new(), false));
        assert_eq!(differences(&json!("a"), &json!("b"), 5).0[0].path, "");
        let (found, more) = differences(&json!(vec![1; 5_000]), &json!(vec![2; 5_000]), 100);
        assert_eq!((found.len(), more), (100, true));
    }
}
