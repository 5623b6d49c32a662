//! One table of cases for expressions and the checker, run by the server's tests and by the browser's build, so that
//! both give the same answers. The table is `cases.json` beside this file.

use super::catalog;
use super::check::{self, Environment, Severity};
use super::diff;
use super::expression::{self, Form, Scope};
use super::file::WorkflowFile;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The table itself.
pub const CASES: &str = include_str!("cases.json");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// What is called: see [`got`].
    call: String,
    /// The expression or template.
    #[serde(default)]
    source: String,
    #[serde(default)]
    scope: Map<String, Value>,
    /// What else the call takes.
    #[serde(default)]
    with: Map<String, Value>,
    /// What comes out; an error is `{"error": code, "says": part of the message}`.
    want: Value,
}

/// What came of one case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub name: String,
    pub ok: bool,
    pub got: Value,
    pub expected: Value,
}

/// Runs a table; gives a JSON list of [`Outcome`]. A table that cannot be read is one failed case.
#[must_use]
pub fn run_cases(json: &str) -> String {
    let outcomes: Vec<Outcome> = match serde_json::from_str::<Vec<Case>>(json) {
        Ok(cases) => cases.into_iter().map(run).collect(),
        Err(error) => {
            vec![Outcome {
                name: "the table itself".into(),
                ok: false,
                got: json!(error.to_string()),
                expected: json!("a list of cases"),
            }]
        }
    };
    serde_json::to_string(&outcomes).unwrap_or_else(|error| error.to_string())
}

fn run(case: Case) -> Outcome {
    let got = got(&case);
    // Compared as texts: 1 and 1.0, or another order of keys, are not the same.
    let (got_text, want_text) = (got.to_string(), case.want.to_string());
    let ok = match (case.want.get("error"), case.want.get("says").and_then(Value::as_str)) {
        (Some(code), Some(part)) => {
            got.get("error") == Some(code)
                && got.get("says").and_then(Value::as_str).is_some_and(|said| said.contains(part))
        }
        (Some(code), None) => got.get("error") == Some(code),
        _ => got_text == want_text,
    };
    Outcome { name: case.name, ok, got, expected: case.want }
}

fn got(case: &Case) -> Value {
    let scope = scope(&case.scope);
    let source = case.source.as_str();
    let result = match case.call.as_str() {
        "evaluate" => expression::evaluate(source, &scope),
        "condition" => expression::evaluate_boolean(source, &scope).map(Value::Bool),
        "text" => expression::render_text(source, &scope).map(Value::String),
        "data" => expression::render_data(source, &scope),
        "references" => expression::references(source, form(&case.with)).map(|found| {
            let word = |r: &expression::Reference| {
                format!(
                    "{:?} {}{}",
                    r.root,
                    r.name.as_deref().unwrap_or("*"),
                    if r.guarded { " guarded" } else { "" }
                )
            };
            found.iter().map(word).collect()
        }),
        "rename" => {
            let name = |key: &str| case.with.get(key).and_then(Value::as_str).unwrap_or_default();
            Ok(expression::rename_node(source, form(&case.with), name("old"), name("new"))
                .map_or(Value::Null, Value::String))
        }
        "config" => return config(case, &scope),
        "items" => return items(case, &scope),
        "check" => return problems(case),
        "diff" | "behaviour" => return compared(case),
        other => return json!({ "error": "unknown_call", "says": other }),
    };
    result.unwrap_or_else(|error| json!({ "error": error.code.as_str(), "says": error.message }))
}

fn form(with: &Map<String, Value>) -> Form {
    match with.get("form").and_then(Value::as_str) {
        Some("bare") => Form::Bare,
        Some("item") => Form::ItemTemplate,
        _ => Form::Template,
    }
}

fn scope(names: &Map<String, Value>) -> Scope {
    let mut builder = Scope::builder().input(names.get("input").cloned().unwrap_or_default());
    for (name, value) in names.get("inputs").and_then(Value::as_object).into_iter().flatten() {
        builder = builder.with_input(name, value.clone());
    }
    for (name, value) in names.get("nodes").and_then(Value::as_object).into_iter().flatten() {
        builder = builder.with_node(name, value.clone());
    }
    if let Some(Value::Object(vars)) = names.get("vars") {
        builder = builder.vars(vars.clone());
    }
    if let Some(run) = names.get("run") {
        let text = |key: &str| run.get(key).and_then(Value::as_str).unwrap_or_default();
        builder = builder.run(text("id"), run.get("input").unwrap_or(&Value::Null), text("started_at"));
    }
    if let Some(item) = names.get("item") {
        builder = builder.item(item.clone(), names.get("index").and_then(Value::as_u64).unwrap_or_default());
    }
    builder.build()
}

fn config(case: &Case, scope: &Scope) -> Value {
    let Some(node_type) = catalog::find(&case.source) else { return json!({ "error": "unknown_node_type" }) };
    match expression::render_config(node_type, &case.with, scope) {
        Ok(rendered) => Value::Object(rendered),
        Err(error) => json!({ "error": error.error.code.as_str(), "says": error.to_string() }),
    }
}

/// A per-item field for each of several items.
fn items(case: &Case, scope: &Scope) -> Value {
    let template = case.with.get("value").cloned().unwrap_or_default();
    let items = case.with.get("items").and_then(Value::as_array).into_iter().flatten().enumerate();
    items
        .map(|(index, item)| {
            expression::render_item("input", &template, scope, item.clone(), index).unwrap_or_else(
                |error| json!({ "error": error.error.code.as_str(), "says": error.to_string() }),
            )
        })
        .collect()
}

/// What changed between two workflow files, or the names of the nodes whose behaviour did. Nodes of the same name are
/// the same node, also where `renamed` maps the old name to the new one.
fn compared(case: &Case) -> Value {
    let read = |key: &str| {
        let mut file = case.with.get(key).cloned().unwrap_or_default();
        if let Value::Object(file) = &mut file {
            file.entry("format").or_insert(json!(1));
            file.entry("name").or_insert(json!("case"));
        }
        WorkflowFile::from_value(file).map(WorkflowFile::into_workflow)
    };
    let (old, mut new) = match (read("old"), read("new")) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(error), _) | (_, Err(error)) => return json!({ "error": "file", "says": error.to_string() }),
    };
    let renamed = |name: &str| {
        let new = case.with.get("renamed").and_then(|r| r.get(name)).and_then(Value::as_str);
        new.unwrap_or(name).to_owned()
    };
    for node in &old.nodes {
        let name = renamed(&node.name);
        let Some(other) = new.nodes.iter_mut().find(|n| n.name == name) else { continue };
        let id = std::mem::replace(&mut other.id, node.id);
        for edge in &mut new.edges {
            for end in [&mut edge.source_node_id, &mut edge.target_node_id] {
                if *end == id {
                    *end = node.id;
                }
            }
        }
    }
    if case.call == "behaviour" {
        let changed = diff::changed_behaviour(&old, &new);
        return new.nodes.iter().filter(|n| changed.contains(&n.id)).map(|n| n.name.as_str()).collect();
    }
    let mut found = serde_json::to_value(diff::diff(&old, &new)).unwrap_or_default();
    without(&mut found);
    found
}

/// Takes out what is made anew for each case, and lists that are empty.
fn without(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.retain(|key, value| {
                key != "node_id" && value.as_array().is_none_or(|list| !list.is_empty())
            });
            object.values_mut().for_each(without);
        }
        Value::Array(items) => items.iter_mut().for_each(without),
        _ => {}
    }
}

/// The problems of a workflow file, each as `severity code node field`.
fn problems(case: &Case) -> Value {
    let mut file = case.with.clone();
    let environment = file.remove("environment");
    file.entry("format").or_insert(json!(1));
    file.entry("name").or_insert(json!("case"));
    let workflow = match WorkflowFile::from_value(Value::Object(file)) {
        Ok(file) => file.into_workflow(),
        Err(error) => return json!({ "error": "file", "says": error.to_string() }),
    };
    let mut known = Environment::default();
    if let Some(Value::Object(environment)) = environment {
        known.installed_models =
            environment.get("installed_models").and_then(|m| serde_json::from_value(m.clone()).ok());
        known.collections =
            environment.get("collections").and_then(|c| serde_json::from_value(c.clone()).ok());
        known.workflows = environment.get("workflows").and_then(|w| serde_json::from_value(w.clone()).ok());
        known.credentials =
            environment.get("credentials").and_then(|c| serde_json::from_value(c.clone()).ok());
    }
    let found = check::check(&workflow, &known);
    found
        .iter()
        .map(|p| {
            let severity = if p.severity == Severity::Error { "error" } else { "warning" };
            format!(
                "{severity} {} {} {}",
                p.code,
                p.node.as_deref().unwrap_or("-"),
                p.field.as_deref().unwrap_or("-")
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_of_the_table_holds() {
        let outcomes: Vec<Outcome> = serde_json::from_str(&run_cases(CASES)).unwrap();
        let failed: Vec<_> = outcomes.iter().filter(|o| !o.ok).collect();
        for outcome in &failed {
            eprintln!("{}\n     got {}\n    want {}", outcome.name, outcome.got, outcome.expected);
        }
        assert!(failed.is_empty(), "{} of {} cases failed", failed.len(), outcomes.len());
        assert!(outcomes.len() >= 400, "only {} cases", outcomes.len());
    }

    #[test]
    fn a_wrong_expectation_is_reported() {
        let table = r#"[{"name": "n", "call": "evaluate", "source": "1 + 1", "want": 3}]"#;
        assert_eq!(run_cases(table), r#"[{"name":"n","ok":false,"got":2,"expected":3}]"#);
    }
}
