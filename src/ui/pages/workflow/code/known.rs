//! What the names of an expression hold, by kind (the checker's schemas) and by value (real data), and the fields of it.

use super::sample::Data;
use crate::workflow::{check::Upstream, expression::PathStep};
use serde_json::{Value, json};
use std::{collections::HashMap, sync::Arc};

/// Fields of one value that are offered.
const MAX_FIELDS: usize = 200;
/// Letters of a value that are shown beside it.
const SHOWN: usize = 40;

/// A value with what is known of its kind.
#[derive(Debug, Clone, Default)]
pub(super) struct Thing {
    schema: Option<Value>,
    value: Option<Arc<Value>>,
}

/// Everything that the expressions of one node may name.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Names {
    input: Thing,
    inputs: Vec<(String, Thing)>,
    nodes: Vec<(String, Thing)>,
    vars: Value,
    run: Value,
    item: Thing,
}

/// One thing that may follow a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Child {
    pub step: PathStep,
    /// `text`, `list` …; empty where nothing is known.
    pub kind: &'static str,
    /// The value in short, where there is one.
    pub shown: Option<String>,
}

/// What stands at a path.
#[derive(Debug, Clone, Default)]
pub(super) struct Found<'n> {
    schema: Option<&'n Value>,
    value: Option<&'n Value>,
    /// `inputs` and `nodes`, whose fields are other steps.
    group: Option<&'n [(String, Thing)]>,
}

impl Names {
    /// Puts both kinds of knowledge together.
    pub fn new(upstream: Upstream, data: &Data) -> Self {
        let with = |list: Vec<(String, Option<Value>)>, values: &[(String, Option<Arc<Value>>)]| {
            let values: HashMap<&str, &Option<Arc<Value>>> =
                values.iter().map(|(n, v)| (n.as_str(), v)).collect();
            let value = |name: &str| values.get(name).and_then(|v| (*v).clone());
            list.into_iter()
                .map(|(name, schema)| (name.clone(), Thing { schema, value: value(&name) }))
                .collect()
        };
        Self {
            input: Thing { schema: upstream.input, value: data.input.clone() },
            inputs: with(upstream.inputs, &data.inputs),
            nodes: with(upstream.nodes, &data.nodes),
            vars: Value::Object(data.vars.clone()),
            run: data.run.clone(),
            item: Thing { schema: None, value: data.item.clone() },
        }
    }

    /// What stands at a path; nothing where its first name is none of ours.
    pub(super) fn look(&self, root: &str, steps: &[PathStep]) -> Option<Found<'_>> {
        let start = match root {
            "input" => Found::of(&self.input),
            "item" => Found::of(&self.item),
            "vars" => Found { value: Some(&self.vars), ..Found::default() },
            "run" => Found { value: Some(&self.run), ..Found::default() },
            "inputs" => Found { group: Some(&self.inputs), ..Found::default() },
            "nodes" => Found { group: Some(&self.nodes), ..Found::default() },
            _ => return None,
        };
        Some(steps.iter().fold(start, |found, step| found.step(step)))
    }
}

impl<'n> Found<'n> {
    fn of(thing: &'n Thing) -> Self {
        Self { schema: thing.schema.as_ref(), value: thing.value.as_deref(), group: None }
    }

    fn step(self, step: &PathStep) -> Self {
        if let Some(group) = self.group {
            return match step {
                PathStep::Name(name) => group
                    .iter()
                    .find(|(n, _)| n == name)
                    .map_or_else(Self::default, |(_, thing)| Self::of(thing)),
                PathStep::Index(_) => Self::default(),
            };
        }
        let (schema, value) = match step {
            PathStep::Name(name) => (
                self.schema.and_then(|s| s.get("properties")?.get(name)),
                self.value.and_then(|v| v.as_object()?.get(name)),
            ),
            PathStep::Index(index) => (
                self.schema.and_then(|s| s.get("items")),
                self.value.and_then(|v| v.as_array()?.get(usize::try_from(*index).ok()?)),
            ),
        };
        Self { schema, value, group: None }
    }

    /// The kind in a word, by the value or else by the schema; empty: not known.
    pub fn kind(&self) -> &'static str {
        match (self.group, self.value, self.schema) {
            (Some(_), ..) => "object",
            (None, Some(value), _) => kind_of(value),
            (None, None, Some(schema)) => schema.get("type").and_then(Value::as_str).map_or("", type_word),
            _ => "",
        }
    }

    /// The value in short.
    pub fn shown(&self) -> Option<String> {
        self.value.map(short)
    }

    /// What may stand behind it: the fields of the value, and those that only the schema knows.
    pub fn children(&self) -> Vec<Child> {
        if let Some(group) = self.group {
            return group
                .iter()
                .map(|(name, thing)| Self::of(thing).as_child(PathStep::Name(name.clone())))
                .collect();
        }
        let mut found = Vec::new();
        match self.value {
            Some(Value::Object(map)) => {
                for name in map.keys().take(MAX_FIELDS) {
                    let step = PathStep::Name(name.clone());
                    found.push(self.clone().step(&step).as_child(step));
                }
            }
            Some(Value::Array(list)) if !list.is_empty() => {
                found.push(self.clone().step(&PathStep::Index(0)).as_child(PathStep::Index(0)));
            }
            _ => {}
        }
        let properties = self.schema.and_then(|s| s.get("properties")).and_then(Value::as_object);
        for name in properties.into_iter().flat_map(|p| p.keys()).take(MAX_FIELDS) {
            let step = PathStep::Name(name.clone());
            if !found.iter().any(|child| child.step == step) {
                found.push(self.clone().step(&step).as_child(step));
            }
        }
        if found.is_empty() && self.schema.is_some_and(|s| s.get("items").is_some()) {
            found.push(self.clone().step(&PathStep::Index(0)).as_child(PathStep::Index(0)));
        }
        found
    }

    fn as_child(&self, step: PathStep) -> Child {
        Child { step, kind: self.kind(), shown: self.shown() }
    }
}

/// The kind of a value in a word.
pub(in super::super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true/false",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

fn type_word(word: &str) -> &'static str {
    match word {
        "string" => "text",
        "number" | "integer" => "number",
        "boolean" => "true/false",
        "array" => "list",
        "object" => "object",
        _ => "",
    }
}

/// A value on one short line.
pub(in super::super) fn short(value: &Value) -> String {
    match value {
        Value::Array(list) => format!("{} {}", list.len(), if list.len() == 1 { "entry" } else { "entries" }),
        Value::Object(map) => {
            let names: Vec<&str> = map.keys().take(4).map(String::as_str).collect();
            cut(&format!("{{{}{}}}", names.join(", "), if map.len() > 4 { ", …" } else { "" }))
        }
        Value::String(text) => cut(&json!(text.chars().take(SHOWN + 1).collect::<String>()).to_string()),
        other => cut(&other.to_string()),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A path as it is written in an expression.
pub(in super::super) fn path_text(root: &str, steps: &[PathStep]) -> String {
    steps.iter().fold(root.to_owned(), |path, step| path + &step.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Map;

    fn names() -> Names {
        let upstream = Upstream {
            input: Some(
                json!({"type": "object", "properties": {"status": {"type": "integer"}, "late": {"type": "string"}}}),
            ),
            inputs: vec![("Fetch page".to_owned(), None)],
            nodes: vec![
                ("Fetch page".to_owned(), Some(json!({"type": "array", "items": {"type": "string"}}))),
                ("b".to_owned(), None),
            ],
        };
        let data = Data {
            input: Some(Arc::new(json!({"status": 200, "body": {"titles": ["One", "Two"]}}))),
            inputs: Vec::new(),
            nodes: vec![("b".to_owned(), Some(Arc::new(json!("text"))))],
            vars: Map::new(),
            run: json!({"id": "x"}),
            item: None,
            from: super::super::sample::Origin::LastRun,
            awaited: Vec::new(),
        };
        Names::new(upstream, &data)
    }

    fn list(root: &str, steps: &[PathStep]) -> Vec<(String, &'static str, Option<String>)> {
        let names = names();
        let found = names.look(root, steps).unwrap();
        found.children().into_iter().map(|c| (c.step.to_string(), c.kind, c.shown)).collect()
    }

    #[test]
    fn fields_come_from_values_and_from_what_is_known_of_kinds() {
        assert_eq!(
            list("input", &[]),
            [
                (".status".to_owned(), "number", Some("200".to_owned())),
                (".body".to_owned(), "object", Some("{titles}".to_owned())),
                (".late".to_owned(), "text", None),
            ]
        );
        let titles = [PathStep::Name("body".to_owned()), PathStep::Name("titles".to_owned())];
        assert_eq!(list("input", &titles), [("[0]".to_owned(), "text", Some("\"One\"".to_owned()))]);
    }

    #[test]
    fn steps_are_the_fields_of_nodes() {
        assert_eq!(list("nodes", &[])[0], ("[\"Fetch page\"]".to_owned(), "list", None));
        assert_eq!(list("nodes", &[])[1], (".b".to_owned(), "text", Some("\"text\"".to_owned())));
        assert_eq!(
            list("nodes", &[PathStep::Name("Fetch page".to_owned())]),
            [("[0]".to_owned(), "text", None)]
        );
        assert!(list("nodes", &[PathStep::Name("nobody".to_owned())]).is_empty());
        assert!(names().look("nothing", &[]).is_none());
    }

    #[test]
    fn paths_are_written_so_that_they_can_be_read() {
        let steps = [PathStep::Name("a b".to_owned()), PathStep::Index(2), PathStep::Name("c\"d".to_owned())];
        let text = path_text("nodes", &steps);
        assert_eq!(text, "nodes[\"a b\"][2][\"c\\\"d\"]");
        assert!(
            crate::workflow::expression::check_syntax(&text, crate::workflow::expression::Form::Bare).is_ok()
        );
    }

    #[test]
    fn values_are_shown_short() {
        assert_eq!(short(&json!("x".repeat(9_000))).chars().count(), 41);
        assert_eq!(short(&json!([1])), "1 entry");
        assert_eq!(short(&json!({"a": 1, "b": 2, "c": 3, "d": 4, "e": 5})), "{a, b, c, d, …}");
    }
}
