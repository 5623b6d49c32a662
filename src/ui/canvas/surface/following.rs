//! What is held follows the pointer, once per frame, until it is let go: then what was done is written into the document.

use super::Surface;
use crate::ui::canvas::{
    change,
    editing::Wish,
    geometry::{self, Point},
    gesture::{self, Gesture, Held, Tap},
    paper, selection, wiring,
};
use leptos::{ev::PointerEvent, prelude::*};

impl Surface {
    pub(super) fn moved(self, event: &PointerEvent) {
        let at = self.place(event.client_x(), event.client_y());
        self.editing.pointer.set_value(Some(at));
        if self.editing.gesture.with_untracked(|g| *g == Gesture::None) {
            return;
        }
        self.pointer.set_value(at);
        if !self.frame_asked.get_value() {
            self.frame_asked.set_value(true);
            request_animation_frame(move || {
                if self.frame_asked.try_set_value(false).is_none() {
                    self.follow();
                }
            });
        }
    }

    /// Brings what is drawn to where the pointer is.
    fn follow(self) {
        let now = self.pointer.get_value();
        match self.editing.gesture.get_untracked() {
            Gesture::None => {}
            Gesture::Pan { start, view } => self.editing.view.set(gesture::panned(view, start, now)),
            Gesture::Move { held, grip, start, moved, tap } => {
                if !moved {
                    if !gesture::is_drag(start, now) {
                        return;
                    }
                    self.pick_up();
                    self.editing.gesture.set(Gesture::Move { held, grip, start, moved: true, tap });
                }
                self.carry(held, Point::new(self.world(now).x - grip.x, self.world(now).y - grip.y));
                self.show_receiver(self.receiver(held));
            }
            Gesture::Resize { note, from, start } => self.pull_corner(note, from, start, self.world(now)),
            Gesture::Box { start } => {
                let area = selection::spanned(start, self.world(now));
                let chosen = self.kept.with_value(|kept| self.editing.read(|d| kept.with_box(d, area)));
                self.editing.lasso.set(Some(area));
                if self.editing.selection.with_untracked(|s| *s != chosen) {
                    self.editing.selection.set(chosen);
                }
            }
            Gesture::Connect { source, port } => {
                let at = self.world(now);
                let target = self.editing.read(|d| {
                    change::node_at(d, at, 16.0).filter(|id| change::may_connect(d, source, &port, *id))
                });
                self.editing.loose_end.set(Some((at, target)));
            }
            Gesture::Rewire { edge, end } => {
                let at = self.world(now);
                let target = self.editing.read(|d| self.end_for(d, edge, end, at)).map(|(id, _)| id);
                self.editing.loose_end.set(Some((at, target)));
            }
        }
    }

    /// The pointer let go: write what was done into the document.
    pub(super) fn release(self) {
        self.follow();
        let ended = self.editing.gesture.get_untracked();
        if matches!(ended, Gesture::Connect { .. })
            && !gesture::is_drag(self.pressed.get_value(), self.pointer.get_value())
        {
            // A click on a port: the edge stays at the pointer until a card is pressed.
            self.editing.edge_waits.set(true);
            return;
        }
        self.editing.gesture.set(Gesture::None);
        let loose = self.editing.loose_end.get_untracked();
        self.editing.loose_end.set(None);
        match ended {
            Gesture::Move { held, moved: true, .. } => {
                let receiver = self.receiver(held);
                self.show_receiver(None);
                let places = self.put_down();
                match (receiver, held) {
                    (Some(edge), Held::Card(node)) => self.editing.insert(edge, node, &places.nodes),
                    _ => self.editing.put(None, &places),
                }
            }
            Gesture::Resize { note, .. } => self.leave_corner(note),
            Gesture::Rewire { edge, end } => {
                let Some((at, Some(_))) = loose else { return };
                self.editing.change(None, |document| {
                    if let Some((node, port)) = self.end_for(document, edge, end, at) {
                        wiring::rewire(document, edge, end, node, port);
                    }
                });
            }
            Gesture::Move { held: Held::Card(node), tap: Tap::Only, .. } => self.editing.choose(node),
            Gesture::Move { held: Held::Card(node), tap: Tap::TakeOut, .. } => {
                self.editing.selection.update(|s| s.toggle_node(node));
            }
            Gesture::Move { held: Held::Paper(note), tap: Tap::Only, .. } => self.editing.choose_paper(note),
            Gesture::Move { held: Held::Paper(note), tap: Tap::TakeOut, .. } => {
                self.editing.selection.update(|s| s.toggle_note(note));
            }
            // A press inside a frame means the frame; anywhere else nothing is meant.
            Gesture::Pan { start, .. } if !gesture::is_drag(start, self.pointer.get_value()) => {
                let at = self.world(start);
                match self.editing.read(|d| paper::frame_at(d, at)) {
                    Some(frame) => self.editing.choose_paper(frame),
                    _ => self.editing.choose_nothing(),
                }
            }
            Gesture::Box { .. } => self.editing.lasso.set(None),
            Gesture::Connect { source, port } => match loose {
                Some((_, Some(target))) => self.editing.change(None, |document| {
                    change::connect(document, source, &port, target);
                }),
                // Beside a card that cannot take the edge nothing new is wished.
                Some((at, None)) if self.editing.read(|d| change::node_at(d, at, 24.0).is_none()) => {
                    let at = Point::new(at.x, at.y - geometry::HEADER_HEIGHT / 2.0);
                    self.editing.palette.set(Some(Wish {
                        at: Some(at),
                        from: Some((source, port)),
                        wire: None,
                    }));
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// The gesture was taken away, as by a second finger: nothing is written.
    pub(super) fn abandon(self) {
        self.editing.guides.set(Vec::new());
        self.editing.edge_waits.set(false);
        match self.editing.gesture.get_untracked() {
            Gesture::Move { .. } => self.drop_all(),
            Gesture::Resize { note, from, .. } => {
                if let Some(paper) = self.editing.paper(note) {
                    paper.at.set(from);
                }
            }
            Gesture::Box { .. } => {
                self.editing.lasso.set(None);
                self.editing.selection.set(self.kept.get_value());
            }
            _ => {}
        }
        self.show_receiver(None);
        self.editing.gesture.set(Gesture::None);
        self.editing.loose_end.set(None);
    }
}
