//! The document under edit as signals: one card per node, one wire per edge, so that a change to one redraws that
//! one. The document itself changes only through here, with undo.

mod choosing;
mod connecting;
pub mod looking;
mod node;
pub mod papers;

use super::{
    change,
    geometry::{self, Point, Rect, View},
    gesture::Gesture,
    guides::Guide,
    history::History,
    selection::Selection,
    wiring,
};
use crate::workflow::{
    catalog::NodeType,
    check::Problem,
    document::{Edge, Node, Workflow},
    ids::{EdgeId, NodeId},
};
use leptos::prelude::*;
use papers::Papers;
use std::collections::HashMap;

/// One node on the canvas.
#[derive(Clone)]
pub struct Card {
    pub id: NodeId,
    pub node: ArcRwSignal<Node>,
    /// Where it is drawn; runs ahead of the document while it is dragged.
    pub at: ArcRwSignal<Point>,
    /// It is chosen, and the Tab key comes to it: told to this card only, where a thousand would look at the selection.
    pub chosen: ArcRwSignal<bool>,
    pub is_stop: ArcRwSignal<bool>,
}

impl Card {
    fn of(node: &Node) -> Self {
        Self {
            id: node.id,
            node: ArcRwSignal::new(node.clone()),
            at: ArcRwSignal::new(Point::new(node.position_x, node.position_y)),
            chosen: ArcRwSignal::new(false),
            is_stop: ArcRwSignal::new(false),
        }
    }

    /// The place of a card as CSS. While it is carried it is shifted from where it stood, so that nothing is laid out anew.
    #[must_use]
    pub fn place(&self, height: f64) -> String {
        use std::fmt::Write;
        let at = self.at.get();
        let home = self.node.with(|n| Point::new(n.position_x, n.position_y));
        let mut style = format!("left: {:.0}px; top: {:.0}px; height: {height}px", home.x, home.y);
        if at != home {
            // Writing into a string cannot fail.
            let _ = write!(style, "; transform: translate({:.0}px, {:.0}px)", at.x - home.x, at.y - home.y);
        }
        style
    }
}

/// A wish for a node, from the palette's button or an edge dropped on nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wish {
    /// World place of the new node; none is the middle of what is seen.
    pub at: Option<Point>,
    /// Port to connect it to.
    pub from: Option<(NodeId, String)>,
    /// The edge to put it into, whatever the others say.
    pub wire: Option<EdgeId>,
}

/// What the canvas can do only when the second part of the editor has come, which it does not carry.
pub struct Skills {
    /// Makes a step of the kind with this word; needs the catalogue.
    pub add: fn(Editing, &str, Wish),
    /// Puts the chosen steps, or all, in order.
    pub tidy: fn(Editing),
    /// What lies in the world besides the graph: what a wire offers, the lines that a moved card is level with.
    pub within: fn() -> AnyView,
    /// What lies over it: the bar at a chosen note or frame, what to do with a waiting edge.
    pub over: fn() -> AnyView,
}

/// All state of one open workflow. Copies are the same state.
#[derive(Clone, Copy)]
pub struct Editing {
    document: StoredValue<Workflow>,
    history: StoredValue<History>,
    /// The cards by node, for a look-up in a graph of thousands.
    index: StoredValue<HashMap<NodeId, Card>>,
    pub cards: RwSignal<Vec<Card>>,
    pub wires: RwSignal<Vec<Edge>>,
    pub papers: Papers,
    pub name: RwSignal<String>,
    pub selection: RwSignal<Selection>,
    pub view: RwSignal<View>,
    /// The wheel changes the zoom: until it rests, what is drawn is only scaled.
    pub zooming: RwSignal<bool>,
    pub gesture: RwSignal<Gesture>,
    /// The box that is being drawn to choose what it touches, in world pixels.
    pub lasso: RwSignal<Option<Rect>>,
    /// End of the edge that is being drawn, in world pixels, and the node it would reach.
    pub loose_end: RwSignal<Option<(Point, Option<NodeId>)>>,
    pub palette: RwSignal<Option<Wish>>,
    pub problems: RwSignal<Vec<Problem>>,
    /// The edge that is being drawn waits for a second press instead of following a held button.
    pub edge_waits: RwSignal<bool>,
    /// What the cards that move are level with.
    pub guides: RwSignal<Vec<Guide>>,
    /// The pointer over the canvas, in pixels of the canvas.
    pub pointer: StoredValue<Option<Point>>,
    /// The card that the Tab key comes to; none is the first.
    pub tab_stop: RwSignal<Option<NodeId>>,
    /// Raised by every change to the document.
    pub version: RwSignal<u64>,
    /// Raised by every change but further letters in one field: what is worked out of the other steps stays until then.
    shape: StoredValue<u64>,
    /// Raised when nodes, edges or notes came, went or were moved in the document; not while a card is carried.
    pub drawn: RwSignal<u64>,
    /// Width and height of the canvas on the screen.
    pub size: RwSignal<(f64, f64)>,
    /// Raised when something beside the canvas has opened or closed.
    pub layout: RwSignal<u32>,
    /// The view that showed the whole graph last; while it stands, the graph stays in sight.
    fitted: StoredValue<Option<View>>,
    /// None until they are there.
    pub skills: RwSignal<Option<&'static Skills>>,
    /// Width of the panel over the right of the canvas while a step is chosen.
    pub panel: StoredValue<f64>,
    /// Width of the list of steps over the left of it with the space before it; 0 while it is closed.
    list: StoredValue<f64>,
}

impl Editing {
    #[must_use]
    pub fn new(document: Workflow) -> Self {
        let this = Self {
            cards: RwSignal::new(Vec::new()),
            wires: RwSignal::new(Vec::new()),
            papers: Papers::default(),
            name: RwSignal::new(document.name.clone()),
            document: StoredValue::new(document),
            history: StoredValue::default(),
            index: StoredValue::default(),
            selection: RwSignal::default(),
            view: RwSignal::default(),
            zooming: RwSignal::new(false),
            gesture: RwSignal::default(),
            lasso: RwSignal::new(None),
            loose_end: RwSignal::new(None),
            palette: RwSignal::new(None),
            problems: RwSignal::new(Vec::new()),
            edge_waits: RwSignal::new(false),
            guides: RwSignal::new(Vec::new()),
            pointer: StoredValue::new(None),
            tab_stop: RwSignal::new(None),
            version: RwSignal::new(0),
            shape: StoredValue::new(0),
            drawn: RwSignal::new(0),
            size: RwSignal::new((0.0, 0.0)),
            layout: RwSignal::new(0),
            fitted: StoredValue::new(None),
            skills: RwSignal::new(None),
            panel: StoredValue::new(368.0),
            list: StoredValue::new(0.0),
        };
        this.show();
        this
    }

    /// Looks at the document.
    pub fn read<T>(self, look: impl FnOnce(&Workflow) -> T) -> T {
        self.document.with_value(look)
    }

    /// The card of a node.
    #[must_use]
    pub fn card(self, id: NodeId) -> Option<Card> {
        self.index.with_value(|index| index.get(&id).cloned())
    }

    /// Changes the document as one step of undo; with `joins`, equal changes in a row are one step.
    pub fn change(self, joins: Option<String>, edit: impl FnOnce(&mut Workflow)) {
        let before = self.document.get_value();
        self.document.update_value(edit);
        if self.read(|now| *now == before) {
            return;
        }
        self.history.update_value(|h| h.record(before, joins));
        self.changed();
    }

    /// Takes the document as the server has it now, without a step of undo.
    pub fn replace(self, document: Workflow) {
        self.document.set_value(document);
        self.history.set_value(History::default());
        self.shape.update_value(|n| *n += 1);
        self.show();
    }

    pub fn undo(self) {
        let now = self.document.get_value();
        self.travel(self.history.try_update_value(|h| h.undo(now)).flatten());
    }

    pub fn redo(self) {
        let now = self.document.get_value();
        self.travel(self.history.try_update_value(|h| h.redo(now)).flatten());
    }

    /// Whether there is something to undo and to redo; follows `version`.
    #[must_use]
    pub fn steps(self) -> (bool, bool) {
        self.version.track();
        self.history.with_value(|h| (h.can_undo(), h.can_redo()))
    }

    fn travel(self, to: Option<Workflow>) {
        if let Some(document) = to {
            self.document.set_value(document);
            self.changed();
        }
    }

    fn changed(self) {
        self.shape.update_value(|n| *n += 1);
        self.show();
        self.version.update(|v| *v += 1);
    }

    /// Brings the signals in line with the document and wakes only those that differ.
    fn show(self) {
        self.read(|document| {
            let mut cards = Vec::with_capacity(document.nodes.len());
            let mut is_moved = false;
            for node in &document.nodes {
                let at = Point::new(node.position_x, node.position_y);
                match self.card(node.id) {
                    Some(card) => {
                        let (same, moved) = card.node.with_untracked(|n| {
                            (n == node, (n.position_x, n.position_y) != (node.position_x, node.position_y))
                        });
                        is_moved |= moved;
                        if !same {
                            card.node.set(node.clone());
                        }
                        if card.at.get_untracked() != at {
                            card.at.set(at);
                        }
                        cards.push(card);
                    }
                    None => cards.push(Card::of(node)),
                }
            }
            let is_same =
                self.cards.with_untracked(|c| c.iter().map(|c| c.id).eq(cards.iter().map(|c| c.id)));
            if !is_same {
                self.index.set_value(cards.iter().map(|c| (c.id, c.clone())).collect());
                self.cards.set(cards);
            }
            let is_rewired = self.wires.with_untracked(|w| *w != document.edges);
            if is_rewired {
                self.wires.set(document.edges.clone());
            }
            let has_new_papers = self.show_papers(document);
            if is_moved || !is_same || is_rewired || has_new_papers {
                self.drawn.update(|n| *n += 1);
            }
            if self.name.with_untracked(|n| *n != document.name) {
                self.name.set(document.name.clone());
            }
            let mut chosen = self.selection.get_untracked();
            if chosen.forget_gone(document) {
                self.selection.set(chosen);
            }
        });
    }

    /// Adds a step of the kind with this word; `false` while the kinds are not known.
    pub fn add_kind(self, kind: &str, wish: Wish) -> bool {
        let skills = self.skills.get_untracked();
        if let Some(skills) = skills {
            (skills.add)(self, kind, wish);
        }
        skills.is_some()
    }

    /// Adds a node where it was wished, connects and selects it.
    pub fn add(self, node_type: &NodeType, wish: Wish) {
        let at = wish.at.unwrap_or_else(|| {
            let (width, height) = self.size.get_untracked();
            let middle = self.view.get_untracked().to_world(Point::new(width / 2.0, height / 2.0));
            Point::new(middle.x - geometry::NODE_WIDTH / 2.0, middle.y - 60.0)
        });
        let node = self.read(|document| change::new_node(document, node_type, at));
        let id = node.id;
        self.change(None, |document| {
            let node = match wish.wire {
                Some(edge) => match wiring::insert_new(document, edge, node) {
                    Ok(()) => return,
                    Err(node) => *node,
                },
                None => node,
            };
            document.nodes.push(node);
            if let Some((source, port)) = wish.from {
                change::connect(document, source, &port, id);
            }
        });
        self.selection.set(Selection::node(id));
        self.reveal(id);
    }

    /// Opens the palette for a step that follows the chosen one; with none chosen, for one in the middle.
    pub fn ask_for_step(self) {
        let after = self.selection.with_untracked(Selection::single_node);
        let after =
            after.and_then(|id| self.read(|d| change::place_after(d, id)).map(|(at, port)| (id, at, port)));
        let wish = after.map(|(id, at, port)| Wish { at: Some(at), from: Some((id, port)), wire: None });
        self.palette.set(Some(wish.unwrap_or_default()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::canvas::sample;
    use crate::workflow::catalog;
    use serde_json::Value;

    fn empty() -> Editing {
        sample::editing()
    }

    #[test]
    fn undo_takes_back_a_node_with_its_edge() {
        let owner = Owner::new();
        owner.set();
        let editing = empty();
        let kind = catalog::find("transform").unwrap();
        editing.add(kind, Wish::default());
        let first = editing.cards.get_untracked()[0].id;
        editing.add(kind, Wish { from: Some((first, "out".to_owned())), ..Wish::default() });
        assert_eq!(editing.wires.get_untracked().len(), 1);
        editing.undo();
        assert_eq!((editing.cards.get_untracked().len(), editing.wires.get_untracked().len()), (1, 0));
        assert!(editing.selection.get_untracked().is_empty(), "what is gone is not chosen");
        editing.redo();
        assert_eq!(editing.wires.get_untracked()[0].source_node_id, first);
    }

    #[test]
    fn a_change_to_one_node_leaves_the_signals_of_others_alone() {
        let owner = Owner::new();
        owner.set();
        let editing = empty();
        let kind = catalog::find("transform").unwrap();
        editing.add(kind, Wish::default());
        editing.add(kind, Wish::default());
        let cards = editing.cards.get_untracked();
        let woken = StoredValue::new(0);
        let other = cards[1].node.clone();
        let watch = Memo::new(move |_| {
            woken.update_value(|n| *n += 1);
            other.get()
        });
        watch.get_untracked();
        editing.set_config(cards[0].id, "expression", Some(Value::from("input")));
        watch.get_untracked();
        assert_eq!(woken.get_value(), 1);
        assert_eq!(cards[0].node.get_untracked().config["expression"], "input");
    }
}
