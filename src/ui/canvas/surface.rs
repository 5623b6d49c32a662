//! The canvas itself: takes the pointer, moves the view, holds cards and wires in one transformed layer.

mod carrying;
mod landing;
mod papers;
mod turning;

pub use landing::HELD;

use super::{
    card::NodeCard,
    change,
    editing::{Card, Editing, Wish, papers::Paper},
    geometry::{self, Point, Rect},
    gesture::{self, Gesture, Held, Tap},
    ground::{Backdrop, Ground},
    hint::{EdgeHint, Guides},
    paper::{self, bar::PaperBar, view::Papers},
    plain::PlainCard,
    scene::{Scene, Seen},
    selection::{self, Selection},
    window::Detail,
    wire::Wires,
    wire_tools::WireTools,
    wiring::{self, End},
};
use crate::{
    ui::browser,
    workflow::ids::{EdgeId, NodeId},
};
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

    /// A card was pressed: choose it, and be ready to move all that are chosen.
    pub fn press_card(self, event: &PointerEvent, node: NodeId) {
        if event.button() != 0 || self.space.get_value() {
            // The ground beneath takes it.
            return;
        }
        if self.editing.end_edge(node) {
            event.stop_propagation();
            return;
        }
        self.editing.end_writing();
        let start = self.place(event.client_x(), event.client_y());
        let Some(card) = self.editing.card(node) else { return };
        let (at, pointer) = (card.at.get_untracked(), self.world(start));
        let grip = Point::new(pointer.x - at.x, pointer.y - at.y);
        let (is_chosen, is_single) =
            self.editing.selection.with_untracked(|s| (s.has_node(node), s.single_node() == Some(node)));
        let tap = match (is_chosen, adds(event)) {
            (true, true) => Tap::TakeOut,
            (true, false) if !is_single => Tap::Only,
            (true, false) => Tap::Done,
            (false, true) => {
                self.editing.selection.update(|s| s.toggle_node(node));
                Tap::Done
            }
            (false, false) => {
                self.editing.choose(node);
                Tap::Done
            }
        };
        self.editing.palette.set(None);
        self.begin(event, Gesture::Move { held: Held::Card(node), grip, start, moved: false, tap });
    }

    /// A port was pressed: draw an edge.
    pub fn press_port(self, event: &PointerEvent, node: NodeId, port: &str) {
        if event.button() == 0 && !self.space.get_value() {
            event.prevent_default();
            if self.editing.end_edge(node) {
                event.stop_propagation();
                return;
            }
            self.begin(event, Gesture::Connect { source: node, port: port.to_owned() });
        }
    }

    /// An end of an edge was pressed: take it to another port.
    pub fn press_end(self, event: &PointerEvent, edge: EdgeId, end: End) {
        if event.button() == 0 {
            event.prevent_default();
            self.begin(event, Gesture::Rewire { edge, end });
        }
    }

    fn press_ground(self, event: &PointerEvent) {
        if event.button() > 1 {
            return;
        }
        self.editing.end_writing();
        let start = self.place(event.client_x(), event.client_y());
        if event.button() == 0 && !self.space.get_value() && self.editing.waiting_edge().is_some() {
            // Only when the press has taken the focus away: the palette wants it.
            let at = self.world(start);
            request_animation_frame(move || {
                self.editing.drop_edge(at);
            });
            return;
        }
        self.editing.palette.set(None);
        if event.button() == 0 && !self.space.get_value() && adds(event) {
            self.kept.set_value(self.editing.selection.get_untracked());
            self.begin(event, Gesture::Box { start: self.world(start) });
        } else {
            self.begin(event, Gesture::Pan { start, view: self.editing.view.get_untracked() });
        }
    }

    fn moved(self, event: &PointerEvent) {
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
    fn release(self) {
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
    fn abandon(self) {
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

    fn measure(self) {
        if let Some(element) = self.element.get_untracked() {
            self.editing.resize((f64::from(element.client_width()), f64::from(element.client_height())));
        }
    }
}

/// Whether a press adds to what is chosen.
fn adds(event: &PointerEvent) -> bool {
    event.shift_key() || event.ctrl_key() || event.meta_key()
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
                <WireTools />
                <Guides />
                {move || {
                    editing.lasso.get().map(|Rect { x, y, width, height }| {
                        let style = format!("transform: translate({x:.1}px, {y:.1}px); width: {width:.1}px; height: {height:.1}px");
                        view! { <div class="lasso" style=style></div> }
                    })
                }}
            </div>
            <EdgeHint />
            <PaperBar />
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
