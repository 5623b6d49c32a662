//! Drawing an edge by two presses, or by keys: first a port, then the card it leads to.

use super::{Editing, Wish};
use crate::{
    ui::canvas::{
        change,
        geometry::{HEADER_HEIGHT, Point, input_port},
        gesture::Gesture,
        selection::Selection,
    },
    workflow::ids::NodeId,
};
use leptos::prelude::*;

impl Editing {
    /// Begins an edge that stays at the pointer until a card is pressed.
    pub fn begin_edge(self, source: NodeId, port: &str) {
        self.loose_end.set(None);
        self.gesture.set(Gesture::Connect { source, port: port.to_owned() });
        self.edge_waits.set(true);
    }

    /// Begins an edge at the chosen node's first free port; `false` if not one node is chosen.
    pub fn begin_edge_of_chosen(self) -> bool {
        let chosen = self.selection.with_untracked(Selection::single_node);
        let port =
            chosen.and_then(|id| self.read(|d| change::place_after(d, id)).map(|(_, port)| (id, port)));
        if let Some((id, port)) = &port {
            self.begin_edge(*id, port);
        }
        port.is_some()
    }

    /// Where the edge comes from that waits for its second press.
    #[must_use]
    pub fn waiting_edge(self) -> Option<(NodeId, String)> {
        if !self.edge_waits.get_untracked() {
            return None;
        }
        self.gesture.with_untracked(|g| match g {
            Gesture::Connect { source, port } => Some((*source, port.clone())),
            _ => None,
        })
    }

    /// Shows where the waiting edge would end, and says whether it may.
    pub fn aim_edge(self, target: NodeId) -> bool {
        let Some((source, port)) = self.waiting_edge() else { return false };
        let may = self.read(|d| change::may_connect(d, source, &port, target));
        if let Some(card) = self.card(target) {
            let end = input_port(card.at.get_untracked());
            self.loose_end.set(Some((end, may.then_some(target))));
        }
        may
    }

    /// Ends the waiting edge at a card; where it may not end there, it goes on waiting. `false` if none waits.
    pub fn end_edge(self, target: NodeId) -> bool {
        let Some((source, port)) = self.waiting_edge() else { return false };
        if self.read(|d| change::may_connect(d, source, &port, target)) {
            self.cancel_edge();
            self.change(None, |document| {
                change::connect(document, source, &port, target);
            });
        }
        true
    }

    /// Ends the waiting edge on the ground: a new step is asked for there. `false` if none waits.
    pub fn drop_edge(self, at: Point) -> bool {
        let Some(from) = self.waiting_edge() else { return false };
        self.cancel_edge();
        let at = Point::new(at.x, at.y - HEADER_HEIGHT / 2.0);
        self.palette.set(Some(Wish { at: Some(at), from: Some(from), ..Wish::default() }));
        true
    }

    /// Gives the waiting edge up; `false` if none waits.
    pub fn cancel_edge(self) -> bool {
        let waits = self.waiting_edge().is_some();
        if waits {
            self.gesture.set(Gesture::None);
            self.loose_end.set(None);
        }
        self.edge_waits.set(false);
        waits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::canvas::sample;
    use crate::workflow::catalog;

    fn two() -> (Owner, Editing, NodeId, NodeId) {
        let owner = Owner::new();
        owner.set();
        let editing = sample::editing();
        let kind = catalog::find("condition").unwrap();
        editing.add(kind, Wish::default());
        editing.add(kind, Wish::default());
        let ids: Vec<_> = editing.cards.get_untracked().iter().map(|c| c.id).collect();
        (owner, editing, ids[0], ids[1])
    }

    #[test]
    fn a_port_then_a_card_is_an_edge() {
        let (_owner, editing, first, second) = two();
        assert!(!editing.end_edge(second), "none waits");
        editing.choose(first);
        assert!(editing.begin_edge_of_chosen());
        assert!(editing.end_edge(first), "a press on itself is taken, and changes nothing");
        assert!(editing.waiting_edge().is_some() && editing.wires.get_untracked().is_empty());
        assert!(editing.aim_edge(second) && editing.end_edge(second));
        let edge = editing.wires.get_untracked()[0].clone();
        assert_eq!((edge.source_port.as_deref(), edge.target_node_id), (Some("true"), second));
        assert_eq!(editing.gesture.get_untracked(), Gesture::None);
        editing.begin_edge(second, "false");
        assert!(!editing.aim_edge(first), "a circle");
        assert!(editing.cancel_edge() && !editing.cancel_edge());
    }

    #[test]
    fn dropped_on_the_ground_it_asks_for_a_step_that_hangs_on_it() {
        let (_owner, editing, first, _) = two();
        editing.begin_edge(first, "false");
        assert!(editing.drop_edge(Point::new(700.0, 222.0)));
        let wish = editing.palette.get_untracked().unwrap();
        assert_eq!((wish.at, wish.from), (Some(Point::new(700.0, 200.0)), Some((first, "false".to_owned()))));
        assert_eq!(editing.gesture.get_untracked(), Gesture::None);
    }
}
