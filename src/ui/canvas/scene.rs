//! What of the graph is in the page: the cards and wires in sight plus a margin, in the detail that the zoom asks for.
//! A chosen card and the one that the Tab key comes to stay, wherever the view goes.

use super::{
    change,
    editing::Editing,
    geometry::{self, Curve, Point, Rect, input_port, output_port},
    gesture::Gesture,
    index::Index,
    sheet::{self, Sheet},
    window::{Detail, Window, step},
    wiring::{self, End},
};
use crate::workflow::{
    check::Severity,
    document::Edge,
    ids::{EdgeId, NodeId},
};
use leptos::prelude::*;
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

/// More chosen cards than this do not all stay in the page.
const MOST_PINNED: usize = 32;
/// A view that has not moved for so long is at rest.
const REST: Duration = Duration::from_millis(160);

/// One card of the page.
pub type Seen = (NodeId, Detail);

/// What is drawn. Copies are the same scene.
#[derive(Clone, Copy)]
pub struct Scene {
    /// The cards in the page.
    pub cards: RwSignal<Vec<Seen>>,
    /// The wires that are drawn each for itself.
    pub wires: RwSignal<Vec<EdgeId>>,
    /// The wires that are drawn by the sheet, where cards are plain.
    pub sheets: RwSignal<Vec<Sheet>>,
    /// The edges by id.
    pub edges: Memo<HashMap<EdgeId, Edge>>,
    /// Whether a node has problems, and whether one of them is an error.
    pub worst: Memo<HashMap<NodeId, bool>>,
    /// While an edge is drawn, the nodes it may end at.
    pub targets: Memo<Option<HashSet<NodeId>>>,
    /// The view moves: the browser keeps the world as one picture.
    pub gliding: RwSignal<bool>,
    /// Where the sheet lies that plain cards are drawn on: opaque, so that the browser makes one layer of them all
    /// instead of one for each name.
    pub backdrop: Memo<Option<Rect>>,
    /// The wire under the pointer.
    pub hovered: RwSignal<Option<EdgeId>>,
    /// The wire that what is carried would be put into.
    pub receiver: RwSignal<Option<EdgeId>>,
    /// The wire that the pointer is on or at the tools of, right now.
    pub(super) within: StoredValue<Option<EdgeId>>,
    curves: StoredValue<Index<EdgeId>>,
}

/// What shall be in the page.
#[derive(Debug, Clone, Default, PartialEq)]
struct Wanted {
    detail: Detail,
    cards: Vec<Seen>,
    wires: Vec<EdgeId>,
    sheets: Vec<Sheet>,
}

impl Scene {
    /// The scene of a workflow.
    #[must_use]
    pub fn of(editing: Editing, tab_stop: Memo<Option<NodeId>>) -> Self {
        let nodes = StoredValue::new(Index::default());
        let curves = StoredValue::new(Index::default());
        let window = Memo::new(move |before: Option<&Window>| {
            Window::following(before, editing.view.get(), editing.size.get())
        });
        let edges = Memo::new(move |_| {
            editing.wires.with(|wires| wires.iter().map(|e| (e.id, e.clone())).collect::<HashMap<_, _>>())
        });
        // Both are made anew by every change of the document, never while a card is carried.
        let drawn = Memo::new_with_compare(
            move |_| {
                editing.drawn.track();
                nodes.set_value(node_index(editing));
                curves.set_value(curve_index(editing));
            },
            |_, _| true,
        );
        let pinned = Memo::new(move |_| {
            let chosen = editing.selection.with(|s| match s.nodes().len() {
                0..=MOST_PINNED => s.nodes().clone(),
                _ => HashSet::new(),
            });
            (chosen, tab_stop.get())
        });
        let wanted = Memo::new(move |_| {
            drawn.track();
            let window = window.get();
            let seen = nodes.with_value(|index| index.touching(window.area));
            let detail = Detail::of(window.zoom, seen.len());
            // First, so that what was just gone to is there within one frame.
            let mut ids: Vec<NodeId> = pinned.with(|(chosen, tab_stop)| {
                let here: HashSet<_> = seen.iter().copied().collect();
                let mut pinned: Vec<_> = chosen.iter().copied().filter(|id| !here.contains(id)).collect();
                pinned.extend(tab_stop.filter(|id| !here.contains(id) && !chosen.contains(id)));
                pinned.sort_unstable();
                pinned
            });
            ids.extend(seen);
            let (wires, sheets) = match detail {
                Detail::Full => (curves.with_value(|index| index.touching(window.area)), Vec::new()),
                Detail::Plain => {
                    let chosen = editing.selection.with(|s| s.edges().iter().copied().collect());
                    (chosen, editing.read(|d| sheet::sheets(d, window.area)))
                }
            };
            Wanted { detail, cards: ids.into_iter().map(|id| (id, detail)).collect(), wires, sheets }
        });
        let backdrop = Memo::new(move |_| {
            let is_plain = wanted.with(|wanted| wanted.detail == Detail::Plain);
            is_plain.then(|| window.get().area.grown(2.0 * geometry::NODE_WIDTH))
        });
        let first = wanted.get_untracked();
        let this = Self {
            cards: RwSignal::new(first.cards),
            wires: RwSignal::new(first.wires),
            sheets: RwSignal::new(first.sheets),
            edges,
            worst: worst(editing),
            targets: targets(editing),
            gliding: RwSignal::new(false),
            backdrop,
            hovered: RwSignal::new(None),
            receiver: RwSignal::new(None),
            within: StoredValue::new(None),
            curves,
        };
        this.follow(wanted);
        this.watch_rest(editing);
        this
    }

    /// Brings the page to what is wanted, a little in each frame.
    fn follow(self, wanted: Memo<Wanted>) {
        let asked = StoredValue::new(false);
        Effect::new(move |_| {
            let more = wanted.with(|wanted| self.advance(wanted));
            if more && !asked.get_value() {
                asked.set_value(true);
                request_animation_frame(move || self.go_on(wanted, asked));
            }
        });
    }

    fn go_on(self, wanted: Memo<Wanted>, asked: StoredValue<bool>) {
        let Some(more) = wanted.try_with_untracked(|wanted| self.advance(wanted)) else { return };
        if more {
            request_animation_frame(move || self.go_on(wanted, asked));
        } else {
            asked.try_set_value(false);
        }
    }

    /// One frame's worth; tells whether more is to come.
    fn advance(self, wanted: &Wanted) -> bool {
        let most = wanted.detail.per_frame();
        let cards = advance_one(self.cards, &wanted.cards, most);
        let wires = advance_one(self.wires, &wanted.wires, most * 2);
        let sheets = advance_one(self.sheets, &wanted.sheets, 12);
        cards || wires || sheets
    }

    /// Says while the view moves, and for a moment after.
    fn watch_rest(self, editing: Editing) {
        let timer = StoredValue::new(None::<TimeoutHandle>);
        Effect::new(move |before: Option<()>| {
            editing.view.track();
            if before.is_none() {
                return;
            }
            if !self.gliding.get_untracked() {
                self.gliding.set(true);
            }
            let rest = move || {
                self.gliding.try_set(false);
            };
            let next = set_timeout_with_handle(rest, REST).ok();
            if let Some(last) = timer.try_update_value(|t| std::mem::replace(t, next)).flatten() {
                last.clear();
            }
        });
    }

    /// The edge that passes a place of the world at most `margin` away, the nearest of several.
    #[must_use]
    pub fn wire_near(self, editing: Editing, at: Point, margin: f64) -> Option<EdgeId> {
        let around = Rect { x: at.x, y: at.y, width: 0.0, height: 0.0 }.grown(margin);
        let near = self.curves.with_value(|index| index.touching(around));
        let far = |id: &EdgeId| {
            let edge = self.edges.with_untracked(|edges| edges.get(id).cloned())?;
            editing.read(|d| wiring::curve(d, &edge)).map(|curve| (curve.distance(at), *id))
        };
        let nearest = near.iter().filter_map(far).min_by(|a, b| a.0.total_cmp(&b.0));
        nearest.filter(|(far, _)| *far <= margin).map(|(_, id)| id)
    }
}

fn advance_one<K: Clone + Eq + std::hash::Hash + Send + Sync + 'static>(
    now: RwSignal<Vec<K>>,
    wanted: &[K],
    most: usize,
) -> bool {
    let (next, more) = now.with_untracked(|now| step(now, wanted, most));
    if now.with_untracked(|now| *now != next) {
        now.set(next);
    }
    more
}

fn node_index(editing: Editing) -> Index<NodeId> {
    editing.read(|d| {
        let boxed = |n: &crate::workflow::document::Node| {
            geometry::node_rect(Point::new(n.position_x, n.position_y), &n.node_type)
        };
        Index::new(d.nodes.iter().map(|n| (n.id, boxed(n))))
    })
}

fn curve_index(editing: Editing) -> Index<EdgeId> {
    editing.read(|d| {
        let nodes: HashMap<_, _> = d.nodes.iter().map(|n| (n.id, n)).collect();
        let curve = |e: &Edge| {
            let (source, target) = (nodes.get(&e.source_node_id)?, nodes.get(&e.target_node_id)?);
            let from = Point::new(source.position_x, source.position_y);
            let from = output_port(from, &source.node_type, e.source_port.as_deref());
            let to = input_port(Point::new(target.position_x, target.position_y));
            Some((e.id, Curve::between(from, to).hull()))
        };
        Index::new(d.edges.iter().filter_map(curve))
    })
}

fn worst(editing: Editing) -> Memo<HashMap<NodeId, bool>> {
    Memo::new(move |_| {
        let mut worst = HashMap::new();
        editing.problems.with(|problems| {
            for (id, problem) in problems.iter().filter_map(|p| Some((p.node_id?, p))) {
                *worst.entry(id).or_insert(false) |= problem.severity == Severity::Error;
            }
        });
        worst
    })
}

fn targets(editing: Editing) -> Memo<Option<HashSet<NodeId>>> {
    Memo::new(move |_| {
        editing.gesture.with(|g| match g {
            Gesture::Connect { source, port } => {
                Some(editing.read(|d| change::targets(d, None, *source, port)))
            }
            Gesture::Rewire { edge, end } => editing.read(|d| {
                let old = d.edges.iter().find(|e| e.id == *edge)?;
                Some(match end {
                    End::Target => {
                        let port = change::port_name(d, old).unwrap_or("out");
                        change::targets(d, Some(*edge), old.source_node_id, port)
                    }
                    End::Source => change::sources(d, Some(*edge), old.target_node_id),
                })
            }),
            _ => None,
        })
    })
}
