//! Notes and frames under edit: one signal each, so that a change to one redraws that one.

use super::Editing;
use crate::{
    ui::{
        browser,
        canvas::{
            geometry::{self, GRID, Point, Rect},
            paper,
            selection::Selection,
        },
    },
    workflow::{
        document::Workflow,
        edit::EditError,
        ids::{NodeId, NoteId},
        notes::{MAX_NOTE_CHARS, MAX_NOTES, MAX_SIDE, Note, NoteColour, NoteKind},
    },
};
use leptos::prelude::*;

/// A note or frame on the canvas.
#[derive(Clone)]
pub struct Paper {
    pub id: NoteId,
    pub kind: NoteKind,
    pub note: ArcRwSignal<Note>,
    /// Where it is drawn; runs ahead of the document while it is dragged or resized.
    pub at: ArcRwSignal<Rect>,
}

/// All papers of one open workflow.
#[derive(Clone, Copy)]
pub struct Papers {
    /// From the ground up.
    pub all: RwSignal<Vec<Paper>>,
    /// The one that is written on, and how often writing has begun: what is typed at one go is one step of undo.
    pub writing: RwSignal<Option<NoteId>>,
    times: StoredValue<u32>,
    /// The one that the Tab key comes to; none is the first.
    pub tab_stop: RwSignal<Option<NoteId>>,
}

impl Default for Papers {
    fn default() -> Self {
        Self {
            all: RwSignal::new(Vec::new()),
            writing: RwSignal::new(None),
            times: StoredValue::new(0),
            tab_stop: RwSignal::new(None),
        }
    }
}

/// New places of cards and new boxes of papers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Places {
    pub nodes: Vec<(NodeId, Point)>,
    pub notes: Vec<(NoteId, Rect)>,
}

impl Editing {
    /// The paper of that id.
    #[must_use]
    pub fn paper(self, id: NoteId) -> Option<Paper> {
        self.papers.all.with_untracked(|all| all.iter().find(|p| p.id == id).cloned())
    }

    /// Brings the signals in line with the document; tells whether a paper came, went or was moved.
    pub(super) fn show_papers(self, document: &Workflow) -> bool {
        let mut moved = false;
        let papers: Vec<Paper> = paper::in_layers(document)
            .into_iter()
            .map(|note| {
                let at = paper::rect_of(note);
                let Some(paper) = self.paper(note.id) else {
                    let (note, at) = (ArcRwSignal::new(note.clone()), ArcRwSignal::new(at));
                    let (id, kind) = note.with_untracked(|n| (n.id, n.kind));
                    return Paper { id, kind, note, at };
                };
                moved |= paper.note.with_untracked(|n| paper::rect_of(n) != at);
                if paper.note.with_untracked(|n| n != note) {
                    paper.note.set(note.clone());
                }
                if paper.at.get_untracked() != at {
                    paper.at.set(at);
                }
                paper
            })
            .collect();
        let is_same =
            self.papers.all.with_untracked(|all| all.iter().map(|p| p.id).eq(papers.iter().map(|p| p.id)));
        if !is_same {
            self.papers.all.set(papers);
        }
        if self.papers.writing.get_untracked().is_some_and(|id| document.note(id).is_none()) {
            self.papers.writing.set(None);
        }
        moved || !is_same
    }

    /// Adds a note where the pointer is, or a frame round the chosen steps where there are several, and begins to write.
    ///
    /// # Errors
    /// `TooManyNotes`.
    pub fn add_paper(self, kind: NoteKind) -> Result<(), EditError> {
        if self.read(|d| d.notes.len()) >= MAX_NOTES {
            return Err(EditError::TooManyNotes(MAX_NOTES));
        }
        let around = match kind {
            NoteKind::Frame => self.around_chosen(),
            NoteKind::Note => None,
        };
        let at = around.unwrap_or_else(|| {
            let (width, height) = paper::new_size(kind);
            let middle = self.pointed_at();
            let corner = Point::new(middle.x - width / 2.0, middle.y - height / 2.0);
            let corner = match kind {
                NoteKind::Note => self.read(|d| paper::free_spot(d, corner, (width, height))),
                NoteKind::Frame => corner.snapped(),
            };
            Rect { x: corner.x, y: corner.y, width, height }
        });
        let colour = match kind {
            NoteKind::Note => NoteColour::Amber,
            NoteKind::Frame => NoteColour::Grey,
        };
        let id = NoteId::new();
        let mut note = Note {
            id,
            kind,
            text: String::new(),
            colour,
            position_x: 0.0,
            position_y: 0.0,
            width: 0.0,
            height: 0.0,
        };
        paper::put_into(&mut note, at);
        self.change(None, |document| document.notes.push(note));
        self.palette.set(None);
        self.choose_paper(id);
        self.reveal_paper(id);
        self.begin_writing(id);
        Ok(())
    }

    /// The frame round what is chosen, if that is more than one thing.
    fn around_chosen(self) -> Option<Rect> {
        let chosen = self.selection.get_untracked();
        let rects: Vec<Rect> = self.read(|d| {
            let cards = d.nodes.iter().filter(|n| chosen.has_node(n.id));
            let cards =
                cards.map(|n| geometry::node_rect(Point::new(n.position_x, n.position_y), &n.node_type));
            cards.chain(d.notes.iter().filter(|n| chosen.has_note(n.id)).map(paper::rect_of)).collect()
        });
        if rects.len() < 2 { None } else { paper::frame_round(&rects) }
    }

    /// Chooses one paper and nothing else.
    pub fn choose_paper(self, id: NoteId) {
        if self.selection.with_untracked(|s| s.single_note() != Some(id)) {
            self.selection.set(Selection::note(id));
        }
    }

    /// Opens a paper for writing.
    pub fn begin_writing(self, id: NoteId) {
        self.new_text();
        self.papers.writing.set(Some(id));
    }

    /// What is typed from here on is a step of undo of its own.
    pub fn new_text(self) {
        self.papers.times.update_value(|n| *n += 1);
    }

    /// Ends it.
    pub fn end_writing(self) {
        if self.papers.writing.get_untracked().is_some() {
            self.papers.writing.set(None);
        }
    }

    /// Sets a text, cut where it is too long, and makes the paper as high as the text asks for, if that is higher. What
    /// is typed between the beginning and the end of writing is one step of undo.
    pub fn write(self, id: NoteId, text: &str, height: f64) {
        let times = self.papers.times.get_value();
        let text: String = text.chars().filter(|c| *c != '\0').take(MAX_NOTE_CHARS).collect();
        self.change(Some(format!("write {id} {times}")), |document| {
            if let Some(note) = document.notes.iter_mut().find(|n| n.id == id) {
                note.text = text;
                if height > note.height {
                    let bottom = ((note.position_y + height) / GRID).ceil() * GRID;
                    note.height = (bottom - note.position_y).min(MAX_SIDE);
                }
            }
        });
    }

    /// Gives the chosen papers a colour.
    pub fn paint_chosen(self, colour: NoteColour) {
        let chosen = self.selection.get_untracked();
        self.change(None, |document| {
            for note in document.notes.iter_mut().filter(|n| chosen.has_note(n.id)) {
                note.colour = colour;
            }
        });
    }

    /// Takes a paper away.
    pub fn remove_paper(self, id: NoteId) {
        self.change(None, |document| document.notes.retain(|n| n.id != id));
    }

    /// The chosen cards and papers and what chosen frames hold, in the order of the document.
    #[must_use]
    pub fn chosen_whole(self) -> (Vec<NodeId>, Vec<NoteId>) {
        self.selection.with_untracked(|chosen| {
            self.read(|d| {
                let (nodes, notes) = paper::with_contents(d, chosen.nodes(), chosen.notes());
                let nodes = d.nodes.iter().map(|n| n.id).filter(|id| nodes.contains(id)).collect();
                let notes = d.notes.iter().map(|n| n.id).filter(|id| notes.contains(id)).collect();
                (nodes, notes)
            })
        })
    }

    /// Deletes what is chosen and what chosen frames hold.
    pub fn delete_whole(self) {
        let (nodes, notes) = self.chosen_whole();
        let edges = self.selection.with_untracked(|s| s.edges().clone());
        let mut whole = Selection::of_nodes(nodes).and_notes(notes);
        edges.into_iter().for_each(|edge| whole.toggle_edge(edge));
        self.selection.set(whole);
        self.delete_selected();
    }

    /// Writes new places into the document, as one step of undo; with `joins`, equal ones in a row are one.
    pub fn put(self, joins: Option<String>, places: &Places) {
        self.change(joins, |document| put(document, places));
    }

    /// Moves the view until a paper is seen.
    pub fn reveal_paper(self, id: NoteId) {
        let Some(paper) = self.paper(id) else { return };
        if self.size.get_untracked().0 > 0.0 {
            let free = self.free(0.0);
            self.view.update(|view| *view = view.revealing(paper.at.get_untracked(), free));
        }
    }

    /// Chooses a paper, brings it into sight and gives it the focus.
    pub fn step_to_paper(self, id: NoteId) {
        self.choose_paper(id);
        self.reveal_paper(id);
        self.papers.tab_stop.set(Some(id));
        // It may be drawn only now.
        request_animation_frame(move || {
            browser::focus(&paper_id(id));
        });
    }

    /// The papers as the eye meets them: from left to right, then down.
    #[must_use]
    pub fn papers_in_eye_order(self) -> Vec<NoteId> {
        let mut places: Vec<_> =
            self.read(|d| d.notes.iter().map(|n| (n.position_x, n.position_y, n.id)).collect());
        places.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        places.into_iter().map(|(_, _, id)| id).collect()
    }

    /// The paper after this one, or before it.
    #[must_use]
    pub fn neighbour_paper(self, id: NoteId, back: bool) -> Option<NoteId> {
        let order = self.papers_in_eye_order();
        let place = order.iter().position(|n| *n == id)?;
        let next = if back { place.checked_sub(1)? } else { place + 1 };
        order.get(next).copied()
    }
}

/// The same for a document at hand.
pub fn put(document: &mut Workflow, places: &Places) {
    let nodes: std::collections::HashMap<_, _> = places.nodes.iter().copied().collect();
    let notes: std::collections::HashMap<_, _> = places.notes.iter().copied().collect();
    for node in &mut document.nodes {
        if let Some(at) = nodes.get(&node.id) {
            (node.position_x, node.position_y) = (at.x, at.y);
        }
    }
    for note in &mut document.notes {
        if let Some(rect) = notes.get(&note.id) {
            paper::put_into(note, *rect);
        }
    }
}

/// `id` of the element of a paper.
#[must_use]
pub fn paper_id(id: NoteId) -> String {
    format!("note-{id}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::canvas::sample;
    use crate::{ui::canvas::editing::Wish, workflow::catalog};

    /// A frame round two steps, and a note apart.
    fn framed() -> (Owner, Editing, NoteId, NoteId) {
        let owner = Owner::new();
        owner.set();
        let editing = sample::editing();
        let kind = catalog::find("transform").unwrap();
        for x in [0.0, 320.0] {
            editing.add(kind, Wish { at: Some(Point::new(x, 0.0)), ..Wish::default() });
        }
        editing.choose_all();
        editing.add_paper(NoteKind::Frame).unwrap();
        let frame = editing.selection.get_untracked().single_note().unwrap();
        editing.pointer.set_value(Some(Point::new(2_000.0, 900.0)));
        editing.add_paper(NoteKind::Note).unwrap();
        let note = editing.selection.get_untracked().single_note().unwrap();
        (owner, editing, frame, note)
    }

    #[test]
    fn a_frame_is_drawn_round_the_chosen_steps_and_moves_with_them() {
        let (_owner, editing, frame, note) = framed();
        let area = editing.paper(frame).unwrap().at.get_untracked();
        assert_eq!(editing.read(|d| paper::cards_in(d, area).len()), 2);
        editing.choose_paper(frame);
        assert!(editing.nudge_selected(16.0, 32.0));
        assert_eq!(editing.read(|d| d.nodes[1].position_x), 336.0);
        assert_eq!(editing.paper(frame).unwrap().at.get_untracked().y, area.y + 32.0);
        let apart = editing.paper(note).unwrap().at.get_untracked();
        editing.undo();
        assert_eq!(editing.read(|d| d.nodes[1].position_x), 320.0);
        assert_eq!(editing.paper(note).unwrap().at.get_untracked(), apart);
    }

    #[test]
    fn writing_is_one_step_until_it_begins_anew() {
        let (_owner, editing, _, note) = framed();
        let text = || editing.read(|d| d.note(note).map(|n| n.text.clone()).unwrap());
        editing.begin_writing(note);
        for part in ["a", "ab", "abc"] {
            editing.write(note, part, 0.0);
        }
        editing.end_writing();
        editing.begin_writing(note);
        editing.write(note, "abcd", 400.0);
        assert_eq!(editing.read(|d| d.note(note).unwrap().height), 400.0);
        editing.undo();
        assert_eq!(text(), "abc");
        editing.undo();
        assert_eq!(text(), "");
        editing.write(note, &"é".repeat(5_000), 0.0);
        assert_eq!(text().chars().count(), MAX_NOTE_CHARS);
    }

    #[test]
    fn deleting_a_frame_leaves_its_steps_and_copies_take_them() {
        let (_owner, editing, frame, _) = framed();
        editing.choose_paper(frame);
        assert_eq!(editing.duplicate_selected(), Ok(true));
        assert_eq!(editing.read(|d| (d.nodes.len(), d.notes.len())), (4, 3));
        let (nodes, notes) = editing.chosen_whole();
        assert_eq!((nodes.len(), notes.len()), (2, 1), "the copies are chosen");
        editing.undo();
        editing.choose_paper(frame);
        editing.delete_selected();
        assert_eq!(editing.read(|d| (d.nodes.len(), d.notes.len())), (2, 1));
        editing.undo();
        assert!(editing.paper(frame).is_some());
    }

    #[test]
    fn the_last_note_that_fits_is_the_last() {
        let (_owner, editing, ..) = framed();
        while editing.read(|d| d.notes.len()) < MAX_NOTES {
            editing.add_paper(NoteKind::Note).unwrap();
        }
        assert_eq!(editing.add_paper(NoteKind::Frame), Err(EditError::TooManyNotes(MAX_NOTES)));
    }
}
