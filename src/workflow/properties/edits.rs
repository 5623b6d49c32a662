//! Random edits: undoing all of them gives the first document, redoing all of them the last.

use crate::workflow::check::structure;
use crate::workflow::document::Settings;
use crate::workflow::edit::{Details, Editor, End};
use crate::workflow::ids::NodeId;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const TYPES: [&str; 5] = ["transform", "llm_call", "condition", "for_each", "approval"];

#[derive(Debug, Clone)]
pub(super) enum Op {
    Add(usize),
    Delete(Vec<usize>),
    Move(usize, f64),
    Connect(usize, usize, bool),
    Disconnect(usize),
    Rename(usize, String),
    SetField(usize, String, Option<String>),
    SetSettings(usize, bool),
    SetName(String),
    CopyPaste(Vec<usize>),
    Seal,
    Undo,
    Redo,
}

pub(super) fn any_op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => (0..TYPES.len()).prop_map(Op::Add),
        1 => prop::collection::vec(0..9_usize, 1..3).prop_map(Op::Delete),
        1 => (0..9_usize, -500.0..500.0_f64).prop_map(|(n, x)| Op::Move(n, x)),
        4 => (0..9_usize, 0..9_usize, any::<bool>()).prop_map(|(a, b, error)| Op::Connect(a, b, error)),
        1 => (0..9_usize).prop_map(Op::Disconnect),
        2 => (0..9_usize, "[a-c]|Fetch page|transform").prop_map(|(n, name)| Op::Rename(n, name)),
        2 => (0..9_usize, "system|prompt_template|expression|input", prop::option::of("x|\\{\\{ nodes.a \\}\\} \\{nodes.b\\}|nodes.transform|\\{item.x\\} \\{nodes.a\\}"))
            .prop_map(|(n, field, value)| Op::SetField(n, field, value)),
        1 => (0..9_usize, any::<bool>()).prop_map(|(n, on)| Op::SetSettings(n, on)),
        1 => "[a-z]{1,4}".prop_map(Op::SetName),
        1 => prop::collection::vec(0..9_usize, 1..4).prop_map(Op::CopyPaste),
        1 => Just(Op::Seal),
        1 => Just(Op::Undo),
        1 => Just(Op::Redo),
    ]
}

pub(super) fn perform(editor: &mut Editor, op: Op) {
    let ids: Vec<NodeId> = editor.document().nodes.iter().map(|n| n.id).collect();
    let pick = |index: usize| ids.get(index % ids.len().max(1)).copied();
    // Refusals are part of the game: what is refused must leave no trace.
    let before = editor.document().clone();
    let refused = match op {
        Op::Add(kind) => editor.add_node(TYPES[kind], 1.0, 2.0).is_err(),
        Op::Delete(which) => {
            editor.delete(&which.into_iter().filter_map(pick).collect::<Vec<_>>());
            false
        }
        Op::Move(n, x) => pick(n).is_some_and(|id| editor.move_nodes(&[(id, x, -x)]).is_err()),
        Op::Connect(a, b, error) => match (pick(a), pick(b)) {
            (Some(a), Some(b)) => {
                let port = error.then(|| "error".to_owned());
                editor.connect(End { node: a, port }, End { node: b, port: None }).is_err()
            }
            _ => false,
        },
        Op::Disconnect(n) => {
            let edge = before.edges.get(n % before.edges.len().max(1)).map(|e| e.id);
            editor.disconnect(&edge.into_iter().collect::<Vec<_>>());
            false
        }
        Op::Rename(n, name) => pick(n).is_some_and(|id| editor.rename(id, &name).is_err()),
        Op::SetField(n, field, value) => {
            pick(n).is_some_and(|id| editor.set_config_field(id, &field, value.map(Value::from)).is_err())
        }
        Op::SetSettings(n, disabled) => pick(n)
            .is_some_and(|id| editor.set_settings(id, Settings { disabled, ..Settings::default() }).is_err()),
        Op::SetName(name) => {
            editor.set_details(Details { name, ..Details::of(&before) });
            false
        }
        Op::CopyPaste(which) => {
            let file = editor.copy(&which.into_iter().filter_map(pick).collect::<Vec<_>>(), &[]);
            editor.paste(file, 5.0, 6.0).is_err()
        }
        Op::Seal => {
            editor.seal();
            false
        }
        Op::Undo => {
            editor.undo();
            false
        }
        Op::Redo => {
            editor.redo();
            false
        }
    };
    if refused {
        assert_eq!(*editor.document(), before);
    }
}

pub(super) fn start() -> Editor {
    Editor::new(super::plain_workflow(
        vec![super::plain_node("a".into(), "llm_call"), super::plain_node("b".into(), "transform")],
        Vec::new(),
    ))
}

proptest! {
    #[test]
    fn undo_and_redo_are_exact(ops in prop::collection::vec(any_op(), 0..40)) {
        let mut editor = start();
        let first = editor.document().clone();
        ops.into_iter().for_each(|op| perform(&mut editor, op));
        while editor.redo() {}
        let last = editor.document().clone();
        prop_assert_eq!(structure(&last, None), Vec::new(), "edits keep the document a graph");
        prop_assert!(crate::workflow::check::order(&last).is_some(), "edits close no circles");
        while editor.undo() {}
        prop_assert_eq!(editor.document(), &first);
        while editor.redo() {}
        prop_assert_eq!(editor.document(), &last);
    }
}

#[test]
fn typing_in_a_field_is_one_change() {
    let mut editor = start();
    let id = editor.document().nodes[0].id;
    let first = editor.document().clone();
    for text in ["H", "He", "Hel"] {
        editor.set_config_field(id, "system", Some(json!(text))).unwrap();
    }
    editor.seal();
    editor.set_config_field(id, "system", Some(json!("Help"))).unwrap();
    editor.undo();
    assert_eq!(editor.document().nodes[0].config["system"], "Hel");
    editor.undo();
    assert_eq!(*editor.document(), first);
}

#[test]
fn pasted_nodes_get_free_names_and_keep_their_references() {
    let mut editor = start();
    let (a, b) = (editor.document().nodes[0].id, editor.document().nodes[1].id);
    let mut config = Map::new();
    config.insert("expression".into(), json!("nodes.a ~ nodes.other"));
    editor.set_config(b, config).unwrap();
    editor.connect(End { node: a, port: None }, End { node: b, port: None }).unwrap();
    let file = editor.copy(&[a, b], &[]);
    let pasted = editor.paste(file, 100.0, 50.0).unwrap().nodes;
    let document = editor.document();
    let copy = document.node(pasted[1]).unwrap();
    assert_eq!((document.node(pasted[0]).unwrap().name.as_str(), copy.name.as_str()), ("a_2", "b_2"));
    assert_eq!(copy.config["expression"], "nodes.a_2 ~ nodes.other");
    assert_eq!(document.edges.len(), 2);
    assert_eq!((copy.position_x, copy.position_y), (100.0, 50.0));
}
