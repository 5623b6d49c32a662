//! What the canvas does to a document, and what it may do. Pure; undo and signals are in `editing`.

use super::geometry::{self, Point};
use crate::workflow::{
    catalog::{self, FieldKind},
    document::{Edge, Node, Workflow},
    expression::{self, Form},
    ids::{EdgeId, NodeId},
};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// A name that no node has yet: the wanted one, else with a number behind it.
#[must_use]
pub fn free_name(document: &Workflow, wanted: &str) -> String {
    let taken: HashSet<&str> = document.nodes.iter().map(|n| n.name.as_str()).collect();
    if !taken.contains(wanted) {
        return wanted.to_owned();
    }
    (2..).map(|i| format!("{wanted} {i}")).find(|name| !taken.contains(name.as_str())).unwrap_or_default()
}

/// Room that a new card asks for below its corner, in world pixels.
const ROOM: f64 = 160.0;
/// How far cards stay apart.
const GAP: f64 = 16.0;

/// The place at or below `wanted`, on the grid, where a new card lies on no other.
#[must_use]
pub fn free_place(document: &Workflow, wanted: Point) -> Point {
    let mut at = wanted.snapped();
    let taken = |p: Point| {
        document.nodes.iter().any(|n| {
            let r = geometry::node_rect(Point::new(n.position_x, n.position_y), &n.node_type);
            p.x < r.x + r.width + GAP
                && p.x + geometry::NODE_WIDTH + GAP > r.x
                && p.y < r.y + r.height + GAP
                && p.y + ROOM + GAP > r.y
        })
    };
    while taken(at) {
        at.y += 3.0 * geometry::GRID;
    }
    at
}

/// Where a step after this one would stand, and the port it would hang on: the first that is free, never `error`.
#[must_use]
pub fn place_after(document: &Workflow, id: NodeId) -> Option<(Point, String)> {
    let node = document.node(id)?;
    let used = |port: &str| {
        document.edges.iter().any(|e| e.source_node_id == id && port_name(document, e) == Some(port))
    };
    let ports = geometry::outputs(&node.node_type);
    let mut forward = ports.iter().filter(|p| **p != "error");
    let port = forward.clone().find(|p| !used(p)).or(forward.next())?;
    let x = node.position_x + geometry::NODE_WIDTH + 4.0 * GAP;
    Some((Point::new(x, node.position_y), (*port).to_owned()))
}

/// A new node of a type, named after it, with the fields it must have.
#[must_use]
pub fn new_node(document: &Workflow, node_type: &catalog::NodeType, at: Point) -> Node {
    let at = free_place(document, at);
    Node {
        id: NodeId::new(),
        name: free_name(document, node_type.title),
        node_type: node_type.name.to_owned(),
        config: node_type.new_config(),
        settings: Default::default(),
        position_x: at.x,
        position_y: at.y,
    }
}

/// Gives a node another name and rewrites what refers to it.
pub fn rename_node(document: &mut Workflow, id: NodeId, new: &str) {
    let Some(node) = document.nodes.iter_mut().find(|n| n.id == id) else { return };
    let old = std::mem::replace(&mut node.name, new.to_owned());
    for node in &mut document.nodes {
        let Some(known) = catalog::find(&node.node_type) else { continue };
        for field in &known.fields {
            let form = match field.kind {
                FieldKind::Bare => Form::Bare,
                FieldKind::Text | FieldKind::Data => Form::Template,
                FieldKind::PerItem => Form::ItemTemplate,
                FieldKind::Literal | FieldKind::Credential => continue,
            };
            if let Some(value) = node.config.get_mut(&field.name) {
                rename_in(value, form, &old, new);
            }
        }
    }
}

fn rename_in(value: &mut Value, form: Form, old: &str, new: &str) {
    match value {
        Value::String(text) => {
            if let Some(renamed) = expression::rename_node(text, form, old, new) {
                *text = renamed;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|v| rename_in(v, form, old, new)),
        Value::Object(map) => map.values_mut().for_each(|v| rename_in(v, form, old, new)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Takes a node and its edges out.
pub fn remove_node(document: &mut Workflow, id: NodeId) {
    document.nodes.retain(|n| n.id != id);
    document.edges.retain(|e| e.source_node_id != id && e.target_node_id != id);
}

/// Whether an edge from `source` by `port` to `target` would be new and close no circle.
#[must_use]
pub fn may_connect(document: &Workflow, source: NodeId, port: &str, target: NodeId) -> bool {
    may_connect_but(document, None, source, port, target)
}

/// The same, as if one edge were not there.
#[must_use]
pub fn may_connect_but(
    document: &Workflow,
    ignored: Option<EdgeId>,
    source: NodeId,
    port: &str,
    target: NodeId,
) -> bool {
    source != target
        && !joined(document, ignored, source, port).any(|known| known == target)
        && !reached(document, ignored, target, Way::Down).contains(&source)
}

/// All nodes that an edge from `source` by `port` may end at: everything that does not lead to it.
#[must_use]
pub fn targets(document: &Workflow, ignored: Option<EdgeId>, source: NodeId, port: &str) -> HashSet<NodeId> {
    let mut barred = reached(document, ignored, source, Way::Up);
    barred.extend(joined(document, ignored, source, port));
    let takes = |n: &&Node| catalog::sketch(&n.node_type).is_none_or(|t| !t.inputs.is_empty());
    document.nodes.iter().filter(takes).map(|n| n.id).filter(|id| !barred.contains(id)).collect()
}

/// All nodes that an edge to `target` may come from: everything that it does not lead to.
#[must_use]
pub fn sources(document: &Workflow, ignored: Option<EdgeId>, target: NodeId) -> HashSet<NodeId> {
    let barred = reached(document, ignored, target, Way::Down);
    document.nodes.iter().map(|n| n.id).filter(|id| !barred.contains(id)).collect()
}

/// The targets of a port's edges.
fn joined<'d>(
    document: &'d Workflow,
    ignored: Option<EdgeId>,
    source: NodeId,
    port: &str,
) -> impl Iterator<Item = NodeId> + 'd {
    let port = port.to_owned();
    let mine = move |e: &&Edge| e.source_node_id == source && Some(e.id) != ignored;
    document
        .edges
        .iter()
        .filter(mine)
        .filter(move |e| port_name(document, e) == Some(port.as_str()))
        .map(|e| e.target_node_id)
}

/// Adds the edge, if it may be.
pub fn connect(document: &mut Workflow, source: NodeId, port: &str, target: NodeId) -> bool {
    let may = may_connect(document, source, port, target);
    if may {
        document.edges.push(Edge {
            id: EdgeId::new(),
            source_node_id: source,
            source_port: Some(port.to_owned()),
            target_node_id: target,
            target_port: None,
        });
    }
    may
}

/// The port an edge leaves by, its default resolved.
#[must_use]
pub fn port_name<'a>(document: &'a Workflow, edge: &'a Edge) -> Option<&'a str> {
    edge.source_port.as_deref().or_else(|| {
        let node = document.node(edge.source_node_id)?;
        Some(catalog::sketch(&node.node_type).map_or("out", |t| t.default_output()))
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Along the edges.
    Down,
    /// Against them.
    Up,
}

/// A node and all that its edges lead to.
#[must_use]
pub fn downstream(document: &Workflow, from: NodeId) -> HashSet<NodeId> {
    reached(document, None, from, Way::Down)
}

fn reached(document: &Workflow, ignored: Option<EdgeId>, from: NodeId, way: Way) -> HashSet<NodeId> {
    let mut next: HashMap<NodeId, Vec<NodeId>> = HashMap::with_capacity(document.nodes.len());
    for edge in document.edges.iter().filter(|e| Some(e.id) != ignored) {
        let (near, far) = match way {
            Way::Down => (edge.source_node_id, edge.target_node_id),
            Way::Up => (edge.target_node_id, edge.source_node_id),
        };
        next.entry(near).or_default().push(far);
    }
    let mut seen = HashSet::from([from]);
    let mut open = vec![from];
    while let Some(node) = open.pop() {
        open.extend(next.get(&node).into_iter().flatten().filter(|n| seen.insert(**n)));
    }
    seen
}

/// The uppermost node whose card lies under a point of the world, or within `margin` of it.
#[must_use]
pub fn node_at(document: &Workflow, p: Point, margin: f64) -> Option<NodeId> {
    let hit = |n: &&Node| {
        geometry::node_rect(Point::new(n.position_x, n.position_y), &n.node_type).contains(p, margin)
    };
    document.nodes.iter().rev().find(hit).map(|n| n.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::canvas::sample;

    fn line() -> (Workflow, Vec<NodeId>) {
        let mut document = sample::document();
        for x in [0.0, 400.0, 800.0] {
            let node = new_node(&document, catalog::find("condition").unwrap(), Point::new(x, 0.0));
            document.nodes.push(node);
        }
        let ids: Vec<_> = document.nodes.iter().map(|n| n.id).collect();
        assert!(connect(&mut document, ids[0], "true", ids[1]));
        assert!(connect(&mut document, ids[1], "true", ids[2]));
        (document, ids)
    }

    #[test]
    fn names_and_places_stay_apart() {
        let (mut document, _) = line();
        assert_eq!(document.nodes[1].name, format!("{} 2", document.nodes[0].name));
        let node = new_node(&document, catalog::find("condition").unwrap(), Point::new(3.0, -5.0));
        assert_eq!((node.position_x, node.position_y), (0.0, 192.0), "below the card of 164 that is there");
        document.nodes.push(node);
        assert_eq!(free_place(&document, Point::new(0.0, 0.0)), Point::new(0.0, 384.0));
        assert_eq!(free_place(&document, Point::new(0.0, -400.0)), Point::new(0.0, -400.0));
    }

    #[test]
    fn the_next_step_hangs_on_the_first_free_port() {
        let (document, ids) = line();
        let (at, port) = place_after(&document, ids[0]).unwrap();
        assert_eq!((at, port.as_str()), (Point::new(320.0, 0.0), "false"), "`true` is taken");
        assert_eq!(place_after(&document, ids[2]).unwrap().1, "true");
        assert_eq!(place_after(&document, NodeId::new()), None);
    }

    #[test]
    fn no_circles_no_doubles_no_loops() {
        let (document, ids) = line();
        assert!(!may_connect(&document, ids[2], "true", ids[0]), "closes a circle");
        assert!(!may_connect(&document, ids[0], "true", ids[1]), "is there already");
        assert!(may_connect(&document, ids[0], "false", ids[1]), "another port");
        assert!(!may_connect(&document, ids[1], "true", ids[1]), "to itself");
    }

    #[test]
    fn targets_are_all_that_may_be_connected() {
        let (mut document, ids) = line();
        let apart = new_node(&document, catalog::find("transform").unwrap(), Point::new(0.0, 900.0));
        document.nodes.push(apart);
        for source in &document.nodes {
            for port in ["true", "false", "out"] {
                let found = targets(&document, None, source.id, port);
                for target in &document.nodes {
                    let may = may_connect(&document, source.id, port, target.id);
                    assert_eq!(found.contains(&target.id), may, "{} {port} {}", source.name, target.name);
                }
            }
        }
        let first = document.edges[0].id;
        assert!(
            may_connect_but(&document, Some(first), ids[1], "false", ids[0]),
            "no circle without the first edge"
        );
    }

    #[test]
    fn an_edge_without_a_port_counts_as_the_default_one() {
        let (mut document, ids) = line();
        document.edges[0].source_port = None;
        assert!(!may_connect(&document, ids[0], "true", ids[1]));
    }

    #[test]
    fn renaming_reaches_the_expressions_of_others() {
        let (mut document, ids) = line();
        document.nodes[0].name = "first".to_owned();
        document.nodes[2].config.insert("condition".to_owned(), Value::from("nodes.first.score > 1"));
        rename_node(&mut document, ids[0], "entry");
        assert_eq!(document.nodes[0].name, "entry");
        assert_eq!(document.nodes[2].config["condition"], "nodes.entry.score > 1");
    }

    #[test]
    fn removing_a_node_takes_its_edges() {
        let (mut document, ids) = line();
        remove_node(&mut document, ids[1]);
        assert_eq!((document.nodes.len(), document.edges.len()), (2, 0));
    }

    #[test]
    fn the_later_card_is_on_top() {
        let (mut document, ids) = line();
        document.nodes[1].position_x = 100.0;
        assert_eq!(node_at(&document, Point::new(120.0, 20.0), 0.0), Some(ids[1]));
        assert_eq!(node_at(&document, Point::new(20.0, 20.0), 0.0), Some(ids[0]));
        assert_eq!(node_at(&document, Point::new(20.0, -30.0), 12.0), None);
    }
}
