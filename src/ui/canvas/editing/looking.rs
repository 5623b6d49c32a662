//! The view over the canvas: fit, zoom, bring into sight. Nothing here touches the document.

use super::Editing;
use crate::{
    ui::canvas::geometry::{self, Point, Rect, View},
    workflow::ids::NodeId,
};
use leptos::prelude::*;

impl Editing {
    /// Moves the view until a card is free of the edges and of the config panel.
    pub fn reveal(self, id: NodeId) {
        let Some(card) = self.card(id) else { return };
        let rect =
            geometry::node_rect(card.at.get_untracked(), &card.node.with_untracked(|n| n.node_type.clone()));
        let (width, height) = self.size.get_untracked();
        self.view.update(|view| *view = view.revealing(rect, width, height));
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
}
