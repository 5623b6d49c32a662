//! The pointer and the keys on notes and frames.

use super::{Surface, pressing::adds};
use crate::{
    ui::{
        browser,
        canvas::{
            editing::papers::Places,
            geometry::{GRID, Point, Rect},
            gesture::{Gesture, Held, Tap},
            paper,
        },
    },
    workflow::ids::NoteId,
};
use leptos::{
    ev::{KeyboardEvent, MouseEvent, PointerEvent},
    prelude::*,
};

impl Surface {
    /// A paper was pressed: choose it, and be ready to move all that are chosen.
    pub fn press_paper(self, event: &PointerEvent, note: NoteId) {
        let is_written_on = self.editing.papers.writing.get_untracked() == Some(note);
        if event.button() != 0 || self.space.get_value() || self.editing.waiting_edge().is_some() {
            // The ground beneath takes it.
            return;
        }
        if is_written_on {
            // The text takes it.
            event.stop_propagation();
            return;
        }
        self.editing.end_writing();
        let start = self.place(event.client_x(), event.client_y());
        let Some(paper) = self.editing.paper(note) else { return };
        let (at, pointer) = (paper.at.get_untracked(), self.world(start));
        let grip = Point::new(pointer.x - at.x, pointer.y - at.y);
        let (is_chosen, is_single) =
            self.editing.selection.with_untracked(|s| (s.has_note(note), s.single_note() == Some(note)));
        let tap = match (is_chosen, adds(event)) {
            (true, true) => Tap::TakeOut,
            (true, false) if !is_single => Tap::Only,
            (true, false) => Tap::Done,
            (false, true) => {
                self.editing.selection.update(|s| s.toggle_note(note));
                Tap::Done
            }
            (false, false) => {
                self.editing.choose_paper(note);
                Tap::Done
            }
        };
        self.editing.palette.set(None);
        self.begin(event, Gesture::Move { held: Held::Paper(note), grip, start, moved: false, tap });
    }

    /// A double press: write on what lies there.
    pub(super) fn press_twice(self, event: &MouseEvent) {
        if self.editing.papers.writing.get_untracked().is_some() {
            return;
        }
        let at = self.world(self.place(event.client_x(), event.client_y()));
        if let Some(note) = self.editing.read(|d| paper::written_at(d, at)) {
            self.editing.choose_paper(note);
            self.editing.begin_writing(note);
        }
    }

    /// The inside of a chosen frame was pressed: it moves the frame, but a box may be begun there too.
    pub fn press_inside(self, event: &PointerEvent, note: NoteId) {
        if !adds(event) {
            self.press_paper(event, note);
        }
    }

    /// The corner of a paper was pressed: be ready to resize it.
    pub fn press_corner(self, event: &PointerEvent, note: NoteId) {
        let Some(paper) = self.editing.paper(note).filter(|_| event.button() == 0) else { return };
        event.prevent_default();
        self.editing.choose_paper(note);
        let start = self.world(self.place(event.client_x(), event.client_y()));
        self.begin(event, Gesture::Resize { note, from: paper.at.get_untracked(), start });
    }

    /// The corner follows the pointer.
    pub(super) fn pull_corner(self, note: NoteId, from: Rect, start: Point, now: Point) {
        let Some(paper) = self.editing.paper(note) else { return };
        let at = paper::resized(paper.kind, from, now.x - start.x, now.y - start.y);
        // A press that goes nowhere resizes nothing, not even onto the grid.
        let at = if start.distance(now) < 1.0 { from } else { at };
        if paper.at.get_untracked() != at {
            paper.at.set(at);
        }
    }

    /// The corner was let go: its place goes into the document.
    pub(super) fn leave_corner(self, note: NoteId) {
        if let Some(paper) = self.editing.paper(note) {
            let notes = vec![(note, paper.at.get_untracked())];
            self.editing.put(None, &Places { nodes: Vec::new(), notes });
        }
    }

    /// A key on a paper. Tab and Shift+Tab go from paper to paper as the eye does; Enter writes; Ctrl and an arrow
    /// resize.
    pub fn paper_key(self, event: &KeyboardEvent, note: NoteId) {
        if !browser::is_own(event) || event.alt_key() {
            return;
        }
        if event.ctrl_key() || event.meta_key() {
            let (dx, dy) = match event.key().as_str() {
                "ArrowLeft" => (-GRID, 0.0),
                "ArrowRight" => (GRID, 0.0),
                "ArrowUp" => (0.0, -GRID),
                "ArrowDown" => (0.0, GRID),
                _ => return,
            };
            event.prevent_default();
            if let Some(paper) = self.editing.paper(note) {
                let at = paper::resized(paper.kind, paper.at.get_untracked(), dx, dy);
                let places = Places { nodes: Vec::new(), notes: vec![(note, at)] };
                self.editing.put(Some(format!("resize {note}")), &places);
            }
            return;
        }
        match event.key().as_str() {
            "Enter" => {
                event.prevent_default();
                self.editing.choose_paper(note);
                self.editing.begin_writing(note);
            }
            "Tab" => {
                if let Some(next) = self.editing.neighbour_paper(note, event.shift_key()) {
                    event.prevent_default();
                    self.editing.step_to_paper(next);
                }
            }
            _ => {}
        }
    }
}
