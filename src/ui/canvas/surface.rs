//! The canvas itself: takes the pointer, moves the view, holds cards and wires in one transformed layer.

mod carrying;
mod following;
mod landing;
mod papers;
mod pressing;
mod turning;

pub use landing::HELD;

use super::{
    card::NodeCard,
    editing::{Card, Editing, papers::Paper},
    geometry::{Point, Rect},
    gesture::Gesture,
    ground::{Backdrop, Ground},
    paper::view::Papers,
    plain::PlainCard,
    scene::{Scene, Seen},
    selection::Selection,
    window::Detail,
    wire::Wires,
};
use crate::{ui::browser, workflow::ids::NodeId};
use leptos::{ev::PointerEvent, html, prelude::*};

/// What cards and ports call when they are pressed. Copies are the same surface.
#[derive(Clone, Copy)]
pub struct Surface {
    editing: Editing,
    element: NodeRef<html::Div>,
    /// Where the pointer is now, in pixels of the canvas; taken up once per frame.
    pointer: StoredValue<Point>,
    frame_asked: StoredValue<bool>,
    /// The cards that move, each with the place it came from.
    carried: StoredValue<Vec<(Card, Point)>>,
    /// The same of notes and frames.
    carried_papers: StoredValue<Vec<(Paper, Rect)>>,
    /// The boxes of the cards in sight that stay, to be level with.
    staying: StoredValue<Vec<Rect>>,
    /// Where the button went down.
    pressed: StoredValue<Point>,
    /// What was chosen before a box was drawn.
    kept: StoredValue<Selection>,
    scene: StoredValue<Option<Scene>>,
    /// The card that the Tab key comes to.
    pub tab_stop: Memo<Option<NodeId>>,
    /// The space bar is down: every drag moves the view.
    pub space: StoredValue<bool>,
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
        let at = self.place(event.client_x(), event.client_y());
        self.pointer.set_value(at);
        self.pressed.set_value(at);
        self.editing.edge_waits.set(false);
        if let Some(scene) = self.scene() {
            scene.forget_wire();
        }
        self.editing.gesture.set(gesture);
    }

    fn measure(self) {
        // A frame may come when the page has gone.
        if let Some(element) = self.element.try_get_untracked().flatten() {
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
        carried: StoredValue::default(),
        carried_papers: StoredValue::default(),
        staying: StoredValue::default(),
        pressed: StoredValue::default(),
        kept: StoredValue::default(),
        scene: StoredValue::new(None),
        tab_stop: Memo::new(move |_| {
            let is_empty = editing.cards.with(Vec::is_empty);
            let last = editing.tab_stop.get().filter(|id| editing.card(*id).is_some());
            last.or_else(|| editing.in_eye_order().first().copied().filter(|_| !is_empty))
        }),
        space: StoredValue::new(false),
    };
    provide_context(surface);
    let scene = Scene::of(editing, surface.tab_stop);
    surface.scene.set_value(Some(scene));
    provide_context(scene);
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
    Effect::new(move |_| {
        let down = window_event_listener(leptos::ev::keydown, move |event| {
            if event.key() == " " && browser::is_ground(event.target()) {
                event.prevent_default();
                surface.space.set_value(true);
            }
        });
        let up = window_event_listener(leptos::ev::keyup, move |event| {
            if event.key() == " " {
                surface.space.set_value(false);
            }
        });
        let away = window_event_listener(leptos::ev::blur, move |_| surface.space.set_value(false));
        on_cleanup(move || {
            down.remove();
            up.remove();
            away.remove();
        });
    });
    let busy = move || {
        editing.gesture.with(|g| match g {
            Gesture::None => "canvas",
            Gesture::Pan { .. } => "canvas is-panning",
            // Only once it moves: a press is no drag yet.
            Gesture::Move { moved, .. } if *moved => "canvas is-moving",
            Gesture::Move { .. } => "canvas",
            Gesture::Resize { .. } => "canvas is-resizing",
            Gesture::Box { .. } => "canvas is-boxing",
            Gesture::Connect { .. } | Gesture::Rewire { .. } => "canvas is-connecting",
        })
    };
    view! {
        <div
            node_ref=element
            class=busy
            role="region"
            aria-label="Canvas"
            data-testid="canvas"
            on:pointerdown=move |event| surface.press_ground(&event)
            on:pointermove=move |event| surface.moved(&event)
            on:pointerleave=move |_| editing.pointer.set_value(None)
            on:scroll=move |event| browser::unscroll(&event)
            on:pointerup=move |_| surface.release()
            on:pointercancel=move |_| surface.abandon()
            on:mousedown=move |event| {
                // The middle button moves the view; the browser would scroll by itself.
                if event.button() == 1 {
                    event.prevent_default();
                }
            }
            on:dblclick=move |event| surface.press_twice(&event)
            on:dragover=move |event| surface.hold(&event)
            on:dragleave=move |_| surface.show_receiver(None)
            on:drop=move |event| surface.drop_kind(&event)
            on:wheel=move |event| surface.turn(&event)
        >
            <Ground />
            <div class="canvas__world" class:is-gliding=scene.gliding style=move || editing.view.get().css()>
                <Backdrop />
                <Papers />
                <Wires />
                <div class="canvas__far" class:is-away=move || !scene.is_far.get()>
                    <For each=move || scene.cards_in(Detail::Plain) key=|seen| *seen let:seen>
                        <SeenCard seen />
                    </For>
                </div>
                <For each=move || scene.cards_in(Detail::Full) key=|seen| *seen let:seen>
                    <SeenCard seen />
                </For>
                {move || editing.skills.get().map(|skills| (skills.within)())}
                {move || {
                    editing.lasso.get().map(|Rect { x, y, width, height }| {
                        let style = format!("transform: translate({x:.1}px, {y:.1}px); width: {width:.1}px; height: {height:.1}px");
                        view! { <div class="lasso" style=style></div> }
                    })
                }}
            </div>
            {move || editing.skills.get().map(|skills| (skills.over)())}
        </div>
    }
    .into_any()
}

/// A card in the detail that the zoom asks for.
#[component]
fn SeenCard(seen: Seen) -> impl IntoView {
    let (id, detail) = seen;
    let card = expect_context::<Editing>().card(id)?;
    Some(match detail {
        Detail::Full => view! { <NodeCard card /> }.into_any(),
        Detail::Plain => view! { <PlainCard card /> }.into_any(),
    })
}
