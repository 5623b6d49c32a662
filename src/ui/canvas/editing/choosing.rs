//! Choosing nodes, edges and notes, and what can be done with all that are chosen: each as one step of undo.

use super::{Editing, papers::Places};
use crate::{
    ui::canvas::{
        clipboard,
        geometry::{GRID, Point, Rect},
        paper,
        selection::Selection,
    },
    workflow::{
        document::Workflow,
        edit::{EditError, Editor, Pasted},
        ids::{EdgeId, NodeId},
        notes::NoteKind,
    },
};
use leptos::prelude::*;

impl Editing {
    /// Chooses one node and nothing else.
    pub fn choose(self, id: NodeId) {
        if self.selection.with_untracked(|s| s.single_node() != Some(id)) {
            self.selection.set(Selection::node(id));
        }
    }

    /// Chooses an edge, or with `adds` takes it in or out.
    pub fn press_edge(self, id: EdgeId, adds: bool) {
        if adds {
            self.selection.update(|s| s.toggle_edge(id));
        } else {
            self.selection.set(Selection::edge(id));
        }
    }

    /// Chooses nothing.
    pub fn choose_nothing(self) {
        if self.selection.with_untracked(|s| !s.is_empty()) {
            self.selection.set(Selection::default());
        }
    }

    /// Chooses every node and note.
    pub fn choose_all(self) {
        self.selection.set(self.read(|d| {
            Selection::of_nodes(d.nodes.iter().map(|n| n.id)).and_notes(d.notes.iter().map(|n| n.id))
        }));
    }

    /// The one chosen node; follows the selection.
    #[must_use]
    pub fn single_node(self) -> Memo<Option<NodeId>> {
        Memo::new(move |_| self.selection.with(Selection::single_node))
    }

    /// The chosen nodes in the order of the document.
    #[must_use]
    pub fn chosen_nodes(self) -> Vec<NodeId> {
        self.selection.with_untracked(|chosen| {
            self.read(|d| d.nodes.iter().map(|n| n.id).filter(|id| chosen.has_node(*id)).collect())
        })
    }

    /// Deletes what is chosen, and the edges at chosen nodes.
    pub fn delete_selected(self) {
        let chosen = self.selection.get_untracked();
        self.change(None, |document| {
            document.nodes.retain(|n| !chosen.has_node(n.id));
            document.notes.retain(|n| !chosen.has_note(n.id));
            document.edges.retain(|e| {
                !chosen.has_edge(e.id)
                    && !chosen.has_node(e.source_node_id)
                    && !chosen.has_node(e.target_node_id)
            });
        });
    }

    /// Turns the chosen nodes off, or on if all are off; `false` if none is chosen.
    pub fn switch_selected(self) -> bool {
        let chosen = self.selection.get_untracked();
        let all_off =
            self.read(|d| d.nodes.iter().filter(|n| chosen.has_node(n.id)).all(|n| n.settings.disabled));
        self.change(None, |document| {
            for node in document.nodes.iter_mut().filter(|n| chosen.has_node(n.id)) {
                node.settings.disabled = !all_off;
            }
        });
        !chosen.nodes().is_empty()
    }

    /// Puts copies of the chosen nodes and notes, with the edges between them and what chosen frames hold, a little
    /// beside them; `false` if none is chosen.
    ///
    /// # Errors
    /// `TooManyNodes`, `TooManyNotes`.
    pub fn duplicate_selected(self) -> Result<bool, EditError> {
        let (nodes, notes) = self.chosen_whole();
        if nodes.is_empty() && notes.is_empty() {
            return Ok(false);
        }
        let mut editor = Editor::new(self.read(Clone::clone));
        let file = editor.copy(&nodes, &notes);
        let whole = clipboard::bounds(&file);
        // A copy of a frame goes below: beside, it would hold what the first one holds.
        let has_frame = file.notes.iter().any(|n| n.kind == NoteKind::Frame);
        let (x, y) = if has_frame { (0.0, whole.height + 2.0 * GRID) } else { (2.0 * GRID, 2.0 * GRID) };
        let copies = editor.paste(file, whole.x + x, whole.y + y)?;
        self.take(editor.into_document(), copies);
        Ok(true)
    }

    /// Takes a document over as one step of undo and chooses what was pasted into it.
    pub fn take(self, document: Workflow, pasted: Pasted) {
        self.change(None, |now| *now = document);
        self.selection.set(Selection::of_nodes(pasted.nodes).and_notes(pasted.notes));
    }

    /// Moves the chosen nodes and notes, and what chosen frames hold; `false` if none is chosen. Moves in a row are one
    /// step of undo.
    pub fn nudge_selected(self, dx: f64, dy: f64) -> bool {
        let (nodes, notes) = self.chosen_whole();
        let places = self.read(|d| Places {
            nodes: nodes
                .iter()
                .filter_map(|id| d.node(*id))
                .map(|n| (n.id, Point::new(n.position_x + dx, n.position_y + dy)))
                .collect(),
            notes: notes
                .iter()
                .filter_map(|id| d.note(*id))
                .map(|n| (n.id, paper::rect_of(n)))
                .map(|(id, at)| (id, Rect { x: at.x + dx, y: at.y + dy, ..at }))
                .collect(),
        });
        let any = places != Places::default();
        if any {
            self.put(Some(format!("nudge {nodes:?} {notes:?}")), &places);
        }
        any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::canvas::sample;
    use crate::{ui::canvas::editing::Wish, workflow::catalog};

    /// Two nodes with an edge, and one apart.
    fn three() -> (Owner, Editing, Vec<NodeId>) {
        let owner = Owner::new();
        owner.set();
        let editing = sample::editing();
        let kind = catalog::find("transform").unwrap();
        editing.add(kind, Wish { at: Some(Point::new(0.0, 0.0)), ..Wish::default() });
        let first = editing.cards.get_untracked()[0].id;
        editing.add(
            kind,
            Wish { at: Some(Point::new(320.0, 0.0)), from: Some((first, "out".to_owned())), wire: None },
        );
        editing.add(kind, Wish { at: Some(Point::new(640.0, 0.0)), ..Wish::default() });
        let ids = editing.cards.get_untracked().iter().map(|c| c.id).collect();
        (owner, editing, ids)
    }

    #[test]
    fn deleting_many_is_one_step() {
        let (_owner, editing, ids) = three();
        editing.selection.set(Selection::of_nodes([ids[1], ids[2]]));
        editing.delete_selected();
        assert_eq!((editing.cards.get_untracked().len(), editing.wires.get_untracked().len()), (1, 0));
        assert!(editing.selection.get_untracked().is_empty());
        editing.undo();
        assert_eq!((editing.cards.get_untracked().len(), editing.wires.get_untracked().len()), (3, 1));
    }

    #[test]
    fn an_edge_can_go_with_a_node_elsewhere() {
        let (_owner, editing, ids) = three();
        let edge = editing.wires.get_untracked()[0].id;
        editing.press_edge(edge, false);
        editing.selection.update(|s| s.toggle_node(ids[2]));
        editing.delete_selected();
        assert_eq!((editing.cards.get_untracked().len(), editing.wires.get_untracked().len()), (2, 0));
    }

    #[test]
    fn switching_many_makes_them_equal_first() {
        let (_owner, editing, ids) = three();
        let off = |i: usize| editing.read(|d| d.nodes[i].settings.disabled);
        editing.choose(ids[1]);
        assert!(editing.switch_selected());
        assert_eq!((off(0), off(1), off(2)), (false, true, false));
        editing.choose_all();
        assert!(editing.switch_selected());
        assert_eq!((off(0), off(1), off(2)), (true, true, true));
        assert!(editing.switch_selected());
        assert_eq!((off(0), off(1), off(2)), (false, false, false));
        editing.choose_nothing();
        assert!(!editing.switch_selected());
    }

    #[test]
    fn copies_keep_their_edges_and_are_chosen() {
        let (_owner, editing, ids) = three();
        editing.set_config(ids[1], "expression", Some("nodes.Transform ~ 1".into()));
        editing.selection.set(Selection::of_nodes([ids[0], ids[1]]));
        assert_eq!(editing.duplicate_selected(), Ok(true));
        assert_eq!((editing.cards.get_untracked().len(), editing.wires.get_untracked().len()), (5, 2));
        let copies = editing.chosen_nodes();
        assert_eq!(copies.len(), 2);
        editing.read(|d| {
            let (first, second) = (d.node(copies[0]).unwrap(), d.node(copies[1]).unwrap());
            assert_eq!((first.position_x, second.position_x), (32.0, 352.0));
            assert_eq!(second.config["expression"], format!("nodes.{} ~ 1", first.name));
        });
        editing.undo();
        assert_eq!(editing.cards.get_untracked().len(), 3);
    }

    #[test]
    fn moves_by_keys_join_until_something_else_happens() {
        let (_owner, editing, ids) = three();
        editing.selection.set(Selection::of_nodes([ids[0], ids[2]]));
        assert!(editing.nudge_selected(16.0, 0.0) && editing.nudge_selected(16.0, 0.0));
        let xs = || editing.read(|d| d.nodes.iter().map(|n| n.position_x).collect::<Vec<_>>());
        assert_eq!(xs(), [32.0, 320.0, 672.0]);
        editing.undo();
        assert_eq!(xs(), [0.0, 320.0, 640.0]);
    }
}
