//! Two states of a graph in one drawing: what came, what went, what is other than it was. Pure; `view` draws it.
//! A step that only stands elsewhere is the same.

mod ghosts;
pub mod view;

use super::{
    geometry::{self, Curve, Point, Rect, input_port, output_port},
    paper,
};
use crate::workflow::{
    diff::{NodeChange, WorkflowDiff},
    document::{Edge, Node, Workflow},
    ids::NodeId,
    notes::{Note, NoteKind},
};
use std::collections::HashMap;

/// Names of changed fields that a card shows; the rest is a number.
const NAMED: usize = 3;

/// What became of a step or an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fate {
    Same,
    Added,
    Removed,
    Changed,
}

impl Fate {
    /// The sign that stands for it beside the colour.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Same => "",
            Self::Added => "+",
            Self::Removed => "−",
            Self::Changed => "≠",
        }
    }

    /// The end of its class.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// What the fates are called: a history speaks otherwise than a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    pub added: &'static str,
    pub removed: &'static str,
    pub changed: &'static str,
}

impl Words {
    pub const HISTORY: Self = Self { added: "Added", removed: "Removed", changed: "Changed" };
    pub const CONFLICT: Self =
        Self { added: "Only in yours", removed: "Only in theirs", changed: "Different" };

    /// The word for a fate.
    #[must_use]
    pub const fn of(self, fate: Fate) -> &'static str {
        match fate {
            Fate::Same => "The same",
            Fate::Added => self.added,
            Fate::Removed => self.removed,
            Fate::Changed => self.changed,
        }
    }
}

/// A step with what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparedCard {
    pub name: String,
    pub node_type: String,
    pub rect: Rect,
    pub fate: Fate,
    /// It is gone and another one stands there: it is drawn beneath that one, a little aside.
    pub is_ghost: bool,
    /// What changed, in a few words; empty unless it changed.
    pub fields: String,
}

/// An edge with what became of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ComparedWire {
    pub curve: Curve,
    pub fate: Fate,
}

/// All of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// What changed comes last, so that it lies on top.
    pub cards: Vec<ComparedCard>,
    pub wires: Vec<ComparedWire>,
    /// The frames of the newer state, with their titles.
    pub frames: Vec<(Rect, String)>,
    pub bounds: Rect,
}

/// Draws `old` and `new` over each other. `changes` is what differs, `title` what a field is called.
#[must_use]
pub fn compare(
    old: &Workflow,
    new: &Workflow,
    changes: &WorkflowDiff,
    title: impl Fn(&str) -> String,
) -> Comparison {
    let changed: HashMap<NodeId, &NodeChange> =
        changes.nodes_changed.iter().map(|change| (change.node_id, change)).collect();
    let (before, after) = (by_id(old), by_id(new));
    let rect = |node: &Node| geometry::node_rect(place(node), &node.node_type);
    let card = |node: &Node, fate: Fate, fields: String| ComparedCard {
        name: node.name.clone(),
        node_type: node.node_type.clone(),
        rect: rect(node),
        fate,
        is_ghost: false,
        fields,
    };
    let here = new.nodes.iter().map(|node| {
        if !before.contains_key(&node.id) {
            return card(node, Fate::Added, String::new());
        }
        let fields = changed.get(&node.id).map(|change| named(change, &title)).unwrap_or_default();
        card(node, if fields.is_empty() { Fate::Same } else { Fate::Changed }, fields)
    });
    let gone: Vec<&Node> = old.nodes.iter().filter(|node| !after.contains_key(&node.id)).collect();
    let places = ghosts::places(
        &gone.iter().map(|node| rect(node)).collect::<Vec<_>>(),
        &new.nodes.iter().map(rect).collect::<Vec<_>>(),
    );
    let gone: HashMap<NodeId, (&Node, Point)> =
        gone.into_iter().zip(places).map(|(node, at)| (node.id, (node, at))).collect();
    let in_order = old.nodes.iter().filter_map(|node| gone.get(&node.id));
    let ghosts = in_order.map(|(node, at)| ComparedCard {
        rect: geometry::node_rect(*at, &node.node_type),
        is_ghost: *at != place(node),
        ..card(node, Fate::Removed, String::new())
    });
    let mut cards: Vec<ComparedCard> = here.chain(ghosts).collect();
    cards.sort_by_key(|card| card.fate != Fate::Same);
    let frames: Vec<_> = new
        .notes
        .iter()
        .filter(|note| note.kind == NoteKind::Frame)
        .map(|note: &Note| (paper::rect_of(note), paper::short(&note.text, 60)))
        .collect();
    let wires = wires(old, new, &before, &after, &gone);
    let rects: Vec<Rect> =
        cards.iter().map(|card| card.rect).chain(frames.iter().map(|(rect, _)| *rect)).collect();
    Comparison { cards, wires, frames, bounds: geometry::bounds(&rects) }
}

fn by_id(workflow: &Workflow) -> HashMap<NodeId, &Node> {
    workflow.nodes.iter().map(|node| (node.id, node)).collect()
}

fn place(node: &Node) -> Point {
    Point::new(node.position_x, node.position_y)
}

/// The names of what changed of a step; empty where it only stands elsewhere.
fn named(change: &NodeChange, title: &impl Fn(&str) -> String) -> String {
    let mut names: Vec<String> = Vec::new();
    if change.renamed_from.is_some() {
        names.push("Name".to_owned());
    }
    for field in &change.fields {
        let name = title(&field.field);
        // A list with two changed items is one name.
        let name = name.split(": ").next().unwrap_or_default().to_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let rest = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let text = names.join(", ");
    if rest > 0 { format!("{text} and {rest} more") } else { text }
}

/// What an edge connects, its ports written out.
type Ends<'w> = (NodeId, &'w str, NodeId, &'w str);

fn ends<'w>(edge: &'w Edge, nodes: &HashMap<NodeId, &'w Node>) -> Ends<'w> {
    let ports = nodes.get(&edge.source_node_id).map_or(&["out"][..], |n| geometry::outputs(&n.node_type));
    let usual = if ports.contains(&"out") { "out" } else { ports.first().copied().unwrap_or("out") };
    let source = edge.source_port.as_deref().unwrap_or(usual);
    (edge.source_node_id, source, edge.target_node_id, edge.target_port.as_deref().unwrap_or("in"))
}

fn wires(
    old: &Workflow,
    new: &Workflow,
    before: &HashMap<NodeId, &Node>,
    after: &HashMap<NodeId, &Node>,
    gone: &HashMap<NodeId, (&Node, Point)>,
) -> Vec<ComparedWire> {
    // Nodes stand where they are now, those that are gone where they are drawn.
    let end = |id: NodeId| after.get(&id).map(|node| (*node, place(node))).or_else(|| gone.get(&id).copied());
    let curve = |edge: &Edge| {
        let ((source, at), (_, to)) = (end(edge.source_node_id)?, end(edge.target_node_id)?);
        let from = output_port(at, &source.node_type, edge.source_port.as_deref());
        Some(Curve::between(from, input_port(to)))
    };
    let mut known: HashMap<Ends<'_>, usize> = HashMap::new();
    for edge in &old.edges {
        *known.entry(ends(edge, before)).or_default() += 1;
    }
    let mut wires = Vec::with_capacity(new.edges.len());
    let mut add =
        |edge: &Edge, fate: Fate| wires.extend(curve(edge).map(|curve| ComparedWire { curve, fate }));
    for edge in &new.edges {
        let stays = known.get_mut(&ends(edge, after)).filter(|left| **left > 0).map(|left| *left -= 1);
        add(edge, if stays.is_some() { Fate::Same } else { Fate::Added });
    }
    for edge in &old.edges {
        if let Some(left) = known.get_mut(&ends(edge, before)).filter(|left| **left > 0) {
            *left -= 1;
            add(edge, Fate::Removed);
        }
    }
    wires.sort_by_key(|wire| wire.fate != Fate::Same);
    wires
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::{diff::diff, file::WorkflowFile, ids::EdgeId};
    use serde_json::json;

    fn three() -> Workflow {
        let file = json!({"format": 1, "name": "w", "nodes": [
            {"name": "a", "node_type": "transform", "config": {"expression": "1"}, "position": [0, 0]},
            {"name": "b", "node_type": "condition", "config": {"condition": "true"}, "position": [400, 0]},
            {"name": "c", "node_type": "transform", "position": [800, 0]},
        ], "edges": [{"source": "a", "target": "b"}, {"source": "b", "target": "c"}]});
        WorkflowFile::from_value(file).unwrap().into_workflow()
    }

    fn drawn(old: &Workflow, new: &Workflow) -> Comparison {
        compare(old, new, &diff(old, new), str::to_owned)
    }

    fn fates(comparison: &Comparison) -> Vec<(&str, Fate)> {
        let mut all: Vec<_> = comparison.cards.iter().map(|c| (c.name.as_str(), c.fate)).collect();
        all.sort_unstable();
        all
    }

    fn wire_fates(comparison: &Comparison) -> Vec<Fate> {
        comparison.wires.iter().map(|w| w.fate).collect()
    }

    #[test]
    fn moved_and_noted_is_the_same() {
        let old = three();
        let mut new = old.clone();
        new.nodes[0].position_y = 800.0;
        new.edges.iter_mut().for_each(|e| e.id = EdgeId::new());
        new.edges[1].source_port = Some("true".to_owned());
        let comparison = drawn(&old, &new);
        assert_eq!(fates(&comparison), [("a", Fate::Same), ("b", Fate::Same), ("c", Fate::Same)]);
        assert_eq!(wire_fates(&comparison), [Fate::Same; 2], "`true` is the usual port of a condition");
        assert!(comparison.bounds.height > 800.0, "it is drawn where it is now");
    }

    #[test]
    fn each_fate_is_told() {
        let old = three();
        let mut new = old.clone();
        new.nodes[0].config["expression"] = json!("2");
        new.nodes[0].name = "ay".to_owned();
        let gone = new.nodes.remove(2);
        new.edges.remove(1);
        new.nodes.push(Node { id: NodeId::new(), name: "d".to_owned(), position_y: 300.0, ..gone.clone() });
        let target = new.nodes[2].id;
        let edge = |port: &str| Edge {
            id: EdgeId::new(),
            source_node_id: new.nodes[1].id,
            source_port: Some(port.to_owned()),
            target_node_id: target,
            target_port: None,
        };
        let edge = edge("false");
        new.edges.push(edge);
        let comparison = drawn(&old, &new);
        let expected = [("ay", Fate::Changed), ("b", Fate::Same), ("c", Fate::Removed), ("d", Fate::Added)];
        assert_eq!(fates(&comparison), expected);
        assert_eq!(comparison.cards[0].name, "b", "what changed lies on top");
        let changed = comparison.cards.iter().find(|c| c.name == "ay").unwrap();
        assert_eq!(changed.fields, "Name, config.expression");
        let removed = comparison.cards.iter().find(|c| c.name == "c").unwrap();
        assert_eq!(removed.rect.x, gone.position_x, "at its old place");
        assert_eq!(wire_fates(&comparison), [Fate::Same, Fate::Added, Fate::Removed]);
        let (there, back) = (diff(&old, &new), diff(&new, &old));
        let count = |fate| comparison.wires.iter().filter(|w| w.fate == fate).count();
        assert_eq!(
            (count(Fate::Added), count(Fate::Removed)),
            (there.edges_added.len(), back.edges_added.len())
        );
    }

    #[test]
    fn a_step_in_the_place_of_another_leaves_its_name_and_its_wires_in_sight() {
        let old = three();
        let mut new = old.clone();
        new.nodes[2].id = NodeId::new();
        new.nodes[2].name = "d".to_owned();
        new.edges[1].target_node_id = new.nodes[2].id;
        let comparison = drawn(&old, &new);
        let card = |name: &str| comparison.cards.iter().find(|c| c.name == name).unwrap();
        assert!(card("c").is_ghost && !card("d").is_ghost);
        assert_eq!((card("c").rect.x, card("c").rect.y), (768.0, -32.0));
        assert_eq!((card("d").rect.x, card("d").rect.y), (800.0, 0.0));
        let end = |fate| comparison.wires.iter().find(|w| w.fate == fate).unwrap().curve.to;
        assert_eq!(end(Fate::Removed), input_port(Point::new(768.0, -32.0)));
        assert_eq!(end(Fate::Added), input_port(Point::new(800.0, 0.0)));
    }

    #[test]
    fn many_fields_are_a_number() {
        let old = three();
        let mut new = old.clone();
        for field in ["w", "x", "y", "z"] {
            new.nodes[0].config.insert(field.to_owned(), json!(1));
        }
        let comparison = drawn(&old, &new);
        let changed = comparison.cards.iter().find(|c| c.fate == Fate::Changed).unwrap();
        assert_eq!(changed.fields, "config.w, config.x, config.y and 1 more");
    }
}
