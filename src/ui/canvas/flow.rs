//! What went along an edge in a run, in a word or two.

use serde_json::Value;

/// Letters of a text, or of the names of an object, that are shown.
const LETTERS: usize = 22;

/// A value as it is written on the edge that it went along.
#[must_use]
pub fn flowed(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) if text.trim().is_empty() => "empty text".to_owned(),
        Value::String(text) => format!("“{}”", cut(text.trim())),
        Value::Array(list) if list.len() == 1 => "1 item".to_owned(),
        Value::Array(list) => format!("{} items", list.len()),
        Value::Object(map) if map.is_empty() => "no fields".to_owned(),
        Value::Object(map) => {
            let mut names = String::new();
            for (place, name) in map.keys().enumerate() {
                let more = if place == 0 { cut(name) } else { format!(", {name}") };
                if place > 0 && names.chars().count() + more.chars().count() > LETTERS {
                    names.push_str(", …");
                    break;
                }
                names.push_str(&more);
            }
            names
        }
    }
}

fn cut(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut short: String = line.chars().take(LETTERS).collect();
    if short.len() < text.len() && !short.ends_with('…') {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_told_in_a_word() {
        assert_eq!(flowed(&json!(null)), "nothing");
        assert_eq!(flowed(&json!(12.5)), "12.5");
        assert_eq!(flowed(&json!(" \n")), "empty text");
        assert_eq!(flowed(&json!("The mill\nturns")), "“The mill…”");
        assert_eq!(flowed(&json!("سلام دنیا")), "“سلام دنیا”");
        assert_eq!(flowed(&json!([1])), "1 item");
        assert_eq!(flowed(&json!([1, 2])), "2 items");
        assert_eq!(flowed(&json!({"text": 1, "words": 2})), "text, words");
        assert_eq!(flowed(&json!({"a long name of a field": 1, "b": 2})), "a long name of a field, …");
        assert!(flowed(&json!({"x".repeat(80): 1})).chars().count() <= LETTERS + 2);
    }
}
