//! The cards in the hand: they move together, level with those that stay or on the grid.

use super::Surface;
use crate::{
    ui::canvas::{
        geometry::{self, Point, Rect},
        guides, selection,
    },
    workflow::{
        document::{Node, Workflow},
        ids::NodeId,
    },
};
use leptos::prelude::*;

/// Screen pixels within which a moved card is pulled level with another.
const PULL: f64 = 6.0;

fn card_rect(node: &Node) -> Rect {
    geometry::node_rect(Point::new(node.position_x, node.position_y), &node.node_type)
}

impl Surface {
    /// Takes the chosen cards into the hand.
    pub(super) fn pick_up(self) {
        let cards = self.editing.chosen_nodes().into_iter().filter_map(|id| self.editing.card(id));
        self.carried.set_value(cards.map(|c| (c.clone(), c.at.get_untracked())).collect());
        let (width, height) = self.editing.size.get_untracked();
        let seen = selection::spanned(self.world(Point::default()), self.world(Point::new(width, height)));
        let staying = self.editing.selection.with_untracked(|chosen| {
            let rest = |n: &&Node| !chosen.has_node(n.id);
            let rects = |d: &Workflow| d.nodes.iter().filter(rest).map(card_rect).collect::<Vec<_>>();
            self.editing.read(rects)
        });
        self.staying.set_value(staying.into_iter().filter(|r| selection::meet(*r, seen)).collect());
    }

    /// Where all that is carried comes to rest with `node` held at `to`, by how far it then has moved.
    fn settle(self, node: NodeId, to: Point) -> Option<(f64, f64)> {
        let (home, around) = self.carried.with_value(|carried| {
            let home = carried.iter().find(|(c, _)| c.id == node)?.1;
            let rects: Vec<_> = carried
                .iter()
                .map(|(c, at)| c.node.with_untracked(|n| geometry::node_rect(*at, &n.node_type)))
                .collect();
            Some((home, geometry::bounds(&rects)))
        })?;
        let (dx, dy) = (to.x - home.x, to.y - home.y);
        let moved = Rect { x: around.x + dx, y: around.y + dy, ..around };
        let reach = PULL / self.editing.view.get_untracked().zoom.max(0.5);
        let rest = self.staying.with_value(|others| guides::rest(moved, others, reach));
        if self.editing.guides.with_untracked(|g| *g != rest.guides) {
            self.editing.guides.set(rest.guides);
        }
        Some((rest.at.x - around.x, rest.at.y - around.y))
    }

    /// Moves all cards in the hand so that `node` lies at `to`, or near it: level with others, or on the grid.
    pub(super) fn carry(self, node: NodeId, to: Point) {
        let Some((dx, dy)) = self.settle(node, to) else { return };
        self.carried.with_value(|carried| {
            for (card, home) in carried {
                let at = Point::new(home.x + dx, home.y + dy);
                if card.at.get_untracked() != at {
                    card.at.set(at);
                }
            }
        });
    }

    /// Empties the hand; gives where the cards are now.
    pub(super) fn put_down(self) -> Vec<(NodeId, Point)> {
        self.editing.guides.set(Vec::new());
        let carried = self.carried.try_update_value(std::mem::take).unwrap_or_default();
        carried.into_iter().map(|(card, _)| (card.id, card.at.get_untracked())).collect()
    }
}
