//! One step by itself: a fork in which everything behind it keeps what it gave. Pure.

use crate::{
    api::runs::{ForkVersion, NodeStatus, RunDetail, RunFork},
    ui::pages::stand_in,
    workflow::{
        catalog::{self, ERROR_PORT},
        document::{Node, Workflow},
        ids::NodeId,
    },
};
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// The fork that runs a step and all that follows it, as the workflow is now.
pub(super) fn from_here(name: &str) -> RunFork {
    RunFork { from_node: Some(name.to_owned()), version: ForkVersion::Current, ..RunFork::default() }
}

/// The fork that runs this step alone. What comes before it is taken from the run; what does not, and did not finish
/// there, stands as null.
///
/// # Errors
/// In words, where a step before it has given nothing yet.
pub(super) fn only(document: &Workflow, run: &RunDetail, id: NodeId) -> Result<RunFork, String> {
    let Some(node) = document.node(id) else { return Err("This step is not there any more.".to_owned()) };
    let before = reach(document, id, |e| (e.target_node_id, e.source_node_id));
    let behind = reach(document, id, |e| (e.source_node_id, e.target_node_id));
    let last = |node: &Node| run.node_executions.iter().rfind(|s| s.node_id == node.id.0);
    let mut outputs = Map::new();
    for other in document.nodes.iter().filter(|n| n.id != id) {
        let step = last(other);
        let status = step.map(|s| s.status);
        let is_before = before.contains(&other.id);
        match (status, step) {
            // A failure may have led here; it is found out anew.
            (None, _) if is_before => {
                return Err(format!(
                    "{} has not run yet, so there is nothing to run {} on. Run the workflow, or run from {}.",
                    other.name, node.name, other.name
                ));
            }
            _ if is_before => {}
            (Some(NodeStatus::Completed), Some(step)) => {
                if behind.contains(&other.id) {
                    outputs.insert(other.name.clone(), stand_in::value(step));
                }
            }
            (Some(NodeStatus::Skipped), _) => {}
            _ => {
                outputs.insert(other.name.clone(), nothing(other));
            }
        }
    }
    Ok(RunFork { outputs, ..from_here(&node.name) })
}

/// An empty output, in the form that the step's ports ask for.
fn nothing(node: &Node) -> Value {
    let ports = catalog::sketch(&node.node_type).map_or(&[] as &[&str], |kind| kind.outputs);
    let mut plain = ports.iter().filter(|p| **p != ERROR_PORT);
    match (plain.next(), plain.next()) {
        (Some(first), Some(_)) => json!({ "port": first, "output": null }),
        _ => Value::Null,
    }
}

/// All nodes that can be reached along edges, without the first.
fn reach(
    document: &Workflow,
    from: NodeId,
    ends: impl Fn(&crate::workflow::document::Edge) -> (NodeId, NodeId),
) -> HashSet<NodeId> {
    let (mut open, mut seen) = (vec![from], HashSet::new());
    while let Some(node) = open.pop() {
        for (start, end) in document.edges.iter().map(&ends) {
            if start == node && end != from && seen.insert(end) {
                open.push(end);
            }
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    fn workflow() -> Workflow {
        let node = |n: u128, name: &str, kind: &str| json!({"id": id(n), "name": name, "node_type": kind});
        let edge = |n: u128, a: u128, b: u128| json!({"id": id(90 + n), "source_node_id": id(a), "target_node_id": id(b)});
        serde_json::from_value(json!({
            "name": "w",
            "nodes": [node(1, "a", "transform"), node(2, "b", "transform"), node(3, "c", "condition"), node(4, "d", "transform"), node(5, "aside", "transform")],
            "edges": [edge(1, 1, 2), edge(2, 2, 3), edge(3, 3, 4)],
        }))
        .unwrap()
    }

    fn run(steps: &[(u128, &str, &str)]) -> RunDetail {
        let steps: Vec<_> = steps
            .iter()
            .map(|(n, kind, status)| {
                json!({
                    "id": id(200 + n), "node_id": id(*n), "node_name": "x", "node_type": kind, "attempt": 1,
                    "status": status, "port": "true", "input_data": null, "output_data": {"n": *n as u64},
                    "error_code": null, "error_message": null, "logs": [], "usage": null, "execution_order": 1,
                    "due_at": null, "reused_from": null, "started_at": null, "completed_at": null,
                })
            })
            .collect();
        serde_json::from_value(json!({
            "run": {
                "id": id(50), "workflow_id": id(51), "workflow_name": "w", "version": 1, "status": "completed",
                "trigger": "manual", "forked_from": null, "parent": null, "error_code": null, "error_message": null,
                "created_at": "2026-01-01T00:00:00Z", "started_at": null, "completed_at": null,
                "input_data": 1, "output_data": null,
            },
            "node_executions": steps,
        }))
        .unwrap()
    }

    #[test]
    fn what_follows_keeps_what_it_gave() {
        let done = run(&[
            (1, "transform", "completed"),
            (2, "transform", "completed"),
            (3, "condition", "completed"),
            (4, "transform", "skipped"),
            (5, "transform", "completed"),
        ]);
        let fork = only(&workflow(), &done, NodeId(id(2))).unwrap();
        assert_eq!(fork.from_node.as_deref(), Some("b"));
        assert_eq!(Value::Object(fork.outputs), json!({"c": {"port": "true", "output": {"n": 3}}}));
    }

    #[test]
    fn what_never_finished_stands_as_nothing_and_does_not_run() {
        let failed = run(&[(1, "transform", "completed"), (2, "transform", "failed")]);
        let fork = only(&workflow(), &failed, NodeId(id(2))).unwrap();
        let expected = json!({"c": {"port": "true", "output": null}, "d": null, "aside": null});
        assert_eq!(Value::Object(fork.outputs), expected);
    }

    #[test]
    fn without_something_to_run_on_it_says_so() {
        let early = run(&[(1, "transform", "completed")]);
        let words = only(&workflow(), &early, NodeId(id(3))).unwrap_err();
        assert!(words.contains("b has not run yet"), "{words}");
    }
}
