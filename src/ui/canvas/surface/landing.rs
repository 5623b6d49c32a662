//! Where what is carried would land: a card or a new step in an edge, the end of an edge at a port.

use super::Surface;
use crate::{
    ui::{
        browser::carry,
        canvas::{
            change,
            editing::Wish,
            geometry::{self, Point},
            gesture::Held,
            scene::Scene,
            wiring::{self, End},
        },
    },
    workflow::{
        document::Workflow,
        ids::{EdgeId, NodeId},
    },
};
use leptos::{ev::DragEvent, prelude::*};

/// What the palette puts into the hand: the word of a kind of step.
pub const HELD: &str = "application/x-millrace-step";

impl Surface {
    /// The node and port that the end of an edge would go to from here.
    pub(super) fn end_for(
        self,
        d: &Workflow,
        edge: EdgeId,
        end: End,
        at: Point,
    ) -> Option<(NodeId, &'static str)> {
        let node = change::node_at(d, at, 16.0)?;
        let port = wiring::nearest_port(d, node, at)?;
        wiring::may_rewire(d, edge, end, node, port).then_some((node, port))
    }

    /// The edge that a single loose card would be put into where it is now.
    pub(super) fn receiver(self, held: Held) -> Option<EdgeId> {
        let Held::Card(node) = held else { return None };
        let card = self.editing.card(node)?;
        let alone = self.carried.with_value(Vec::len) == 1 && self.carried_papers.with_value(Vec::is_empty);
        let rect = card.node.with_untracked(|n| geometry::node_rect(card.at.get_untracked(), &n.node_type));
        let middle = Point::new(rect.x + rect.width / 2.0, rect.y + rect.height / 2.0);
        let wire = self.scene()?.wire_near(self.editing, middle, 44.0).filter(|_| alone)?;
        self.editing.read(|d| wiring::may_insert(d, wire, node)).then_some(wire)
    }

    pub(super) fn scene(self) -> Option<Scene> {
        self.scene.get_value()
    }

    pub(super) fn show_receiver(self, wire: Option<EdgeId>) {
        if let Some(scene) = self.scene()
            && scene.receiver.get_untracked() != wire
        {
            scene.receiver.set(wire);
        }
    }

    /// A kind of step is held over the canvas, out of the palette.
    pub(super) fn hold(self, event: &DragEvent) {
        if carry::is_carried(event, HELD) {
            event.prevent_default();
            self.show_receiver(self.wire_under(event));
        }
    }

    pub(super) fn wire_under(self, event: &DragEvent) -> Option<EdgeId> {
        let at = self.world(self.place(event.client_x(), event.client_y()));
        self.scene()?.wire_near(self.editing, at, 24.0 / self.editing.view.get_untracked().zoom)
    }

    /// It was let go: the step stands there, or in the wire beneath.
    pub(super) fn drop_kind(self, event: &DragEvent) {
        let name = carry::dropped(event, HELD);
        let Some(kind) = name else { return };
        event.prevent_default();
        let at = self.world(self.place(event.client_x(), event.client_y()));
        let at = Point::new(at.x - geometry::NODE_WIDTH / 2.0, at.y - geometry::HEADER_HEIGHT / 2.0);
        let wire = self.wire_under(event);
        self.show_receiver(None);
        self.editing.palette.set(None);
        self.editing.add_kind(&kind, Wish { at: Some(at), from: None, wire });
    }
}
