//! Workflow files and digests.

use super::{any_json, plain_edge, plain_node, plain_workflow};
use crate::workflow::digest::canonical_bytes;
use crate::workflow::document::{Backoff, Join, Retry, Workflow};
use crate::workflow::file::WorkflowFile;
use crate::workflow::ids::NoteId;
use crate::workflow::notes::{Note, NoteColour, NoteKind};
use proptest::prelude::*;
use serde_json::Value;

fn any_workflow() -> impl Strategy<Value = Workflow> {
    let node = (".{1,12}", any_json(), any_json(), any::<bool>(), -1000.0..1000.0_f64, any::<bool>());
    let note = ("(?s).{0,20}", 0..NoteColour::ALL.len(), any::<bool>(), -1000.0..1000.0_f64, 32.0..900.0_f64);
    let edge = (0..6_usize, 0..6_usize);
    let (nodes, edges) = (prop::collection::vec(node, 0..6), prop::collection::vec(edge, 0..8));
    (nodes, edges, any_json(), prop::collection::vec(note, 0..4)).prop_map(|(nodes, edges, vars, notes)| {
        let mut all = Vec::new();
        for (index, (name, config, pinned, flag, x, whole)) in nodes.into_iter().enumerate() {
            let mut node = plain_node(format!("{name}{index}"), "transform");
            node.config.insert("expression".into(), config);
            node.settings.pinned_output = flag.then_some(pinned);
            node.settings.retry =
                flag.then(|| Retry { max_attempts: 3, backoff: Backoff::Exponential, ..Retry::default() });
            node.settings.join = if flag { Join::All } else { Join::Any };
            node.position_x = if whole { x.round() } else { x };
            all.push(node);
        }
        let count = all.len().max(1);
        let edges = edges.into_iter().filter(|_| !all.is_empty());
        let edges = edges.map(|(a, b)| plain_edge(&all, a % count, Some("out"), b % count)).collect();
        let mut workflow = plain_workflow(all, edges);
        let note = |(text, colour, is_frame, x, side): (String, usize, bool, f64, f64)| Note {
            id: NoteId::new(),
            kind: if is_frame { NoteKind::Frame } else { NoteKind::Note },
            text,
            colour: NoteColour::ALL[colour],
            position_x: x,
            position_y: x.round(),
            width: side,
            height: side.round(),
        };
        workflow.notes = notes.into_iter().map(note).collect();
        if let Value::Object(vars) = vars {
            workflow.vars = vars;
        }
        workflow
    })
}

proptest! {
    #[test]
    fn a_file_round_trips(workflow in any_workflow()) {
        let file = WorkflowFile::from_workflow(&workflow);
        let text = file.to_text();
        let read = WorkflowFile::parse(&text).unwrap();
        prop_assert_eq!(&read, &file);
        let again = WorkflowFile::from_workflow(&read.into_workflow());
        prop_assert_eq!(again.to_text(), text);
    }

    #[test]
    fn a_digest_does_not_see_positions_notes_or_order(workflow in any_workflow()) {
        let mut moved = workflow.clone();
        moved.nodes.reverse();
        moved.edges.reverse();
        for node in &mut moved.nodes {
            node.position_x += 10.0;
            node.settings.note = Some("a note".into());
        }
        moved.notes.clear();
        prop_assert_eq!(canonical_bytes(&moved), canonical_bytes(&workflow));
    }

    #[test]
    fn a_digest_sees_everything_else(workflow in any_workflow(), which in 0..5_usize) {
        let mut changed = workflow.clone();
        match (which, changed.nodes.first_mut()) {
            (0, Some(node)) => node.name.push('x'),
            (1, Some(node)) => { node.config.insert("more".into(), Value::Null); }
            (2, Some(node)) => node.settings.disabled = true,
            (3, _) => { changed.vars.insert("a new one".into(), Value::Null); }
            _ => changed.description.push('x'),
        }
        prop_assert_ne!(canonical_bytes(&changed), canonical_bytes(&workflow));
    }

    #[test]
    fn reading_a_file_never_panics(text in ".{0,80}", value in any_json()) {
        let _ = WorkflowFile::parse(&text);
        let _ = WorkflowFile::from_value(value.clone());
        let _ = WorkflowFile::from_value(serde_json::json!({ "format": 1, "name": "x", "nodes": value }));
    }
}
