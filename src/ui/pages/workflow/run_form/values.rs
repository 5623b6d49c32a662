//! Values within a value, by the names that lead there. Pure.

use serde_json::{Map, Value};

/// The value at a path of names; null where there is none.
pub(super) fn at<'v>(value: &'v Value, path: &[String]) -> &'v Value {
    path.iter().fold(value, |value, name| value.get(name).unwrap_or(&Value::Null))
}

/// The same value with another one at a path; `None` takes it out. What is in the way becomes an object.
pub(super) fn with(whole: &Value, path: &[String], new: Option<Value>) -> Value {
    let Some((name, rest)) = path.split_first() else { return new.unwrap_or_default() };
    let mut map = whole.as_object().cloned().unwrap_or_else(Map::new);
    let inner = map.get(name).unwrap_or(&Value::Null);
    if rest.is_empty() {
        match new {
            Some(value) => {
                map.insert(name.clone(), value);
            }
            None => {
                map.shift_remove(name);
            }
        }
    } else {
        let made = with(inner, rest, new);
        map.insert(name.clone(), made);
    }
    Value::Object(map)
}

/// The number in a text, whole where it is whole; anything else stays text, so that it is told and not lost.
pub(super) fn number(text: &str) -> Value {
    let text = text.trim();
    if let Ok(whole) = text.parse::<i64>() {
        return Value::from(whole);
    }
    text.parse::<f64>().ok().filter(|n| n.is_finite()).map_or_else(|| Value::from(text), Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn path(names: &[&str]) -> Vec<String> {
        names.iter().map(|n| (*n).to_owned()).collect()
    }

    #[test]
    fn one_value_changes_and_the_others_stay_in_their_order() {
        let whole = json!({"b": 1, "a": {"x": [1]}, "c": null});
        let made = with(&whole, &path(&["a", "y"]), Some(json!("new")));
        assert_eq!(made.to_string(), r#"{"b":1,"a":{"x":[1],"y":"new"},"c":null}"#);
        assert_eq!(at(&made, &path(&["a", "y"])), &json!("new"));
        assert_eq!(with(&made, &path(&["a", "y"]), None), whole);
        assert_eq!(with(&Value::Null, &path(&["p", "q"]), Some(json!(1))), json!({"p": {"q": 1}}));
        assert_eq!(at(&whole, &path(&["a", "x", "none"])), &Value::Null);
    }

    #[test]
    fn what_is_no_number_stays_text() {
        assert_eq!(number(" 12 "), json!(12));
        assert_eq!(number("1.5"), json!(1.5));
        assert_eq!(number("1,5"), json!("1,5"));
    }
}
