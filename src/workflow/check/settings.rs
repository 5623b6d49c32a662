//! Problems of a workflow as a whole, and of a node's name and settings.

use super::structure::name_mistake;
use super::{Environment, Problems};
use crate::workflow::catalog::{self, ERROR_PORT};
use crate::workflow::document::{Node, Retry, Workflow};
use serde_json::Value;
use std::collections::HashSet;

/// More attempts than this only hide a mistake.
const MAX_ATTEMPTS: u32 = 100;
/// A day: longer waits between attempts are likely a slip.
const LONG_DELAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Thirty days: longer waits are surely one.
const MAX_DELAY_MS: u64 = 30 * LONG_DELAY_MS;

pub(super) fn check_workflow(workflow: &Workflow, environment: &Environment, problems: &mut Problems) {
    if workflow.nodes.is_empty() {
        problems.error(None, Some("nodes"), "empty_workflow", "There is nothing to run. Add a node.");
    }
    if workflow.nodes.len() > environment.max_nodes {
        let message = format!(
            "A workflow may have {} nodes; this one has {}. Split it.",
            environment.max_nodes,
            workflow.nodes.len()
        );
        problems.error(None, Some("nodes"), "too_many_nodes", message);
    }
    if let Some(schema) = &workflow.input_schema
        && let Some(message) = schema_mistake(schema)
    {
        problems.error(None, Some("input_schema"), "invalid_schema", message);
    }
    let mut names = HashSet::new();
    for node in &workflow.nodes {
        if !names.insert(node.name.as_str()) {
            let message = format!("Another node is called `{}` too. Rename one of them.", node.name);
            problems.error(Some(node), Some("name"), "duplicate_name", message);
        }
    }
    if workflow.nodes.len() > 1
        && !workflow.nodes.is_empty()
        && workflow.nodes.iter().all(|n| n.settings.disabled)
    {
        problems.warning(
            None,
            Some("nodes"),
            "all_disabled",
            "Every node is disabled, so that the input only passes through.",
        );
    }
}

/// A light look: enough to tell a schema from something else.
fn schema_mistake(schema: &Value) -> Option<String> {
    let Value::Object(object) = schema else {
        return Some("The input schema must be a JSON Schema: an object such as {\"type\": \"object\", \"properties\": {…}}.".into());
    };
    let known = ["null", "boolean", "integer", "number", "string", "array", "object"];
    let types: Vec<&Value> = match object.get("type") {
        None => Vec::new(),
        Some(Value::Array(types)) => types.iter().collect(),
        Some(one) => vec![one],
    };
    if let Some(wrong) = types.into_iter().find(|t| !t.as_str().is_some_and(|t| known.contains(&t))) {
        return Some(format!("{wrong} is not a type of JSON Schema. Use one of {}.", known.join(", ")));
    }
    match object.get("properties") {
        None => {}
        Some(Value::Object(properties)) => {
            for (name, property) in properties {
                if let Some(inner) = (!property.is_boolean()).then(|| schema_mistake(property)).flatten() {
                    return Some(format!("`{name}`: {inner}"));
                }
            }
        }
        Some(_) => return Some("`properties` must be an object of schemas by name.".into()),
    }
    match object.get("required") {
        None => None,
        Some(Value::Array(names)) if names.iter().all(Value::is_string) => None,
        Some(_) => Some("`required` must be a list of names.".into()),
    }
}

fn check_retry(node: &Node, retry: &Retry, problems: &mut Problems) {
    let field = |name: &str| format!("settings.retry.{name}");
    if retry.max_attempts == 0 {
        problems.error(
            Some(node),
            Some(&field("max_attempts")),
            "invalid_retry",
            "At least one attempt is needed; 1 means no retry.",
        );
    } else if retry.max_attempts > MAX_ATTEMPTS {
        let message = format!(
            "A step may be tried {MAX_ATTEMPTS} times; this one asks for {}. Lower it.",
            retry.max_attempts
        );
        problems.error(Some(node), Some(&field("max_attempts")), "invalid_retry", message);
    }
    if retry.max_attempts <= 1 {
        return; // the delays mean nothing
    }
    if retry.delay_ms > retry.max_delay_ms {
        let message = format!(
            "The delay of {} ms is longer than the longest allowed, {} ms, and will be cut.",
            retry.delay_ms, retry.max_delay_ms
        );
        problems.warning(Some(node), Some(&field("delay_ms")), "invalid_retry", message);
    }
    for (name, delay) in [("delay_ms", retry.delay_ms), ("max_delay_ms", retry.max_delay_ms)] {
        if delay > MAX_DELAY_MS {
            let message = format!("`{name}` is more than 30 days. Is it given in milliseconds?");
            problems.error(Some(node), Some(&field(name)), "invalid_retry", message);
        } else if delay > LONG_DELAY_MS {
            let message = format!(
                "By `{name}`, attempts may be more than a day apart. Lower it, if that is not meant."
            );
            problems.warning(Some(node), Some(&field(name)), "invalid_retry", message);
        }
    }
}

pub(super) fn check_node(node: &Node, problems: &mut Problems) {
    if let Some(message) = name_mistake(&node.name) {
        problems.error(Some(node), Some("name"), "invalid_name", message);
    }
    let node_type = catalog::find(&node.node_type);
    if node_type.is_none() {
        let near =
            crate::workflow::expression::nearest(&node.node_type, catalog::all().iter().map(|t| t.name));
        let hint = near.map_or_else(
            || "Replace the node, or update Millrace.".to_owned(),
            |n| format!("Did you mean `{n}`?"),
        );
        problems.error(
            Some(node),
            Some("node_type"),
            "unknown_node_type",
            format!("There is no node type `{}`. {hint}", node.node_type),
        );
    }
    let settings = &node.settings;
    if let Some(retry) = &settings.retry {
        check_retry(node, retry, problems);
        if let Some(node_type) = node_type.filter(|t| !t.nature.retryable && retry.max_attempts > 1) {
            let message = format!(
                "Where a {} fails, another attempt fails as well: its retries have no effect. Connect its `error` port instead.",
                node_type.title.to_lowercase()
            );
            problems.warning(Some(node), Some("settings.retry"), "no_effect", message);
        }
    }
    if settings.timeout_ms == Some(0) {
        problems.error(
            Some(node),
            Some("settings.timeout_ms"),
            "invalid_timeout",
            "A time limit of 0 ms ends every attempt at once. Raise it, or remove it.",
        );
    } else if let (Some(_), Some(node_type)) = (settings.timeout_ms, node_type.filter(|t| t.nature.waits)) {
        let instead = match node_type.field("timeout_seconds") {
            Some(_) => "Set `timeout_seconds` instead.",
            None => "Remove it.",
        };
        let message = format!(
            "The time that a step waits counts for no limit, so that this one has no effect. {instead}"
        );
        problems.warning(Some(node), Some("settings.timeout_ms"), "no_effect", message);
    }
    if let (Some(pinned), Some(node_type)) = (&settings.pinned_output, node_type) {
        let ports: Vec<_> = node_type.outputs.iter().filter(|p| **p != ERROR_PORT).collect();
        let names_port =
            pinned.get("port").and_then(Value::as_str).is_some_and(|p| node_type.outputs.contains(&p));
        if ports.len() > 1 && !names_port {
            let message = format!(
                "A pinned output of this node names its port: {{\"port\": \"{}\", \"output\": …}}.",
                ports[0]
            );
            problems.warning(Some(node), Some("settings.pinned_output"), "invalid_pin", message);
        }
    }
}
