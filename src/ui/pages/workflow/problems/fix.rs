//! The obvious way to mend a problem, where there is one. Pure.

use crate::{
    ui::canvas::change,
    workflow::{
        catalog,
        check::Problem,
        document::Workflow,
        expression::{self, ConfigString, Form, Root, accessor},
        ids::NodeId,
    },
};
use serde_json::Value;

/// What mends a problem.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Fix {
    /// What it does, for a button.
    pub label: String,
    node: NodeId,
    change: Change,
}

#[derive(Debug, Clone, PartialEq)]
enum Change {
    /// Another text at that dotted path of the config.
    Text(String, String),
    /// Another name for a field of the config.
    Rename(String, String),
    Remove(String),
    /// An edge from that node.
    Connect(NodeId, String),
}

impl Fix {
    /// Mends it.
    pub fn apply(&self, document: &mut Workflow) {
        if let Change::Connect(source, port) = &self.change {
            change::connect(document, *source, port, self.node);
            return;
        }
        let Some(node) = document.nodes.iter_mut().find(|n| n.id == self.node) else { return };
        match &self.change {
            Change::Text(path, text) => {
                let (first, rest) = path.split_once('.').unwrap_or((path.as_str(), ""));
                if let Some(place) = node.config.get_mut(first).and_then(|value| at(value, rest)) {
                    *place = Value::from(text.as_str());
                } else if rest.is_empty() {
                    node.config.insert(first.to_owned(), Value::from(text.as_str()));
                }
            }
            Change::Rename(old, new) => {
                // The place of a field in the form does not come from its place in the config.
                if let Some(value) = node.config.shift_remove(old) {
                    node.config.insert(new.clone(), value);
                }
            }
            Change::Remove(field) => {
                node.config.shift_remove(field);
            }
            Change::Connect(..) => {}
        }
    }
}

/// The value at a dotted path; names may have dots in them.
fn at<'v>(value: &'v mut Value, path: &str) -> Option<&'v mut Value> {
    if path.is_empty() {
        return Some(value);
    }
    match value {
        Value::Object(map) => {
            let fits = |key: &&String| {
                path == key.as_str() || path.strip_prefix(key.as_str()).is_some_and(|r| r.starts_with('.'))
            };
            let key = map.keys().find(fits)?.clone();
            let rest = path[key.len()..].trim_start_matches('.').to_owned();
            at(map.get_mut(&key)?, &rest)
        }
        Value::Array(list) => {
            let (index, rest) = path.split_once('.').unwrap_or((path, ""));
            at(list.get_mut(index.parse::<usize>().ok()?)?, rest)
        }
        _ => None,
    }
}

/// The fix for a problem of a document.
pub(in super::super) fn fix(problem: &Problem, document: &Workflow) -> Option<Fix> {
    let id = problem.node_id?;
    let node = document.node(id)?;
    let path = problem.field.as_deref()?.strip_prefix("config.")?;
    let said: Vec<&str> = problem.message.split('`').skip(1).step_by(2).collect();
    let first = *said.first()?;
    let meant = problem.message.split_once("Did you mean `").and_then(|(_, rest)| rest.split('`').next());
    let made = |label: String, change| Some(Fix { label, node: id, change });
    let strings = expression::strings(catalog::find(&node.node_type), &node.config);
    let string = strings.iter().find(|s| s.path == path);
    let text = |label: String, text: Option<String>| {
        let text = text.filter(|text| string.is_some_and(|s| s.text != text))?;
        made(label, Change::Text(path.to_owned(), text))
    };
    match (problem.code.as_str(), meant) {
        ("unknown_node", Some(meant)) => {
            let string = string?;
            text(format!("Use {meant}"), expression::rename_node(string.text, string.form, first, meant))
        }
        ("unknown_var", Some(meant)) => {
            let new = rewritten(
                string?,
                |root, name| *root == Root::Vars && name == Some(first),
                |part| {
                    let (before, name) = part.split_at(part.find("vars")? + "vars".len());
                    Some(format!("{before}{}", name.replacen(first, meant, 1)))
                },
            );
            text(format!("Use vars.{meant}"), new)
        }
        ("unknown_name", Some(meant)) => {
            let new = rewritten(
                string?,
                |root, _| *root == Root::Other(first.to_owned()),
                |part| part.strip_prefix(first).map(|rest| format!("{meant}{rest}")),
            );
            text(format!("Use {meant}"), new)
        }
        ("not_direct", _) => {
            let new = rewritten(
                string?,
                |root, name| *root == Root::Inputs && name == Some(first),
                |part| Some(part.replacen("inputs", "nodes", 1)),
            );
            text(format!("Use nodes{}", accessor(first)), new)
        }
        ("item_outside_for_each", _) => {
            let new = rewritten(
                string?,
                |root, _| *root == Root::Item,
                |part| Some(part.replacen("item", "input", 1)),
            );
            text("Use input".to_owned(), new)
        }
        ("syntax", _) if string.is_some_and(|s| s.form == Form::Bare) => {
            let inner = string?.text.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
            text("Leave out the braces".to_owned(), Some(inner.to_owned()))
        }
        ("not_upstream", _) => {
            let source = document.node_named(first).filter(|n| n.id != id)?;
            let port = catalog::sketch(&source.node_type)?.default_output();
            let may = change::may_connect(document, source.id, port, id);
            may.then(|| made(format!("Connect {first}"), Change::Connect(source.id, port.to_owned())))
                .flatten()
        }
        ("model_not_installed", Some(meant)) => {
            made(format!("Use {meant}"), Change::Text("model".to_owned(), meant.to_owned()))
        }
        ("unknown_field", Some(meant)) if !path.contains('.') => {
            made(format!("Rename to {meant}"), Change::Rename(path.to_owned(), meant.to_owned()))
        }
        ("unknown_field" | "not_supported_yet", _) if node.config.contains_key(path) => {
            made("Remove it".to_owned(), Change::Remove(path.to_owned()))
        }
        _ => None,
    }
}

/// The text with every fitting reference written anew.
fn rewritten(
    string: &ConfigString<'_>,
    fits: impl Fn(&Root, Option<&str>) -> bool,
    write: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let found = expression::references(string.text, string.form).ok()?;
    let mut text = string.text.to_owned();
    // From the end, so that the places before stay right.
    let mut spans: Vec<_> =
        found.iter().filter(|r| fits(&r.root, r.name.as_deref())).map(|r| r.span.clone()).collect();
    spans.sort_by_key(|span| span.start);
    spans.dedup();
    for span in spans.into_iter().rev() {
        let new = write(text.get(span.clone())?)?;
        text.replace_range(span, &new);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::check::{Environment, check};
    use serde_json::json;
    use uuid::Uuid;

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    /// Two steps in a row and one aside; the last has this config.
    fn workflow(kind: &str, config: Value) -> Workflow {
        let node = |n: u128, name: &str, kind: &str, config: Value| json!({"id": id(n), "name": name, "node_type": kind, "config": config});
        serde_json::from_value(json!({
            "name": "w", "vars": {"rate": 2},
            "nodes": [
                node(1, "Fetch page", "transform", json!({"expression": "1"})),
                node(2, "middle", "transform", json!({"expression": "input"})),
                node(3, "aside", "transform", json!({"expression": "1"})),
                node(4, "last", kind, config),
            ],
            "edges": [
                {"id": id(11), "source_node_id": id(1), "target_node_id": id(2)},
                {"id": id(12), "source_node_id": id(2), "target_node_id": id(4)},
            ],
        }))
        .unwrap()
    }

    /// Every problem of the last step goes by the fixes that are offered; gives its config then.
    fn mended(kind: &str, config: Value) -> Value {
        let mut document = workflow(kind, config);
        for _ in 0..4 {
            let problems = check(&document, &Environment::default());
            let Some(problem) = problems.iter().find(|p| p.node.as_deref() == Some("last")) else { break };
            let fix = fix(problem, &document).unwrap_or_else(|| panic!("no fix for {problem:?}"));
            assert!(!fix.label.is_empty());
            fix.apply(&mut document);
        }
        let left = check(&document, &Environment::default());
        assert!(left.iter().all(|p| p.node.as_deref() != Some("last")), "{left:?}");
        Value::Object(document.nodes[3].config.clone())
    }

    fn expression(text: &str) -> String {
        mended("transform", json!({"expression": text}))["expression"].as_str().unwrap().to_owned()
    }

    #[test]
    fn slips_of_the_keyboard_are_mended() {
        assert_eq!(expression("nodes.midle.x"), "nodes.middle.x");
        assert_eq!(expression("nodes[\"Fetch pag\"] + 1"), "nodes[\"Fetch page\"] + 1");
        assert_eq!(expression("vars.rat * 2"), "vars.rate * 2");
        assert_eq!(expression("inptu.a + inptu.b"), "input.a + input.b");
        assert_eq!(expression("middle.a"), "nodes.middle.a");
        assert_eq!(expression("item.a"), "input.a");
        assert_eq!(expression("inputs[\"Fetch page\"]"), "nodes[\"Fetch page\"]");
        assert_eq!(expression("{{ input.a }}"), "input.a");
    }

    #[test]
    fn templates_and_fields_within_fields_are_mended() {
        let made = mended("transform", json!({"fields": {"a.b": "nodes.midle"}}));
        assert_eq!(made, json!({"fields": {"a.b": "nodes.middle"}}));
        let made = mended(
            "llm_call",
            json!({"prompt_template": "Say {nodes.midle.text} {{ vars.rat }} {vars.rat}"}),
        );
        assert_eq!(made["prompt_template"], "Say {nodes.middle.text} {{ vars.rate }} {vars.rate}");
        let made =
            mended("llm_call", json!({"prompt_template": "x", "sytem": "be kind", "output_schema": {}}));
        assert_eq!(made, json!({"prompt_template": "x", "system": "be kind"}));
    }

    #[test]
    fn a_step_that_does_not_come_before_is_connected() {
        let mut document = workflow("transform", json!({"expression": "nodes.aside"}));
        let problems = check(&document, &Environment::default());
        let fix = fix(&problems[0], &document).unwrap();
        assert_eq!(fix.label, "Connect aside");
        fix.apply(&mut document);
        assert_eq!(document.edges.len(), 3);
        let left = check(&document, &Environment::default());
        assert!(left.iter().all(|p| p.code != "not_upstream"), "{left:?}");
    }

    #[test]
    fn what_only_a_person_can_know_has_no_fix() {
        let document = workflow("transform", json!({"expression": "nodes.zzzzzz"}));
        let problems = check(&document, &Environment::default());
        assert_eq!(fix(&problems[0], &document), None);
    }
}
