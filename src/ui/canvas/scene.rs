//! What of the graph is in the page: the cards and wires in sight plus a margin, in the detail that the zoom asks for.
//! A chosen card and the one that the Tab key comes to stay, wherever the view goes.

use super::{
    change,
    editing::Editing,
    geometry::{self, Curve, Point, Rect, input_port, output_port},
    gesture::Gesture,
    index::Index,
    sheet::{self, Sheet},
    window::{Detail, Window, step, step_cards},
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
    /// The view moves at one zoom: the browser keeps the world as one picture.
    pub gliding: RwSignal<bool>,
    /// Plain cards are in sight.
    pub is_far: RwSignal<bool>,
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
    /// The place of each node in the document.
    places: StoredValue<HashMap<NodeId, usize>>,
}

/// What shall be in the page.
#[derive(Debug, Clone, PartialEq)]
struct Wanted {
    window: Window,
    /// The zoom changes: what is in the page stays as it is, and only what is missing comes.
    moving: bool,
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
        let places = StoredValue::new(HashMap::new());
        let window = Memo::new(move |before: Option<&Window>| {
            Window::following(before, editing.view.get(), editing.size.get(), editing.zooming.get())
        });
        let edges = Memo::new(move |_| {
            editing.wires.with(|wires| wires.iter().map(|e| (e.id, e.clone())).collect::<HashMap<_, _>>())
        });
        // Both are made anew by every change of the document, never while a card is carried.
        let drawn = Memo::new_with_compare(
            move |_| {
                editing.drawn.track();
                let index = node_index(editing);
                places.set_value(index.keys().enumerate().map(|(place, id)| (id, place)).collect());
                nodes.set_value(index);
                curves.set_value(curve_index(editing));
            },
            |_, _| true,
        );
        let sheets = Memo::new(move |_| {
            editing.drawn.track();
            editing.read(sheet::sheets)
        });
        let pinned = Memo::new(move |_| {
            let chosen = editing.selection.with(|s| match s.nodes().len() {
                0..=MOST_PINNED => s.nodes().clone(),
                _ => HashSet::new(),
            });
            (chosen, tab_stop.get())
        });
        let wanted = Memo::new(move |before: Option<&Wanted>| {
            drawn.track();
            let (window, zooming) = (window.get(), editing.zooming.get());
            let seen = nodes.with_value(|index| index.touching(window.area));
            // As it is, while the window before serves.
            let at_rest = Detail::of(window.zoom, seen.len());
            let moving = zooming && before.is_none_or(|before| before.moving || before.window != window);
            let detail = if moving { Detail::in_motion(seen.len()) } else { at_rest };
            // First, so that what was just gone to is there within one frame.
            let mut ids: Vec<NodeId> = pinned.with(|(chosen, tab_stop)| {
                let here: HashSet<_> = seen.iter().copied().collect();
                let mut pinned: Vec<_> = chosen.iter().copied().filter(|id| !here.contains(id)).collect();
                pinned.extend(tab_stop.filter(|id| !here.contains(id) && !chosen.contains(id)));
                pinned.sort_unstable();
                pinned
            });
            ids.extend(seen);
            let (mut wires, mut sheets) = match detail {
                Detail::Full => (curves.with_value(|index| index.touching(window.area)), Vec::new()),
                Detail::Plain => {
                    let chosen = editing.selection.with(|s| s.edges().iter().copied().collect());
                    (chosen, sheets.with(|sheets| sheet::touching(sheets, window.area)))
                }
            };
            if let Some(before) = before.filter(|_| moving) {
                let stays = |edge: &EdgeId| !wires.contains(edge);
                let rest: Vec<_> = before.wires.iter().copied().filter(stays).collect();
                wires.extend(rest);
                sheets.extend(before.sheets.iter().filter(|_| detail == Detail::Full).cloned());
            }
            let cards = ids.into_iter().map(|id| (id, detail)).collect();
            Wanted { window, moving, detail, cards, wires, sheets }
        });
        let first = wanted.get_untracked();
        let is_far = RwSignal::new(first.detail == Detail::Plain);
        let backdrop =
            Memo::new(move |_| is_far.get().then(|| window.get().area.grown(2.0 * geometry::NODE_WIDTH)));
        let this = Self {
            cards: RwSignal::new(first.cards),
            wires: RwSignal::new(first.wires),
            sheets: RwSignal::new(first.sheets),
            edges,
            worst: worst(editing),
            targets: targets(editing),
            gliding: RwSignal::new(false),
            is_far,
            backdrop,
            hovered: RwSignal::new(None),
            receiver: RwSignal::new(None),
            within: StoredValue::new(None),
            curves,
            places,
        };
        this.follow(wanted);
        this.watch_rest(editing);
        mark_cards(editing, tab_stop);
        this
    }

    /// The cards of the page that are drawn in one detail.
    #[must_use]
    pub fn cards_in(self, detail: Detail) -> Vec<Seen> {
        self.cards.with(|cards| cards.iter().copied().filter(|(_, is)| *is == detail).collect())
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
        let next = self.places.with_value(|places| {
            let place = |id: &NodeId| places.get(id).copied().unwrap_or(usize::MAX);
            let target = (wanted.cards.as_slice(), wanted.detail);
            self.cards.with_untracked(|now| step_cards(now, target, wanted.moving, place))
        });
        if self.cards.with_untracked(|now| *now != next.cards) {
            self.cards.set(next.cards);
        }
        if self.is_far.get_untracked() != next.is_far {
            self.is_far.set(next.is_far);
        }
        let wires = advance_one(self.wires, &wanted.wires, wanted.detail.per_frame() * 2);
        let sheets = advance_one(self.sheets, &wanted.sheets, 12);
        next.more || wires || sheets
    }

    /// Says while the view moves, and for a moment after. While the zoom changes, one picture would have to be drawn in
    /// the largest scale of the gesture; then each frame is drawn for itself.
    fn watch_rest(self, editing: Editing) {
        let timer = StoredValue::new(None::<TimeoutHandle>);
        Effect::new(move |before: Option<()>| {
            editing.view.track();
            if before.is_none() {
                return;
            }
            let glides = !editing.zooming.get_untracked();
            if self.gliding.get_untracked() != glides {
                self.gliding.set(glides);
            }
            let rest = move || {
                self.gliding.try_set(false);
                if editing.zooming.try_get_untracked() == Some(true) {
                    editing.zooming.set(false);
                }
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

/// Tells the cards that are chosen or are the stop of the Tab key, and those that were.
fn mark_cards(editing: Editing, tab_stop: Memo<Option<NodeId>>) {
    let mark = move |is_stop: Option<NodeId>, is: bool| {
        if let Some(card) = is_stop.and_then(|id| editing.card(id)) {
            card.is_stop.set(is);
        }
    };
    mark(tab_stop.get_untracked(), true);
    Effect::new(move |before: Option<Option<NodeId>>| {
        let now = tab_stop.get();
        let before = before.flatten();
        if before != now {
            mark(before, false);
        }
        mark(now, true);
        now
    });
    Effect::new(move |before: Option<HashSet<NodeId>>| {
        let now = editing.selection.with(|s| s.nodes().clone());
        for id in now.symmetric_difference(&before.unwrap_or_default()) {
            if let Some(card) = editing.card(*id) {
                card.chosen.set(now.contains(id));
            }
        }
        now
    });
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
