//! What a press means: on a card, on a port, on the end of a wire, on the ground.

use super::Surface;
use crate::{
    ui::canvas::{
        geometry::Point,
        gesture::{Gesture, Held, Tap},
        wiring::End,
    },
    workflow::ids::{EdgeId, NodeId},
};
use leptos::{ev::PointerEvent, prelude::*};

impl Surface {
    /// A card was pressed: choose it, and be ready to move all that are chosen.
    pub fn press_card(self, event: &PointerEvent, node: NodeId) {
        if event.button() != 0 || self.space.get_value() {
            // The ground beneath takes it.
            return;
        }
        if self.editing.end_edge(node) {
            event.stop_propagation();
            return;
        }
        self.editing.end_writing();
        let start = self.place(event.client_x(), event.client_y());
        let Some(card) = self.editing.card(node) else { return };
        let (at, pointer) = (card.at.get_untracked(), self.world(start));
        let grip = Point::new(pointer.x - at.x, pointer.y - at.y);
        let (is_chosen, is_single) =
            self.editing.selection.with_untracked(|s| (s.has_node(node), s.single_node() == Some(node)));
        let tap = match (is_chosen, adds(event)) {
            (true, true) => Tap::TakeOut,
            (true, false) if !is_single => Tap::Only,
            (true, false) => Tap::Done,
            (false, true) => {
                self.editing.selection.update(|s| s.toggle_node(node));
                Tap::Done
            }
            (false, false) => {
                self.editing.choose(node);
                Tap::Done
            }
        };
        self.editing.palette.set(None);
        self.begin(event, Gesture::Move { held: Held::Card(node), grip, start, moved: false, tap });
    }

    /// A port was pressed: draw an edge.
    pub fn press_port(self, event: &PointerEvent, node: NodeId, port: &str) {
        if event.button() == 0 && !self.space.get_value() {
            event.prevent_default();
            if self.editing.end_edge(node) {
                event.stop_propagation();
                return;
            }
            self.begin(event, Gesture::Connect { source: node, port: port.to_owned() });
        }
    }

    /// An end of an edge was pressed: take it to another port.
    pub fn press_end(self, event: &PointerEvent, edge: EdgeId, end: End) {
        if event.button() == 0 {
            event.prevent_default();
            self.begin(event, Gesture::Rewire { edge, end });
        }
    }

    pub(super) fn press_ground(self, event: &PointerEvent) {
        if event.button() > 1 {
            return;
        }
        self.editing.end_writing();
        let start = self.place(event.client_x(), event.client_y());
        if event.button() == 0 && !self.space.get_value() && self.editing.waiting_edge().is_some() {
            // Only when the press has taken the focus away: the palette wants it.
            let at = self.world(start);
            request_animation_frame(move || {
                self.editing.drop_edge(at);
            });
            return;
        }
        self.editing.palette.set(None);
        if event.button() == 0 && !self.space.get_value() && adds(event) {
            self.kept.set_value(self.editing.selection.get_untracked());
            self.begin(event, Gesture::Box { start: self.world(start) });
        } else {
            self.begin(event, Gesture::Pan { start, view: self.editing.view.get_untracked() });
        }
    }
}

/// Whether a press adds to what is chosen.
pub(super) fn adds(event: &PointerEvent) -> bool {
    event.shift_key() || event.ctrl_key() || event.meta_key()
}
