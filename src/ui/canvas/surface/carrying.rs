//! What is in the hand, cards and papers: all moves together, level with the cards that stay or on the grid.

use super::Surface;
use crate::{
    ui::canvas::{
        editing::papers::Places,
        geometry::{self, Point, Rect},
        gesture::Held,
        guides, selection,
    },
    workflow::document::{Node, Workflow},
};
use leptos::prelude::*;
use std::collections::HashSet;

/// Screen pixels within which a moved card is pulled level with another.
const PULL: f64 = 6.0;

fn card_rect(node: &Node) -> Rect {
    geometry::node_rect(Point::new(node.position_x, node.position_y), &node.node_type)
}

impl Surface {
    /// Takes what is chosen, and what chosen frames hold, into the hand.
    pub(super) fn pick_up(self) {
        let (nodes, notes) = self.editing.chosen_whole();
        let cards = nodes.iter().filter_map(|id| self.editing.card(*id));
        self.carried.set_value(cards.map(|c| (c.clone(), c.at.get_untracked())).collect());
        let papers = notes.iter().filter_map(|id| self.editing.paper(*id));
        self.carried_papers.set_value(papers.map(|p| (p.clone(), p.at.get_untracked())).collect());
        let (width, height) = self.editing.size.get_untracked();
        let seen = selection::spanned(self.world(Point::default()), self.world(Point::new(width, height)));
        let taken: HashSet<_> = nodes.into_iter().collect();
        let rest = |n: &&Node| !taken.contains(&n.id);
        let rects = |d: &Workflow| d.nodes.iter().filter(rest).map(card_rect).collect::<Vec<_>>();
        let staying = self.editing.read(rects);
        self.staying.set_value(staying.into_iter().filter(|r| selection::meet(*r, seen)).collect());
    }

    /// How far all that is carried has moved when it comes to rest with what is held at `to`. Papers keep to the grid.
    fn settle(self, held: Held, to: Point) -> Option<(f64, f64)> {
        let node = match held {
            Held::Card(node) => node,
            Held::Paper(note) => {
                let home = self.carried_papers.with_value(|carried| {
                    carried.iter().find(|(p, _)| p.id == note).map(|(_, home)| *home)
                })?;
                let at = to.snapped();
                return Some((at.x - home.x, at.y - home.y));
            }
        };
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

    /// Moves all in the hand so that what is held lies at `to`, or near it: level with others, or on the grid.
    pub(super) fn carry(self, held: Held, to: Point) {
        let Some((dx, dy)) = self.settle(held, to) else { return };
        self.carried_papers.with_value(|carried| {
            for (paper, home) in carried {
                let at = Rect { x: home.x + dx, y: home.y + dy, ..*home };
                if paper.at.get_untracked() != at {
                    paper.at.set(at);
                }
            }
        });
        self.carried.with_value(|carried| {
            for (card, home) in carried {
                let at = Point::new(home.x + dx, home.y + dy);
                if card.at.get_untracked() != at {
                    card.at.set(at);
                }
            }
        });
    }

    /// Empties the hand; gives where all is now.
    pub(super) fn put_down(self) -> Places {
        self.editing.guides.set(Vec::new());
        let cards = self.carried.try_update_value(std::mem::take).unwrap_or_default();
        let papers = self.carried_papers.try_update_value(std::mem::take).unwrap_or_default();
        Places {
            nodes: cards.into_iter().map(|(card, _)| (card.id, card.at.get_untracked())).collect(),
            notes: papers.into_iter().map(|(paper, _)| (paper.id, paper.at.get_untracked())).collect(),
        }
    }

    /// Empties the hand; all goes back to where it was.
    pub(super) fn drop_all(self) {
        for (card, home) in self.carried.try_update_value(std::mem::take).unwrap_or_default() {
            card.at.set(home);
        }
        for (paper, home) in self.carried_papers.try_update_value(std::mem::take).unwrap_or_default() {
            paper.at.set(home);
        }
    }
}
