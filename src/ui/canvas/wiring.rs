//! What is done to edges: a step put into one, an end moved to another port. Pure, on the document.

use super::{
    change::{self, free_place},
    geometry::{self, Curve, GRID, NODE_WIDTH, Point, input_port, output_port},
};
use crate::workflow::{
    catalog,
    document::{Edge, Node, Workflow},
    ids::{EdgeId, NodeId},
};

/// One end of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Source,
    Target,
}

/// Room between two cards that follow each other.
const GAP: f64 = 64.0;

/// The edge as it is drawn; `None` where one of its nodes is gone.
#[must_use]
pub fn curve(document: &Workflow, edge: &Edge) -> Option<Curve> {
    let (source, target) = (document.node(edge.source_node_id)?, document.node(edge.target_node_id)?);
    let from = output_port(place(source), &source.node_type, edge.source_port.as_deref());
    Some(Curve::between(from, input_port(place(target))))
}

fn place(node: &Node) -> Point {
    Point::new(node.position_x, node.position_y)
}

/// The port by which a node of a type hands on: the first that is not `error`.
#[must_use]
pub fn forward_port(node_type: &str) -> Option<&'static str> {
    geometry::outputs(node_type).iter().copied().find(|p| *p != "error")
}

/// Whether a node of this type can stand in the middle of an edge.
#[must_use]
pub fn can_stand_between(node_type: &str) -> bool {
    forward_port(node_type).is_some() && catalog::sketch(node_type).is_none_or(|t| !t.inputs.is_empty())
}

/// Whether a node that is there already may be put into an edge: nothing is joined to it, and it is none of its ends.
#[must_use]
pub fn may_insert(document: &Workflow, edge: EdgeId, node: NodeId) -> bool {
    let joined = |e: &Edge| e.source_node_id == node || e.target_node_id == node;
    document.edges.iter().any(|e| e.id == edge)
        && !document.edges.iter().any(joined)
        && document.node(node).is_some_and(|n| can_stand_between(&n.node_type))
}

/// Puts a node of the document into an edge: the edge then ends at it, and a new one leads on to where it ended.
/// `false`, and nothing is changed, where that cannot be.
pub fn insert(document: &mut Workflow, edge: EdgeId, node: NodeId) -> bool {
    let Some(port) = document.node(node).and_then(|n| forward_port(&n.node_type)) else { return false };
    let Some(place) = document.edges.iter().position(|e| e.id == edge) else { return false };
    let ends = [document.edges[place].source_node_id, document.edges[place].target_node_id];
    if ends.contains(&node) {
        return false;
    }
    let before = document.edges[place].clone();
    let first = &mut document.edges[place];
    (first.target_node_id, first.target_port) = (node, None);
    let onward = Edge {
        id: EdgeId::new(),
        source_node_id: node,
        source_port: Some(port.to_owned()),
        target_node_id: before.target_node_id,
        target_port: before.target_port,
    };
    document.edges.insert(place + 1, onward);
    true
}

/// Where a new card stands that goes into an edge: between the two, on the height of the first.
#[must_use]
pub fn place_in(document: &Workflow, edge: EdgeId) -> Option<Point> {
    let edge = document.edges.iter().find(|e| e.id == edge)?;
    let (source, target) = (document.node(edge.source_node_id)?, document.node(edge.target_node_id)?);
    let free_x = source.position_x + NODE_WIDTH;
    let middle = curve(document, edge)?.at(0.5);
    let is_forward = target.position_x >= free_x;
    let x = if is_forward {
        (middle.x - NODE_WIDTH / 2.0).max(free_x + GAP)
    } else {
        middle.x - NODE_WIDTH / 2.0
    };
    let y = if is_forward { (source.position_y + target.position_y) / 2.0 } else { middle.y };
    Some(Point::new(x, y).snapped())
}

/// Moves what comes after an edge's new node to the right, as far as the node needs room; the part of the graph that
/// hangs on the edge's old target moves as a whole.
pub fn make_room(document: &mut Workflow, node: NodeId) {
    let Some(right) = document.node(node).map(|n| n.position_x + NODE_WIDTH + GAP) else { return };
    let Some(next) = document.edges.iter().find(|e| e.source_node_id == node).map(|e| e.target_node_id)
    else {
        return;
    };
    let Some(there) = document.node(next).map(|n| n.position_x) else { return };
    let by = ((right - there) / GRID).ceil() * GRID;
    // A target to the left, as of an edge that leads back, stays.
    if by <= 0.0 || by > NODE_WIDTH + 2.0 * GAP {
        return;
    }
    let moved = change::downstream(document, next);
    for n in
        document.nodes.iter_mut().filter(|n| moved.contains(&n.id) && n.id != node && n.position_x >= there)
    {
        n.position_x += by;
    }
}

/// Adds a new node into an edge and makes room for it. Gives the node back where it cannot stand there.
///
/// # Errors
/// The node: the edge is gone, or a step of this type takes no input or gives no output.
pub fn insert_new(document: &mut Workflow, edge: EdgeId, mut node: Node) -> Result<(), Box<Node>> {
    let Some(at) = place_in(document, edge).filter(|_| can_stand_between(&node.node_type)) else {
        return Err(Box::new(node));
    };
    let id = node.id;
    (node.position_x, node.position_y) = (at.x, at.y);
    document.nodes.push(node);
    insert(document, edge, id);
    make_room(document, id);
    // What still lies there is no follower; the new card goes below it.
    if let Some(mut node) = document.nodes.pop() {
        let at = free_place(document, at);
        (node.position_x, node.position_y) = (at.x, at.y);
        document.nodes.push(node);
    }
    Ok(())
}

/// Whether the end of an edge may be moved to a port of another node (`port` matters for its source only).
#[must_use]
pub fn may_rewire(document: &Workflow, edge: EdgeId, end: End, to: NodeId, port: &str) -> bool {
    let Some(old) = document.edges.iter().find(|e| e.id == edge) else { return false };
    match end {
        End::Target => {
            let port = change::port_name(document, old).unwrap_or("out");
            let kind = document.node(to).and_then(|n| catalog::sketch(&n.node_type));
            kind.is_none_or(|t| !t.inputs.is_empty())
                && change::may_connect_but(document, Some(edge), old.source_node_id, port, to)
        }
        End::Source => change::may_connect_but(document, Some(edge), to, port, old.target_node_id),
    }
}

/// Moves the end of an edge; `false`, and nothing is changed, where that may not be.
pub fn rewire(document: &mut Workflow, edge: EdgeId, end: End, to: NodeId, port: &str) -> bool {
    let may = may_rewire(document, edge, end, to, port);
    if may && let Some(edge) = document.edges.iter_mut().find(|e| e.id == edge) {
        match end {
            End::Target => (edge.target_node_id, edge.target_port) = (to, None),
            End::Source => (edge.source_node_id, edge.source_port) = (to, Some(port.to_owned())),
        }
    }
    may
}

/// The output port of a node that is nearest to a point of the world.
#[must_use]
pub fn nearest_port(document: &Workflow, node: NodeId, p: Point) -> Option<&'static str> {
    let node = document.node(node)?;
    let far = |port: &&&str| output_port(place(node), &node.node_type, Some(port)).distance(p);
    geometry::outputs(&node.node_type).iter().min_by(|a, b| far(a).total_cmp(&far(b))).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::canvas::sample;

    /// A condition whose `true` leads to a transform, and a transform apart.
    fn pair() -> (Workflow, Vec<NodeId>, EdgeId) {
        let mut document = sample::document();
        for (kind, x, y) in [("condition", 0.0, 0.0), ("transform", 320.0, 0.0), ("transform", 0.0, 480.0)] {
            let node = change::new_node(&document, catalog::find(kind).unwrap(), Point::new(x, y));
            document.nodes.push(node);
        }
        let ids: Vec<_> = document.nodes.iter().map(|n| n.id).collect();
        assert!(change::connect(&mut document, ids[0], "true", ids[1]));
        let edge = document.edges[0].id;
        (document, ids, edge)
    }

    fn ends(document: &Workflow) -> Vec<(NodeId, Option<&str>, NodeId)> {
        let ends = |e: &Edge| (e.source_node_id, e.source_port.clone(), e.target_node_id);
        document.edges.iter().map(|e| (ends(e).0, e.source_port.as_deref(), ends(e).2)).collect()
    }

    #[test]
    fn a_step_in_an_edge_keeps_its_port_and_leads_on() {
        let (mut document, ids, edge) = pair();
        assert!(may_insert(&document, edge, ids[2]));
        assert!(insert(&mut document, edge, ids[2]));
        assert_eq!(ends(&document), [(ids[0], Some("true"), ids[2]), (ids[2], Some("out"), ids[1])]);
        assert_eq!(document.edges[0].id, edge);
    }

    #[test]
    fn what_is_joined_already_is_not_put_into_an_edge() {
        let (mut document, ids, edge) = pair();
        assert!(!may_insert(&document, edge, ids[1]), "one of its ends");
        assert!(!insert(&mut document, edge, ids[0]));
        assert!(change::connect(&mut document, ids[0], "false", ids[2]));
        assert!(!may_insert(&document, edge, ids[2]));
        assert!(!may_insert(&document, EdgeId::new(), ids[2]));
    }

    #[test]
    fn a_new_step_makes_room_for_itself() {
        let (mut document, ids, edge) = pair();
        let node = change::new_node(&document, catalog::find("transform").unwrap(), Point::default());
        let new = node.id;
        assert_eq!(insert_new(&mut document, edge, node.clone()), Ok(()));
        assert_eq!(
            insert_new(&mut document, EdgeId::new(), node.clone()),
            Err(Box::new(node)),
            "no such edge"
        );
        let x = |id| document.node(id).unwrap().position_x;
        assert_eq!((x(ids[0]), x(new), x(ids[1])), (0.0, 320.0, 640.0));
        assert_eq!(x(ids[2]), 0.0, "what does not follow stays");
        assert_eq!(document.node(new).unwrap().position_y, 0.0);
    }

    #[test]
    fn an_end_moves_to_where_no_circle_closes() {
        let (mut document, ids, edge) = pair();
        assert!(rewire(&mut document, edge, End::Target, ids[2], "in"));
        assert_eq!(ends(&document), [(ids[0], Some("true"), ids[2])]);
        assert!(!may_rewire(&document, edge, End::Target, ids[0], "in"), "its own source");
        assert!(rewire(&mut document, edge, End::Source, ids[0], "false"), "another port of the same node");
        assert!(rewire(&mut document, edge, End::Source, ids[1], "out"));
        assert_eq!(ends(&document), [(ids[1], Some("out"), ids[2])]);
        assert!(change::connect(&mut document, ids[0], "true", ids[1]));
        assert!(!may_rewire(&document, edge, End::Target, ids[0], "in"), "closes a circle");
    }

    #[test]
    fn the_port_under_the_pointer_is_meant() {
        let (document, ids, _) = pair();
        for port in ["true", "false", "error"] {
            let p = output_port(Point::default(), "condition", Some(port));
            assert_eq!(nearest_port(&document, ids[0], p), Some(port));
        }
    }
}
