//! What was asked for in the dialog, as a request; pure.

use crate::api::runs::{ForkVersion, RunFork};
use serde_json::{Map, Value};

/// The fields of the dialog.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Draft {
    /// Name of a step; empty: none.
    pub from: String,
    pub current: bool,
    pub input: String,
    /// Names of steps with the text of their outputs.
    pub outputs: Vec<(String, String)>,
}

impl Draft {
    /// The request; an error where a text is no JSON.
    pub fn request(&self, original: &Value) -> Result<RunFork, String> {
        let input_data = match slip(&self.input) {
            slip if slip.is_empty() => self.changed_input(original),
            slip => return Err(slip),
        };
        let mut outputs = Map::new();
        for (node, text) in &self.outputs {
            outputs.insert(node.clone(), read(text).map_err(|_| slip(text))?);
        }
        Ok(RunFork {
            from_node: Some(self.from.clone()).filter(|name| !name.is_empty()),
            input_data,
            outputs,
            version: if self.current { ForkVersion::Current } else { ForkVersion::Same },
        })
    }

    /// The input, if it is another one.
    pub fn changed_input(&self, original: &Value) -> Option<Value> {
        read(&self.input).ok().filter(|value| value != original)
    }

    /// What the new run does.
    pub fn in_words(&self, original: &Value) -> String {
        let mut changed = Vec::new();
        if self.changed_input(original).is_some() {
            changed.push("the input".to_owned());
        }
        changed.extend(self.outputs.iter().map(|(node, _)| format!("the output of {node}")));
        if self.current {
            changed.push("the workflow".to_owned());
        }
        match (changed.is_empty(), self.from.is_empty()) {
            (true, true) => "Nothing is changed: every step runs again.".to_owned(),
            (true, false) => format!("{} and what follows it run again.", self.from),
            (false, true) => format!("Runs again what depends on {}.", changed.join(", ")),
            (false, false) => {
                format!("Runs again {} and what depends on {}.", self.from, changed.join(", "))
            }
        }
    }
}

/// JSON with line breaks, to change it.
pub(super) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn read(text: &str) -> Result<Value, serde_json::Error> {
    if text.trim().is_empty() { Ok(Value::Null) } else { serde_json::from_str(text) }
}

/// Why a text is no JSON, and where; empty if it is.
pub(super) fn slip(text: &str) -> String {
    match read(text) {
        Ok(_) => String::new(),
        Err(error) => {
            let what = error.to_string();
            let what = match what.split(" at line ").next().unwrap_or_default() {
                what if what.starts_with("EOF") => "the text ends too early",
                what => what,
            };
            let plain = !text.trim_start().starts_with(['{', '[', '"']);
            let hint = if plain { " Text stands in quotes: \"like this\"." } else { "" };
            format!("Line {}, column {}: {what}.{hint}", error.line(), error.column())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn draft(input: &str) -> Draft {
        Draft { input: input.to_owned(), ..Draft::default() }
    }

    #[test]
    fn only_what_was_changed_is_asked_for() {
        let original = json!({"a": 1, "b": [2]});
        let same = draft("{ \"a\": 1,\n \"b\": [2] }").request(&original).unwrap();
        assert_eq!(serde_json::to_value(same).unwrap(), json!({"version": "same"}));
        let changed = Draft {
            from: "Ask".to_owned(),
            current: true,
            input: "null".to_owned(),
            outputs: vec![("Fetch".to_owned(), "{\"status\": 500}".to_owned())],
        };
        let expected = json!({
            "from_node": "Ask", "input_data": null, "outputs": {"Fetch": {"status": 500}}, "version": "current"
        });
        assert_eq!(serde_json::to_value(changed.request(&original).unwrap()).unwrap(), expected);
    }

    #[test]
    fn slips_are_named_with_their_place() {
        assert_eq!(slip("{\"a\": }"), "Line 1, column 7: expected value.");
        assert!(slip("hello").ends_with("Text stands in quotes: \"like this\"."));
        assert_eq!(slip("{\"a\": "), "Line 1, column 6: the text ends too early.");
        assert_eq!(slip("  "), "");
        assert!(draft("[1,").request(&Value::Null).is_err());
        let bad = Draft { outputs: vec![("Fetch".to_owned(), "{".to_owned())], ..draft("null") };
        assert!(bad.request(&Value::Null).is_err());
    }

    #[test]
    fn it_says_what_the_new_run_does() {
        let original = json!(1);
        assert_eq!(draft("1").in_words(&original), "Nothing is changed: every step runs again.");
        assert_eq!(draft("2").in_words(&original), "Runs again what depends on the input.");
        let from = Draft { from: "Ask".to_owned(), ..draft("1") };
        assert_eq!(from.in_words(&original), "Ask and what follows it run again.");
    }
}
