//! Problems of a node's config: the schema, the expressions, and what the expressions refer to.

use super::graph::Graph;
use super::reach::Reach;
use super::types::Types;
use super::{Environment, Memory, Problems, Severity, agent, callee, collection, credential, fields, lists};
use crate::workflow::catalog::{self, NodeType};
use crate::workflow::document::Node;
use crate::workflow::expression::{self, Form, Reference, Root, accessor, nearest};
use std::collections::HashSet;

/// What `run` holds.
const RUN_FIELDS: &[&str] = &["id", "input", "started_at"];

pub(super) fn check(
    types: &Types<'_>,
    index: usize,
    (environment, memory): (&Environment, &mut Memory),
    problems: &mut Problems,
) {
    let (graph, reach) = (types.graph, types.reach);
    let node = graph.node(index);
    let Some(node_type) = catalog::find(&node.node_type) else { return };
    for problem in memory.check_config(node_type, node).iter() {
        let field =
            if problem.field.is_empty() { "config".to_owned() } else { format!("config.{}", problem.field) };
        problems.error(Some(node), Some(&field), problem.code, problem.message.as_str());
    }
    for string in expression::strings(Some(node_type), &node.config) {
        let field = format!("config.{}", string.path);
        if string.form == Form::Bare && string.text.trim().is_empty() {
            if string.path.contains('.') {
                problems.error(
                    Some(node),
                    Some(&field),
                    "missing_field",
                    "The expression is empty. Write one, such as `input`.",
                );
            }
            continue; // empty fields are the schema's business
        }
        match memory.references(string.text, string.form).as_ref() {
            Ok(references) => {
                let mut said = HashSet::new();
                for reference in references {
                    if said.insert((reference.root.clone(), reference.name.clone(), reference.guarded)) {
                        check_reference(graph, reach, index, reference, (&field, string.form), problems);
                    }
                }
                fields::check(types, index, &field, references, problems);
            }
            Err(error) => {
                let place = error
                    .line
                    .filter(|_| string.text.contains('\n'))
                    .map_or(String::new(), |l| format!("Line {l}: "));
                problems.error(
                    Some(node),
                    Some(&field),
                    error.code.as_str(),
                    format!("{place}{}", error.message),
                );
            }
        }
    }
    lists::check(types, index, node_type, problems);
    check_model(node, node_type, environment, problems);
    check_cache(node, problems);
    callee::check(node, node_type, environment, problems);
    collection::check(graph.workflow, node, node_type, environment, problems);
    credential::check(node, node_type, environment, problems);
    agent::check(graph.workflow, node, environment, problems);
}

fn check_reference(
    graph: &Graph<'_>,
    reach: &Reach<'_>,
    index: usize,
    reference: &Reference,
    (field, form): (&str, Form),
    problems: &mut Problems,
) {
    let node = graph.node(index);
    let severity = if reference.guarded { Severity::Warning } else { Severity::Error };
    let mut say =
        |code: &str, message: String| problems.add(severity, Some(node), Some(field), code, message);
    match (&reference.root, &reference.name) {
        (Root::Nodes, Some(name)) => {
            if let Some((code, message)) = not_upstream(graph, index, name) {
                say(code, message);
            } else if let Some(other) = graph.named(name)
                && !reference.guarded
                && !reach.completed(other, index)
            {
                may_be_skipped(node, field, &format!("nodes{}", accessor(name)), name, problems);
            }
        }
        (Root::Inputs, Some(name)) => match graph.named(name) {
            Some(other) if graph.is_predecessor(other, index) => {
                if !reference.guarded && !reach.delivered(other, index) {
                    may_be_skipped(node, field, &format!("inputs{}", accessor(name)), name, problems);
                }
            }
            Some(other) if graph.is_ancestor(other, index) => {
                let message = format!(
                    "`{name}` is not connected to this node directly. Use `nodes{}`, or add an edge.",
                    accessor(name)
                );
                say("not_direct", message);
            }
            _ => {
                if let Some((code, message)) = not_upstream(graph, index, name) {
                    say(code, message);
                }
            }
        },
        (Root::Vars, Some(name)) if !graph.workflow.vars.contains_key(name) => {
            let known = graph.workflow.vars.keys().map(String::as_str);
            let hint = nearest(name, known)
                .map_or("Add it to the workflow's variables.".to_owned(), |n| format!("Did you mean `{n}`?"));
            say("unknown_var", format!("There is no variable `{name}`. {hint}"));
        }
        (Root::Run, Some(name)) if !RUN_FIELDS.contains(&name.as_str()) => {
            say("unknown_name", format!("`run` has no `{name}`; it has `id`, `input` and `started_at`."));
        }
        (Root::Item | Root::Index, _) if form != Form::ItemTemplate => {
            let word = if reference.root == Root::Item { "item" } else { "index" };
            say(
                "item_outside_for_each",
                format!("`{word}` is only there in the `input` of a for_each. Use `input` here."),
            );
        }
        (Root::Other(name), _) => {
            let item = form == Form::ItemTemplate;
            let known = expression::known_names(item);
            let hint = nearest(name, known.iter().copied()).map_or_else(
                || match graph.named(name) {
                    Some(_) => format!(" Did you mean `nodes{}`?", accessor(name)),
                    None => String::new(),
                },
                |n| format!(" Did you mean `{n}`?"),
            );
            let known = expression::name_list(item);
            say("unknown_name", format!("There is no `{name}`.{hint} Expressions know {known}."));
        }
        _ => {}
    }
}

fn may_be_skipped(node: &Node, field: &str, path: &str, name: &str, problems: &mut Problems) {
    let message = format!(
        "`{name}` may have been skipped when this runs. Guard it, as in `{path} | default(\"\")`, or set `join` to all."
    );
    problems.warning(Some(node), Some(field), "may_be_skipped", message);
}

fn not_upstream(graph: &Graph<'_>, index: usize, name: &str) -> Option<(&'static str, String)> {
    match graph.named(name) {
        None => {
            let upstream = (0..graph.workflow.nodes.len())
                .filter(|&i| graph.is_ancestor(i, index))
                .map(|i| graph.node(i).name.as_str());
            let near = nearest(name, upstream)
                .or_else(|| nearest(name, graph.workflow.nodes.iter().map(|n| n.name.as_str())));
            let hint = near.map_or("Check the name.".to_owned(), |n| format!("Did you mean `{n}`?"));
            Some(("unknown_node", format!("There is no node `{name}`. {hint}")))
        }
        Some(other) if other == index => {
            Some(("not_upstream", "A node cannot use its own output. Use `input`.".to_owned()))
        }
        Some(other) if !graph.is_ancestor(other, index) => Some((
            "not_upstream",
            format!("`{name}` does not run before this node. Connect it, directly or through others."),
        )),
        Some(_) => None,
    }
}

/// Only answers that are meant to be the same each time are kept. What an expression will give is not known here.
fn check_cache(node: &Node, problems: &mut Problems) {
    let set = |field: &str| node.config.get(field).filter(|value| !value.is_null());
    let is_free = set("temperature").is_none_or(|t| t.as_f64().is_some_and(|t| t > 0.0));
    if node.node_type == "llm_call"
        && set("cache").is_some_and(|c| c == true)
        && is_free
        && set("seed").is_none()
    {
        problems.warning(
            Some(node),
            Some("config.cache"),
            "cache_without_effect",
            "No answer is kept or taken again: that needs temperature 0, or a seed. Set one of them, or switch the cache off.",
        );
    }
}

fn check_model(node: &Node, node_type: &NodeType, environment: &Environment, problems: &mut Problems) {
    let Some(installed) = &environment.installed_models else { return };
    let wants_model = node_type.fields.iter().any(|f| f.schema.get("x-widget").is_some_and(|w| w == "model"));
    if !wants_model || node.settings.disabled {
        return;
    }
    let named = node.config.get("model").and_then(|m| m.as_str()).filter(|m| !m.is_empty());
    match named {
        Some(model) if model.contains('{') || installed.iter().any(|i| i == model) => {}
        Some(model) => {
            let hint = nearest(model, installed.iter().map(String::as_str))
                .map_or(String::new(), |n| format!(" Did you mean `{n}`?"));
            let message = format!(
                "The model `{model}` is not installed.{hint} Fetch it with `millrace models pull {model}`, or choose another."
            );
            problems.add(
                environment.missing_model,
                Some(node),
                Some("config.model"),
                "model_not_installed",
                message,
            );
        }
        None if installed.is_empty() => {
            let message =
                "No model is installed. Fetch one on the Models page or with `millrace models pull`.";
            problems.add(environment.missing_model, Some(node), Some("config.model"), "no_model", message);
        }
        None => {}
    }
}
