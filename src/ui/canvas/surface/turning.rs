//! The wheel over the canvas, and the keys on a card.

use super::Surface;
use crate::{
    ui::{browser, canvas::geometry::View},
    workflow::ids::NodeId,
};
use leptos::{
    ev::{KeyboardEvent, WheelEvent},
    prelude::*,
};

impl Surface {
    /// The wheel: moves the view, with Ctrl zooms at the pointer, with Shift goes sideways.
    pub(super) fn turn(self, event: &WheelEvent) {
        event.prevent_default();
        let at = self.place(event.client_x(), event.client_y());
        // Lines and pages of a wheel that counts in them.
        let unit = match event.delta_mode() {
            1 => 16.0,
            2 => 400.0,
            _ => 1.0,
        };
        let (dx, dy) = (event.delta_x() * unit, event.delta_y() * unit);
        let before = self.editing.view.get_untracked();
        let view = if event.ctrl_key() || event.meta_key() {
            before.zoomed_at(at, (-dy.clamp(-120.0, 120.0) * 0.005).exp())
        } else if event.shift_key() && dx == 0.0 {
            View { x: before.x - dy, ..before }
        } else {
            View { x: before.x - dx, y: before.y - dy, ..before }
        };
        if view == before {
            return;
        }
        if view.zoom != before.zoom && !self.editing.zooming.get_untracked() {
            self.editing.zooming.set(true);
        }
        self.editing.view.set(view);
    }

    /// A key on a card. Tab and Shift+Tab go from card to card as the eye does, and past the last on to what follows
    /// the canvas; Enter ends the edge that waits, else it goes to the settings of the step.
    pub fn card_key(self, event: &KeyboardEvent, node: NodeId) {
        if event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        if event.key() == "Enter" {
            event.prevent_default();
            if !self.editing.end_edge(node) {
                self.editing.choose(node);
                request_animation_frame(|| {
                    browser::focus("node-name");
                });
            }
            return;
        }
        if event.key() != "Tab" {
            return;
        }
        if let Some(next) = self.editing.neighbour(node, event.shift_key()) {
            event.prevent_default();
            self.editing.step_to(next);
            self.editing.aim_edge(next);
        }
    }
}
