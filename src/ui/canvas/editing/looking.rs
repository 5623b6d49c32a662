//! The view over the canvas: fit, zoom, bring into sight. Nothing here touches the document.

use super::Editing;
use crate::{
    ui::{
        browser,
        canvas::{
            geometry::{self, Point, Rect, View},
            paper,
            selection::Selection,
        },
    },
    workflow::ids::NodeId,
};
use leptos::prelude::*;

impl Editing {
    /// Moves the view until a card is free of the edges, of the list of steps and of the config panel.
    pub fn reveal(self, id: NodeId) {
        let Some(card) = self.card(id) else { return };
        let rect =
            geometry::node_rect(card.at.get_untracked(), &card.node.with_untracked(|n| n.node_type.clone()));
        let free = self.free(self.panel.get_value() + 32.0);
        self.view.update(|view| *view = view.revealing(rect, free));
    }

    /// What the open list of steps and a panel of this width leave of the canvas.
    pub(super) fn free(self, panel: f64) -> Rect {
        geometry::between_drawers(self.size.get_untracked(), self.list.get_value(), panel)
    }

    /// The list over the left of the canvas has another width, 0 when it closes: the chosen card comes from beneath it.
    pub fn set_list(self, width: f64) {
        self.list.set_value(width);
        if let Some(id) = self.selection.with_untracked(Selection::single_node).filter(|_| width > 0.0) {
            self.reveal(id);
        }
    }

    /// The canvas has another size: a fitted graph is fitted again, else the middle stays.
    pub fn resize(self, (width, height): (f64, f64)) {
        let before = self.size.get_untracked();
        if before == (width, height) {
            return;
        }
        self.size.set((width, height));
        if self.fitted.get_value() == Some(self.view.get_untracked()) {
            self.fit();
        } else if before.0 > 0.0 {
            self.view.update(|v| {
                (v.x, v.y) = (v.x + (width - before.0) / 2.0, v.y + (height - before.1) / 2.0);
            });
        }
    }

    /// Shows the whole graph.
    pub fn fit(self) {
        let rects: Vec<Rect> = self.read(|document| {
            document
                .nodes
                .iter()
                .map(|n| geometry::node_rect(Point::new(n.position_x, n.position_y), &n.node_type))
                .chain(document.notes.iter().map(paper::rect_of))
                .collect()
        });
        let (width, height) = self.size.get_untracked();
        let view = View::fitting(geometry::bounds(&rects), width, height);
        self.fitted.set_value(Some(view));
        self.view.set(view);
    }

    /// Nearer or further around the middle.
    pub fn zoom(self, factor: f64) {
        let (width, height) = self.size.get_untracked();
        self.view.update(|v| *v = v.zoomed_at(Point::new(width / 2.0, height / 2.0), factor));
    }

    /// The world's point under the pointer, or in the middle of what is seen.
    #[must_use]
    pub fn pointed_at(self) -> Point {
        let (width, height) = self.size.get_untracked();
        let at = self.pointer.get_value().unwrap_or_else(|| Point::new(width / 2.0, height / 2.0));
        self.view.get_untracked().to_world(at)
    }

    /// Chooses a card and brings it to the middle of what the panels leave, large enough to be read.
    pub fn go_to(self, id: NodeId) {
        let Some(card) = self.card(id) else { return };
        let rect =
            geometry::node_rect(card.at.get_untracked(), &card.node.with_untracked(|n| n.node_type.clone()));
        let free = self.free(self.panel.get_value() + 32.0);
        self.choose(id);
        self.view.update(|view| *view = centred(*view, rect, free));
        self.focus(id);
    }

    /// Chooses a card, brings it into sight and gives it the focus.
    pub fn step_to(self, id: NodeId) {
        self.choose(id);
        self.reveal(id);
        self.focus(id);
    }

    fn focus(self, id: NodeId) {
        self.tab_stop.set(Some(id));
        // The card may be drawn only now.
        request_animation_frame(move || {
            browser::focus(&card_id(id));
        });
    }

    /// The card after this one, or before it, as the eye goes: from left to right, then down.
    #[must_use]
    pub fn neighbour(self, id: NodeId, back: bool) -> Option<NodeId> {
        let order = self.in_eye_order();
        let place = order.iter().position(|n| *n == id)?;
        let next = if back { place.checked_sub(1)? } else { place + 1 };
        order.get(next).copied()
    }

    /// The cards as the eye meets them.
    #[must_use]
    pub fn in_eye_order(self) -> Vec<NodeId> {
        let mut places: Vec<_> =
            self.read(|d| d.nodes.iter().map(|n| (n.position_x, n.position_y, n.id)).collect());
        places.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        places.into_iter().map(|(_, _, id)| id).collect()
    }
}

/// `id` of the element of a card.
#[must_use]
pub fn card_id(id: NodeId) -> String {
    format!("step-{id}")
}

/// A view with `rect` in the middle of `free`, at a zoom to read at.
fn centred(view: View, rect: Rect, free: Rect) -> View {
    let zoom = view.zoom.clamp(0.7, 1.25);
    View {
        x: free.x + free.width / 2.0 - (rect.x + rect.width / 2.0) * zoom,
        y: free.y + free.height / 2.0 - (rect.y + rect.height / 2.0) * zoom,
        zoom,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_that_is_gone_to_lies_in_the_middle_and_can_be_read() {
        let card = Rect { x: 4000.0, y: -300.0, width: 256.0, height: 120.0 };
        let far = View { x: 7.0, y: 9.0, zoom: 0.1 };
        let free = Rect { x: 300.0, y: 0.0, width: 800.0, height: 600.0 };
        let view = centred(far, card, free);
        assert_eq!(view.zoom, 0.7);
        let middle = view.to_world(Point::new(700.0, 300.0));
        assert!(middle.distance(Point::new(4128.0, -240.0)) < 1e-6);
    }
}
