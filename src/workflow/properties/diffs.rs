//! Differences of random edits.

use super::edits::{any_op, perform, start};
use crate::workflow::diff::{changed_behaviour, diff};
use crate::workflow::document::Workflow;
use crate::workflow::edit::Editor;
use crate::workflow::ids::{EdgeId, NodeId};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn edited(ops: Vec<super::edits::Op>) -> Workflow {
    let mut editor = start();
    ops.into_iter().for_each(|op| perform(&mut editor, op));
    editor.into_document()
}

/// A node and all that follow it, the slow way.
fn with_followers(workflow: &Workflow, node: NodeId) -> BTreeSet<NodeId> {
    let mut found = BTreeSet::from([node]);
    for _ in &workflow.nodes {
        for edge in &workflow.edges {
            if found.contains(&edge.source_node_id) {
                found.insert(edge.target_node_id);
            }
        }
    }
    found
}

proptest! {
    #[test]
    fn equal_documents_do_not_differ(ops in prop::collection::vec(any_op(), 0..30)) {
        let document = edited(ops);
        prop_assert!(diff(&document, &document).is_empty());
        let mut turned = document.clone();
        turned.nodes.reverse();
        turned.edges.reverse();
        turned.edges.iter_mut().for_each(|e| e.id = EdgeId::new());
        prop_assert!(diff(&document, &turned).is_empty());
        prop_assert_eq!(changed_behaviour(&document, &turned), BTreeSet::new());
    }

    #[test]
    fn every_edit_shows(before in prop::collection::vec(any_op(), 0..25), ops in prop::collection::vec(any_op(), 1..8)) {
        let mut editor = Editor::new(edited(before));
        for op in ops {
            let old = editor.document().clone();
            let shown = format!("{op:?}");
            perform(&mut editor, op);
            let new = editor.document();
            prop_assert_eq!(diff(&old, new).is_empty(), old == *new, "{}", shown);
            let (there, back) = (diff(&old, new), diff(new, &old));
            prop_assert_eq!(there.nodes_added, back.nodes_removed);
            prop_assert_eq!(there.edges_removed, back.edges_added);
            prop_assert_eq!(there.nodes_changed.len(), back.nodes_changed.len());
            prop_assert_eq!(there.details.len(), back.details.len());
        }
    }

    #[test]
    fn a_difference_survives_the_wire(a in prop::collection::vec(any_op(), 0..25), ops in prop::collection::vec(any_op(), 0..10)) {
        let old = edited(a);
        let mut editor = Editor::new(old.clone());
        ops.into_iter().for_each(|op| perform(&mut editor, op));
        let found = diff(&old, editor.document());
        let text = serde_json::to_string(&found).unwrap();
        prop_assert_eq!(serde_json::from_str::<crate::workflow::diff::WorkflowDiff>(&text).unwrap(), found);
    }

    #[test]
    fn looks_change_no_behaviour(ops in prop::collection::vec(any_op(), 0..30)) {
        let document = edited(ops);
        let mut other = document.clone();
        other.name.push('x');
        other.description.push('x');
        other.input_schema = Some(json!({ "type": "object" }));
        for node in &mut other.nodes {
            node.position_y += 1.0;
            node.settings.note = Some("a note".into());
            node.settings.pinned_output = Some(Value::Null);
        }
        prop_assert_eq!(changed_behaviour(&document, &other), BTreeSet::new());
        prop_assert_eq!(diff(&document, &other).nodes_changed.len(), document.nodes.len());
    }

    #[test]
    fn a_change_reaches_what_follows_and_nothing_else(ops in prop::collection::vec(any_op(), 0..40), which in 0..9_usize, kind in 0..4_usize) {
        let document = edited(ops);
        prop_assume!(!document.nodes.is_empty());
        let mut other = document.clone();
        let index = which % other.nodes.len();
        let node = &mut other.nodes[index];
        let id = node.id;
        match kind {
            0 => node.node_type.push('x'),
            1 => { node.config.insert("more".into(), Value::Null); }
            2 => node.settings.timeout_ms = Some(5),
            _ => node.name.push_str(" the second"),
        }
        let mut expected = with_followers(&document, id);
        if kind == 3 {
            expected.remove(&id); // its own name means nothing to it
        }
        prop_assert_eq!(changed_behaviour(&document, &other), expected);
    }

    #[test]
    fn an_edge_changes_its_target(ops in prop::collection::vec(any_op(), 0..40), which in 0..30_usize) {
        let document = edited(ops);
        prop_assume!(!document.edges.is_empty());
        let mut other = document.clone();
        let gone = other.edges.remove(which % document.edges.len());
        let expected = with_followers(&document, gone.target_node_id);
        prop_assert_eq!(changed_behaviour(&document, &other), expected.clone());
        prop_assert_eq!(changed_behaviour(&other, &document), expected);
    }

    #[test]
    fn variables_reach_everything(ops in prop::collection::vec(any_op(), 0..20)) {
        let document = edited(ops);
        let mut other = document.clone();
        other.vars.insert("rate".into(), json!(1));
        prop_assert_eq!(changed_behaviour(&document, &other), document.nodes.iter().map(|n| n.id).collect());
    }
}

#[test]
fn another_type_may_have_another_usual_port() {
    let mut editor = start();
    let [a, b] = [0, 1].map(|i| editor.document().nodes[i].id);
    let end = |node| crate::workflow::edit::End { node, port: None };
    editor.connect(end(a), end(b)).unwrap();
    let old = editor.document().clone();
    let mut new = old.clone();
    new.nodes[0].node_type = "approval".into();
    let found = diff(&old, &new);
    assert_eq!(found.edges_added[0].source_port, "approved");
    assert_eq!(found.edges_removed[0].source_port, "out");
    let mut spelled = old.clone();
    spelled.edges[0].source_port = Some("out".into());
    spelled.edges[0].target_port = Some("in".into());
    assert!(diff(&old, &spelled).is_empty());
}
