//! Differences of JSON values, field by field. Lists count as one value: which of their entries "moved" is a matter of
//! taste.

use super::FieldChange;
use serde_json::Value;

/// The changes of several fields; null at the top means that the field is not set.
pub(super) fn changes(fields: &[(&str, Value, Value)]) -> Vec<FieldChange> {
    let mut found = Vec::new();
    for (name, old, new) in fields {
        let set = |value: &'_ Value| (!value.is_null()).then(|| value.clone());
        if old.is_null() || new.is_null() {
            if old != new {
                found.push(FieldChange { field: (*name).to_owned(), old: set(old), new: set(new) });
            }
        } else {
            compare(name, old, new, &mut found);
        }
    }
    found
}

fn compare(path: &str, old: &Value, new: &Value, found: &mut Vec<FieldChange>) {
    let whole = || FieldChange { field: path.to_owned(), old: Some(old.clone()), new: Some(new.clone()) };
    match (old, new) {
        (Value::Object(before), Value::Object(after)) => {
            let count = found.len();
            for (key, old) in before {
                let path = format!("{path}.{key}");
                match after.get(key) {
                    Some(new) => compare(&path, old, new, found),
                    None => found.push(FieldChange { field: path, old: Some(old.clone()), new: None }),
                }
            }
            for (key, new) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
                found.push(FieldChange { field: format!("{path}.{key}"), old: None, new: Some(new.clone()) });
            }
            // The order of keys is that of outputs.
            if found.len() == count && !before.keys().eq(after.keys()) {
                found.push(whole());
            }
        }
        _ => {
            // 1 and 1.0 are not the same, nor are two orders of keys within a list.
            let (before, after) = (old.to_string(), new.to_string());
            if before != after {
                found.push(whole());
            }
        }
    }
}
