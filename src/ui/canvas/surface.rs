//! The canvas itself: takes the pointer, moves the view, holds cards and wires in one transformed layer.

use super::{
    card::NodeCard,
    change,
    editing::{Editing, Selection, Wish},
    geometry::Point,
    gesture::{self, Gesture},
    wire::Wires,
};
use crate::{ui::browser, workflow::ids::NodeId};
use leptos::{
    ev::{PointerEvent, WheelEvent},
    html,
    prelude::*,
};

/// What cards and ports call when they are pressed. Copies are the same surface.
#[derive(Clone, Copy)]
pub struct Surface {
    editing: Editing,
    element: NodeRef<html::Div>,
    /// Where the pointer is now, in pixels of the canvas; taken up once per frame.
    pointer: StoredValue<Point>,
    frame_asked: StoredValue<bool>,
}

impl Surface {
    fn place(self, x: i32, y: i32) -> Point {
        let (left, top) = self.element.get_untracked().map_or((0.0, 0.0), |e| browser::corner(&e));
        Point::new(f64::from(x) - left, f64::from(y) - top)
    }

    fn world(self, p: Point) -> Point {
        self.editing.view.get_untracked().to_world(p)
    }

    fn begin(self, event: &PointerEvent, gesture: Gesture) {
        event.stop_propagation();
        if let Some(element) = self.element.get_untracked() {
            let _ = element.set_pointer_capture(event.pointer_id());
        }
        self.pointer.set_value(self.place(event.client_x(), event.client_y()));
        self.editing.gesture.set(gesture);
    }

    /// A card was pressed: choose it, and be ready to move it.
    pub fn press_card(self, event: &PointerEvent, node: NodeId) {
        if event.button() != 0 {
            return;
        }
        let start = self.place(event.client_x(), event.client_y());
        let Some(card) = self.editing.card(node) else { return };
        let (at, pointer) = (card.at.get_untracked(), self.world(start));
        let grip = Point::new(pointer.x - at.x, pointer.y - at.y);
        self.editing.selection.set(Selection::Node(node));
        self.editing.palette.set(None);
        self.begin(event, Gesture::Move { node, grip, start, moved: false });
    }

    /// A port was pressed: draw an edge.
    pub fn press_port(self, event: &PointerEvent, node: NodeId, port: &str) {
        if event.button() == 0 {
            event.prevent_default();
            self.begin(event, Gesture::Connect { source: node, port: port.to_owned() });
        }
    }

    fn press_ground(self, event: &PointerEvent) {
        if event.button() > 1 {
            return;
        }
        self.editing.selection.set(Selection::Nothing);
        self.editing.palette.set(None);
        let start = self.place(event.client_x(), event.client_y());
        self.begin(event, Gesture::Pan { start, view: self.editing.view.get_untracked() });
    }

    fn moved(self, event: &PointerEvent) {
        if self.editing.gesture.with_untracked(|g| *g == Gesture::None) {
            return;
        }
        self.pointer.set_value(self.place(event.client_x(), event.client_y()));
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
            Gesture::Move { node, grip, start, moved } => {
                if !moved && !gesture::is_drag(start, now) {
                    return;
                }
                if !moved {
                    self.editing.gesture.set(Gesture::Move { node, grip, start, moved: true });
                }
                if let Some(card) = self.editing.card(node) {
                    let at = gesture::carried(grip, self.world(now));
                    if card.at.get_untracked() != at {
                        card.at.set(at);
                    }
                }
            }
            Gesture::Connect { source, port } => {
                let at = self.world(now);
                let target = self.editing.read(|d| {
                    change::node_at(d, at, 16.0).filter(|id| change::may_connect(d, source, &port, *id))
                });
                self.editing.loose_end.set(Some((at, target)));
            }
        }
    }

    /// The pointer let go: write what was done into the document.
    fn release(self) {
        self.follow();
        let ended = self.editing.gesture.get_untracked();
        self.editing.gesture.set(Gesture::None);
        let loose = self.editing.loose_end.get_untracked();
        self.editing.loose_end.set(None);
        match ended {
            Gesture::Move { node, moved: true, .. } => {
                let Some(at) = self.editing.card(node).map(|c| c.at.get_untracked()) else { return };
                self.editing.change(None, |document| {
                    if let Some(node) = document.nodes.iter_mut().find(|n| n.id == node) {
                        (node.position_x, node.position_y) = (at.x, at.y);
                    }
                });
            }
            Gesture::Connect { source, port } => match loose {
                Some((_, Some(target))) => self.editing.change(None, |document| {
                    change::connect(document, source, &port, target);
                }),
                // Beside a card that cannot take the edge nothing new is wished.
                Some((at, None)) if self.editing.read(|d| change::node_at(d, at, 24.0).is_none()) => {
                    let at = Point::new(at.x, at.y - super::geometry::HEADER_HEIGHT / 2.0);
                    self.editing.palette.set(Some(Wish { at: Some(at), from: Some((source, port)) }));
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// The gesture was taken away, as by a second finger: nothing is written.
    fn abandon(self) {
        if let Gesture::Move { node, .. } = self.editing.gesture.get_untracked()
            && let Some(card) = self.editing.card(node)
        {
            let home = card.node.with_untracked(|n| Point::new(n.position_x, n.position_y));
            card.at.set(home);
        }
        self.editing.gesture.set(Gesture::None);
        self.editing.loose_end.set(None);
    }

    fn turn(self, event: &WheelEvent) {
        event.prevent_default();
        let at = self.place(event.client_x(), event.client_y());
        // Lines and pages of a wheel that counts in them.
        let unit = match event.delta_mode() {
            1 => 16.0,
            2 => 400.0,
            _ => 1.0,
        };
        let (dx, dy) = (event.delta_x() * unit, event.delta_y() * unit);
        self.editing.view.update(|view| {
            if event.ctrl_key() || event.meta_key() {
                *view = view.zoomed_at(at, (-dy.clamp(-120.0, 120.0) * 0.005).exp());
            } else if event.shift_key() && dx == 0.0 {
                view.x -= dy;
            } else {
                (view.x, view.y) = (view.x - dx, view.y - dy);
            }
        });
    }

    fn measure(self) {
        if let Some(element) = self.element.get_untracked() {
            self.editing.resize((f64::from(element.client_width()), f64::from(element.client_height())));
        }
    }
}

/// The canvas of the workflow in context.
#[component]
pub fn Canvas() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let element = NodeRef::new();
    let surface = Surface {
        editing,
        element,
        pointer: StoredValue::new(Point::default()),
        frame_asked: StoredValue::new(false),
    };
    provide_context(surface);
    Effect::new(move |_| {
        if element.get().is_some() {
            surface.measure();
            editing.fit();
        }
    });
    Effect::new(move |_| {
        editing.layout.track();
        request_animation_frame(move || surface.measure());
    });
    Effect::new(move |_| {
        let handle = window_event_listener(leptos::ev::resize, move |_| surface.measure());
        on_cleanup(move || handle.remove());
    });
    let ground = move || {
        let view = editing.view.get();
        let step = 24.0 * view.zoom * if view.zoom < 0.45 { 3.0 } else { 1.0 };
        format!(
            "background-position: {:.1}px {:.1}px; background-size: {step:.2}px {step:.2}px",
            view.x, view.y
        )
    };
    let busy = move || {
        editing.gesture.with(|g| match g {
            Gesture::None => "canvas",
            Gesture::Pan { .. } => "canvas is-panning",
            Gesture::Move { .. } => "canvas is-moving",
            Gesture::Connect { .. } => "canvas is-connecting",
        })
    };
    view! {
        <div
            node_ref=element
            class=busy
            style=ground
            role="region"
            aria-label="Canvas"
            data-testid="canvas"
            on:pointerdown=move |event| surface.press_ground(&event)
            on:pointermove=move |event| surface.moved(&event)
            on:pointerup=move |_| surface.release()
            on:pointercancel=move |_| surface.abandon()
            on:wheel=move |event| surface.turn(&event)
        >
            <div class="canvas__world" style=move || editing.view.get().css()>
                <Wires />
                <For each=move || editing.cards.get() key=|c| c.id let:card>
                    <NodeCard card />
                </For>
            </div>
        </div>
    }
    .into_any()
}
