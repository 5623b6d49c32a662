//! The whole graph in small, lower left: the steps in the colours of their kinds and the frame of what is seen. A press
//! or a drag moves the view there. Whether it is shown is remembered by this browser.

use super::{
    editing::Editing,
    geometry::{self, Point, Rect, View},
    paper,
};
use crate::{
    ui::browser,
    workflow::{catalog, notes::NoteKind},
};
use leptos::{ev::PointerEvent, html, prelude::*};
use std::{collections::BTreeMap, fmt::Write};

const WIDTH: f64 = 208.0;
const HEIGHT: f64 = 132.0;
const COOKIE: &str = "millrace_minimap";

/// Whether the minimap is shown; a context of the editor.
#[derive(Debug, Clone, Copy)]
pub struct MinimapShown(pub RwSignal<bool>);

impl MinimapShown {
    /// Puts it into context. Nothing is shown until the page is live and knows what was chosen last.
    pub fn provide() {
        let shown = RwSignal::new(false);
        Effect::new(move |_| {
            let hidden = format!("{COOKIE}=hidden");
            shown.set(!browser::cookies().split(';').any(|pair| pair.trim() == hidden));
        });
        provide_context(Self(shown));
    }

    /// Shows or hides it, and remembers that.
    pub fn toggle(self) {
        let shows = !self.0.get_untracked();
        self.0.set(shows);
        browser::set_cookie(COOKIE, if shows { "shown" } else { "hidden" });
    }
}

/// From the world to the small picture.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Scale {
    x: f64,
    y: f64,
    by: f64,
}

impl Scale {
    /// All of `content` in the middle of the picture.
    fn of(content: Rect) -> Self {
        let content = content.grown(160.0);
        let by = (WIDTH / content.width).min(HEIGHT / content.height);
        Self {
            x: (WIDTH - content.width * by) / 2.0 - content.x * by,
            y: (HEIGHT - content.height * by) / 2.0 - content.y * by,
            by,
        }
    }

    fn rect(self, r: Rect) -> Rect {
        Rect {
            x: r.x * self.by + self.x,
            y: r.y * self.by + self.y,
            width: r.width * self.by,
            height: r.height * self.by,
        }
    }

    fn to_world(self, p: Point) -> Point {
        Point::new((p.x - self.x) / self.by, (p.y - self.y) / self.by)
    }
}

/// The picture of a graph: its scale, and one path for each kind of step.
#[derive(Debug, Clone, PartialEq)]
struct Picture {
    scale: Scale,
    paths: Vec<(&'static str, String)>,
    /// Of the frames around them.
    frames: String,
}

fn picture(nodes: &[(Rect, &'static str)], frames: &[Rect]) -> Picture {
    let rects: Vec<Rect> = nodes.iter().map(|(rect, _)| rect).chain(frames).copied().collect();
    let scale = Scale::of(geometry::bounds(&rects));
    let mut outlines = String::new();
    for frame in frames {
        let Rect { x, y, width, height } = scale.rect(*frame);
        let _ = write!(outlines, "M{x:.1} {y:.1}h{width:.1}v{height:.1}h-{width:.1}z");
    }
    let mut paths: BTreeMap<&'static str, String> = BTreeMap::new();
    for (rect, category) in nodes {
        let Rect { x, y, width, height } = scale.rect(*rect);
        let (width, height) = (width.max(1.5), height.max(1.5));
        // Writing into a string cannot fail.
        let _ =
            write!(paths.entry(category).or_default(), "M{x:.1} {y:.1}h{width:.1}v{height:.1}h-{width:.1}z");
    }
    Picture { scale, paths: paths.into_iter().collect(), frames: outlines }
}

fn looked_at(editing: Editing) -> Picture {
    editing.read(|d| {
        let node = |n: &crate::workflow::document::Node| {
            let rect = geometry::node_rect(Point::new(n.position_x, n.position_y), &n.node_type);
            (rect, catalog::sketch(&n.node_type).map_or("data", |t| t.category.as_str()))
        };
        let frames = d.notes.iter().filter(|n| n.kind == NoteKind::Frame).map(paper::rect_of);
        picture(&d.nodes.iter().map(node).collect::<Vec<_>>(), &frames.collect::<Vec<_>>())
    })
}

/// The view with `world` in its middle.
fn centred(view: View, world: Point, (width, height): (f64, f64)) -> View {
    View { x: width / 2.0 - world.x * view.zoom, y: height / 2.0 - world.y * view.zoom, ..view }
}

/// Shown while the graph has steps.
#[component]
pub fn Minimap() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let MinimapShown(shown) = expect_context::<MinimapShown>();
    let is_there = Memo::new(move |_| shown.get() && !editing.cards.with(Vec::is_empty));
    move || is_there.get().then(|| view! { <Map /> })
}

#[component]
fn Map() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let element = NodeRef::<html::Div>::new();
    let picture = Memo::new(move |_| {
        editing.drawn.track();
        looked_at(editing)
    });
    let frame = move || {
        let scale = picture.with(|p| p.scale);
        scale.rect(editing.view.get().seen(editing.size.get()))
    };
    let held = RwSignal::new(false);
    let go = move |event: &PointerEvent| {
        let Some(element) = element.get_untracked() else { return };
        let (left, top) = browser::corner(&element);
        let at = Point::new(f64::from(event.client_x()) - left, f64::from(event.client_y()) - top);
        let world = picture.with_untracked(|p| p.scale.to_world(at));
        let size = editing.size.get_untracked();
        editing.view.update(|view| *view = centred(*view, world, size));
    };
    let press = move |event: PointerEvent| {
        if event.button() != 0 {
            return;
        }
        event.prevent_default();
        if let Some(element) = element.get_untracked() {
            let _ = element.set_pointer_capture(event.pointer_id());
        }
        held.set(true);
        go(&event);
    };
    let paths = move || {
        let paths = picture.with(|p| p.paths.clone());
        paths
            .into_iter()
            .map(|(category, d)| view! { <path class=format!("cat-{category}") d=d /> })
            .collect_view()
    };
    let shade = move || {
        let Rect { x, y, width, height } = frame();
        format!("M0 0h{WIDTH}v{HEIGHT}h-{WIDTH}zM{x:.1} {y:.1}v{height:.1}h{width:.1}v-{height:.1}z")
    };
    view! {
        <div
            node_ref=element
            class="minimap"
            class:is-held=held
            aria-hidden="true"
            data-testid="minimap"
            on:pointerdown=press
            on:pointermove=move |event| {
                if held.get_untracked() {
                    go(&event);
                }
            }
            on:pointerup=move |_| held.set(false)
            on:pointercancel=move |_| held.set(false)
        >
            <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") width=WIDTH height=HEIGHT>
                <path class="minimap__frames" d=move || picture.with(|p| p.frames.clone()) />
                <g class="minimap__steps">{paths}</g>
                <path class="minimap__shade" d=shade />
                <rect
                    class="minimap__frame"
                    data-testid="minimap-frame"
                    x=move || format!("{:.1}", frame().x)
                    y=move || format!("{:.1}", frame().y)
                    width=move || format!("{:.1}", frame().width)
                    height=move || format!("{:.1}", frame().height)
                    rx="2"
                />
            </svg>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(x: f64, y: f64, width: f64, height: f64) -> Rect {
        Rect { x, y, width, height }
    }

    #[test]
    fn all_lies_within_and_the_way_back_is_the_same() {
        for content in [rect(-5_000.0, 300.0, 20_000.0, 900.0), rect(0.0, 0.0, 256.0, 120.0)] {
            let scale = Scale::of(content);
            let small = scale.rect(content);
            assert!(rect(0.0, 0.0, WIDTH, HEIGHT).covers(small), "{small:?}");
            let back = scale.to_world(Point::new(small.x, small.y));
            assert!(back.distance(Point::new(content.x, content.y)) < 1e-6);
        }
    }

    #[test]
    fn each_kind_is_one_path() {
        let nodes = [
            (rect(0.0, 0.0, 256.0, 120.0), "data"),
            (rect(400.0, 0.0, 256.0, 120.0), "model"),
            (rect(800.0, 0.0, 256.0, 120.0), "data"),
        ];
        let picture = picture(&nodes, &[rect(-20.0, -40.0, 1200.0, 300.0)]);
        assert_eq!(picture.frames.matches('M').count(), 1);
        let counts: Vec<_> = picture.paths.iter().map(|(c, d)| (*c, d.matches('M').count())).collect();
        assert_eq!(counts, [("data", 2), ("model", 1)]);
    }

    #[test]
    fn a_press_brings_its_place_into_the_middle() {
        let view = View { x: 10.0, y: 10.0, zoom: 0.5 };
        let moved = centred(view, Point::new(3_000.0, -200.0), (1_000.0, 600.0));
        assert_eq!(moved.to_world(Point::new(500.0, 300.0)), Point::new(3_000.0, -200.0));
        assert_eq!(moved.zoom, 0.5);
    }
}
