//! A piece of a file that belongs together: a page, a row, or the whole of it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Longer values stay in the text and out of the metadata.
const MAX_VALUE: usize = 200;
/// More columns stay in the text and out of the metadata.
const MAX_VALUES: usize = 64;
/// Characters of the name under which a file is remembered.
const MAX_NAME: usize = 200;

/// Metadata that says where a document comes from; columns of those names are set apart.
const OURS: &[&str] = &["source", "page", "row", "rows", "part", "parts", "title"];

/// Text and where in its file it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Section {
    pub text: String,
    /// `page`, `row`, `title` and columns, as far as the format has them. Neither text nor metadata holds a NUL.
    pub metadata: Map<String, Value>,
    /// Headings and lists are marked as in Markdown.
    pub markdown: bool,
}

impl Section {
    /// A section without metadata.
    #[must_use]
    pub fn plain(text: &str) -> Self {
        Self { text: without_nul(text), metadata: Map::new(), markdown: false }
    }

    /// The same with one more fact about where it stands.
    #[must_use]
    pub fn at(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.metadata.insert(key.to_owned(), value.into());
        self
    }

    /// The same with what a row or object says, as far as it is short and one value.
    #[must_use]
    pub fn with_values<'a>(mut self, values: impl Iterator<Item = (&'a str, Value)>) -> Self {
        let fits = |value: &Value| match value {
            Value::String(text) => !text.is_empty() && text.chars().count() <= MAX_VALUE,
            Value::Number(_) | Value::Bool(_) => true,
            _ => false,
        };
        for (key, value) in
            values.filter(|(key, value)| !key.is_empty() && key.chars().count() <= MAX_VALUE && fits(value))
        {
            if self.metadata.len() >= MAX_VALUES {
                break;
            }
            let key = without_nul(key);
            let key = if OURS.contains(&key.as_str()) { format!("{key}_") } else { key };
            let value = match value {
                Value::String(text) => Value::String(without_nul(&text)),
                other => other,
            };
            self.metadata.insert(key, value);
        }
        self
    }
}

/// Databases do not take NUL in texts.
pub fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}

/// The name under which a file is remembered: without folders and control characters, not too long.
#[must_use]
pub fn file_name(sent: &str) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !c.is_control()).collect();
    let clean = clean.trim();
    let length = clean.chars().count();
    if length == 0 || clean.chars().all(|c| c == '.') {
        return "unnamed".to_owned();
    }
    // The end is kept: it has the extension.
    clean.chars().skip(length.saturating_sub(MAX_NAME)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keeps_short_values_and_sets_apart_what_would_hide_ours() {
        let section = Section::plain("x\0y").at("row", 3).with_values(
            [
                ("source", json!("web")),
                ("n", json!(1)),
                ("long", json!("x".repeat(201))),
                ("list", json!([1])),
                ("a\0b", json!("c\0d")),
                ("", json!("x")),
            ]
            .into_iter(),
        );
        assert_eq!(section.text, "xy");
        assert_eq!(
            Value::Object(section.metadata),
            json!({ "row": 3, "source_": "web", "n": 1, "ab": "cd" })
        );
    }

    #[test]
    fn names_lose_folders_and_tricks() {
        for (sent, expected) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\docs\\a.txt", "a.txt"),
            ("a\r\nb.txt", "ab.txt"),
            ("..", "unnamed"),
            ("dir/", "unnamed"),
        ] {
            assert_eq!(file_name(sent), expected);
        }
        let long = format!("{}.pdf", "ü".repeat(500));
        assert!(file_name(&long).ends_with("ü.pdf") && file_name(&long).chars().count() == MAX_NAME);
    }
}
