//! Paths that lead into a value which surely has nothing inside: a field of a text, a name behind a list. Such a step
//! fails whenever it is run, so it is told before.

use super::types::{Origin, Types, inside, kinds};
use super::{Problems, Severity};
use crate::workflow::catalog::schema::type_word;
use crate::workflow::expression::{PathStep, Reading, Reference, accessor};
use std::collections::HashSet;

/// Methods of texts that people write without their parentheses.
const METHODS: &[&str] = &[
    "capitalize",
    "endswith",
    "find",
    "lower",
    "lstrip",
    "replace",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "title",
    "upper",
];
/// What other languages call the number of entries or characters.
const LENGTHS: &[&str] = &["count", "len", "length", "size"];

pub(super) fn check(
    types: &Types<'_>,
    index: usize,
    field: &str,
    references: &[Reference],
    problems: &mut Problems,
) {
    let node = types.graph.node(index);
    if node.settings.disabled {
        return; // its expressions are not evaluated
    }
    let mut said = HashSet::new();
    for reference in references.iter().filter(|r| r.reading != Reading::Asked) {
        let Some(end) = dead_end(types, index, reference) else { continue };
        let path = &reference.steps[..=end.step];
        if !said.insert((&reference.root, path)) {
            continue;
        }
        let is_sure = reference.reading == Reading::Always && end.origin != Origin::Run;
        let severity = if is_sure { Severity::Error } else { Severity::Warning };
        problems.add(severity, Some(node), Some(field), "no_such_field", end.message(types, reference));
    }
}

/// The first step of a path that leads nowhere.
struct DeadEnd {
    step: usize,
    /// The JSON types of the value before it.
    kinds: Vec<String>,
    origin: Origin,
}

fn dead_end(types: &Types<'_>, index: usize, reference: &Reference) -> Option<DeadEnd> {
    if reference.steps.is_empty() {
        return None;
    }
    let start = types.start(&reference.root, &reference.steps, index)?;
    let mut at = &*start.schema;
    for (step, taken) in reference.steps.iter().enumerate().skip(start.taken) {
        let kinds = kinds(at);
        if !kinds.is_empty() && !kinds.iter().any(|kind| leads_on(kind, taken)) {
            let kinds = kinds.into_iter().map(str::to_owned).collect();
            return Some(DeadEnd { step, kinds, origin: start.origin });
        }
        at = inside(at, taken)?;
    }
    None
}

/// Whether a value of a JSON type may have something there.
fn leads_on(kind: &str, step: &PathStep) -> bool {
    match (kind, step) {
        ("object", PathStep::Index(_)) | ("array" | "string", PathStep::Name(_)) => false,
        ("number" | "integer" | "boolean" | "null", _) => false,
        // A text has characters; what else there may be is not known.
        _ => true,
    }
}

impl DeadEnd {
    fn message(&self, types: &Types<'_>, reference: &Reference) -> String {
        let (before, step) = (&reference.steps[..self.step], &reference.steps[self.step]);
        let path = before.iter().fold(reference.root.to_string(), |path, step| path + &step.to_string());
        let kind = self.kinds.iter().map(|kind| type_word(kind)).collect::<Vec<_>>().join(" or ");
        let whose = match self.origin {
            Origin::Step(source) => {
                let name = &types.graph.node(source).name;
                // A path by name has told it.
                let is_told = matches!(before.first(), Some(PathStep::Name(first)) if first == name);
                if is_told { String::new() } else { format!(", which `{name}` gives,") }
            }
            Origin::Run => " by the input schema".to_owned(),
            Origin::Failure => ", which comes over an `error` edge,".to_owned(),
            Origin::Several | Origin::Given => String::new(),
        };
        format!("`{path}`{whose} is {kind}: there is no `{path}{step}`. {}", self.remedy(&path, step))
    }

    fn remedy(&self, path: &str, step: &PathStep) -> String {
        let only = match self.kinds.as_slice() {
            [one] => one.as_str(),
            _ => "",
        };
        match (only, step) {
            ("array" | "string", PathStep::Name(name)) if LENGTHS.contains(&name.as_str()) => {
                format!("Use `{path} | length`.")
            }
            ("array", PathStep::Name(name)) => {
                let entry = accessor(name);
                format!("Take an entry first, as in `{path}[0]{entry}`, or use `{path}` itself.")
            }
            ("string", PathStep::Name(name)) if METHODS.contains(&name.as_str()) => {
                format!("A method has parentheses: `{path}.{name}()`.")
            }
            ("object", _) => "Take one of its fields by name.".to_owned(),
            _ => format!("Use `{path}` itself, or take the field from another step."),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::workflow::{
        check::{Environment, check},
        file::WorkflowFile,
    };
    use serde_json::{Value, json};

    /// What is said of an expression behind a step.
    fn said(source: Value, expression: &str) -> String {
        let file = json!({"format": 1, "name": "w", "nodes": [
            source,
            {"name": "Use it", "node_type": "transform", "config": {"expression": expression}},
        ], "edges": [{"source": "From", "target": "Use it"}]});
        let workflow = WorkflowFile::from_value(file).unwrap().into_workflow();
        let found = check(&workflow, &Environment::default());
        let mine = found.iter().filter(|p| p.code == "no_such_field");
        mine.map(|p| format!("{}: {}", p.node.as_deref().unwrap_or_default(), p.message)).collect()
    }

    fn model() -> Value {
        json!({"name": "From", "node_type": "llm_call", "config": {"prompt_template": "x", "choices": ["a", "b"]}})
    }

    fn rows() -> Value {
        json!({"name": "From", "node_type": "db_query", "config": {"table": "t"}})
    }

    #[test]
    fn the_step_the_path_and_the_way_out_are_named() {
        assert_eq!(
            said(model(), "nodes.From.response"),
            "Use it: `nodes.From` is text: there is no `nodes.From.response`. Use `nodes.From` itself, or take the field from another step."
        );
        assert_eq!(
            said(model(), "input.response"),
            "Use it: `input`, which `From` gives, is text: there is no `input.response`. Use `input` itself, or take the field from another step."
        );
    }

    #[test]
    fn the_way_out_fits_the_kind() {
        assert!(said(model(), "input.upper").ends_with("A method has parentheses: `input.upper()`."));
        assert!(said(model(), "input.length").ends_with("Use `input | length`."));
        let list = said(rows(), r#"input["the title"]"#);
        assert!(list.contains("is a list"), "{list}");
        assert!(
            list.ends_with(r#"Take an entry first, as in `input[0]["the title"]`, or use `input` itself."#)
        );
        assert_eq!(said(rows(), "input[0].title"), "");
    }
}
