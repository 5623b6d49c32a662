//! What is chosen: any number of nodes, edges and notes. Pure; the signal that holds it is in `editing`.

use super::{
    geometry::{self, Point, Rect},
    paper,
};
use crate::workflow::{
    document::Workflow,
    ids::{EdgeId, NodeId, NoteId},
    notes::NoteKind,
};
use std::collections::HashSet;

/// The chosen nodes, edges and notes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    nodes: HashSet<NodeId>,
    edges: HashSet<EdgeId>,
    notes: HashSet<NoteId>,
}

impl Selection {
    /// One node and nothing else.
    #[must_use]
    pub fn node(id: NodeId) -> Self {
        Self { nodes: HashSet::from([id]), ..Self::default() }
    }

    /// One edge and nothing else.
    #[must_use]
    pub fn edge(id: EdgeId) -> Self {
        Self { edges: HashSet::from([id]), ..Self::default() }
    }

    /// One note and nothing else.
    #[must_use]
    pub fn note(id: NoteId) -> Self {
        Self { notes: HashSet::from([id]), ..Self::default() }
    }

    /// These nodes and no edge.
    #[must_use]
    pub fn of_nodes(ids: impl IntoIterator<Item = NodeId>) -> Self {
        Self { nodes: ids.into_iter().collect(), ..Self::default() }
    }

    /// The same with these notes.
    #[must_use]
    pub fn and_notes(mut self, ids: impl IntoIterator<Item = NoteId>) -> Self {
        self.notes.extend(ids);
        self
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.edges.is_empty() && self.notes.is_empty()
    }

    #[must_use]
    pub fn has_node(&self, id: NodeId) -> bool {
        self.nodes.contains(&id)
    }

    #[must_use]
    pub fn has_edge(&self, id: EdgeId) -> bool {
        self.edges.contains(&id)
    }

    #[must_use]
    pub fn has_note(&self, id: NoteId) -> bool {
        self.notes.contains(&id)
    }

    /// How many things are chosen.
    #[must_use]
    pub fn count(&self) -> usize {
        self.nodes.len() + self.edges.len() + self.notes.len()
    }

    /// The node, where one node and nothing else is chosen.
    #[must_use]
    pub fn single_node(&self) -> Option<NodeId> {
        self.nodes.iter().next().copied().filter(|_| self.count() == 1)
    }

    /// The edge, where one edge and nothing else is chosen.
    #[must_use]
    pub fn single_edge(&self) -> Option<EdgeId> {
        self.edges.iter().next().copied().filter(|_| self.count() == 1)
    }

    /// The note, where one note and nothing else is chosen.
    #[must_use]
    pub fn single_note(&self) -> Option<NoteId> {
        self.notes.iter().next().copied().filter(|_| self.count() == 1)
    }

    #[must_use]
    pub fn nodes(&self) -> &HashSet<NodeId> {
        &self.nodes
    }

    #[must_use]
    pub fn edges(&self) -> &HashSet<EdgeId> {
        &self.edges
    }

    #[must_use]
    pub fn notes(&self) -> &HashSet<NoteId> {
        &self.notes
    }

    /// Takes a node in, or out if it is in.
    pub fn toggle_node(&mut self, id: NodeId) {
        if !self.nodes.remove(&id) {
            self.nodes.insert(id);
        }
    }

    /// Takes an edge in, or out if it is in.
    pub fn toggle_edge(&mut self, id: EdgeId) {
        if !self.edges.remove(&id) {
            self.edges.insert(id);
        }
    }

    /// Takes a note in, or out if it is in.
    pub fn toggle_note(&mut self, id: NoteId) {
        if !self.notes.remove(&id) {
            self.notes.insert(id);
        }
    }

    /// Forgets what the document no longer has; tells whether there was any.
    pub fn forget_gone(&mut self, document: &Workflow) -> bool {
        if self.is_empty() {
            return false;
        }
        let before = self.count();
        let nodes: HashSet<_> = document.nodes.iter().map(|n| n.id).collect();
        let edges: HashSet<_> = document.edges.iter().map(|e| e.id).collect();
        self.nodes.retain(|id| nodes.contains(id));
        self.edges.retain(|id| edges.contains(id));
        self.notes.retain(|id| document.note(*id).is_some());
        self.count() != before
    }

    /// These, all nodes whose cards a box touches, the notes that it touches and the frames that it goes round.
    #[must_use]
    pub fn with_box(&self, document: &Workflow, area: Rect) -> Self {
        let touched = document.nodes.iter().filter(|n| {
            let card = geometry::node_rect(Point::new(n.position_x, n.position_y), &n.node_type);
            meet(card, area)
        });
        let mut all = self.clone();
        all.nodes.extend(touched.map(|n| n.id));
        let papers = document.notes.iter().filter(|n| match n.kind {
            NoteKind::Note => meet(paper::rect_of(n), area),
            NoteKind::Frame => area.covers(paper::rect_of(n)),
        });
        all.notes.extend(papers.map(|n| n.id));
        all
    }
}

/// The box with these two opposite corners.
#[must_use]
pub fn spanned(a: Point, b: Point) -> Rect {
    Rect { x: a.x.min(b.x), y: a.y.min(b.y), width: (a.x - b.x).abs(), height: (a.y - b.y).abs() }
}

/// Whether two boxes have a place in common.
#[must_use]
pub fn meet(a: Rect, b: Rect) -> bool {
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::canvas::sample;
    use crate::workflow::{catalog, document::Node};

    fn document() -> Workflow {
        let node = |x: f64| Node {
            id: NodeId::new(),
            name: x.to_string(),
            node_type: "transform".to_owned(),
            config: catalog::find("transform").unwrap().new_config(),
            settings: Default::default(),
            position_x: x,
            position_y: 0.0,
        };
        sample::of_nodes(vec![node(0.0), node(320.0), node(640.0)])
    }

    #[test]
    fn one_node_is_single_only_when_alone() {
        let (a, b, edge) = (NodeId::new(), NodeId::new(), EdgeId::new());
        let mut chosen = Selection::node(a);
        assert_eq!(chosen.single_node(), Some(a));
        chosen.toggle_node(b);
        assert_eq!(chosen.single_node(), None);
        chosen.toggle_node(a);
        assert_eq!(chosen.single_node(), Some(b));
        chosen.toggle_edge(edge);
        assert_eq!((chosen.single_node(), chosen.single_edge()), (None, None));
        chosen.toggle_node(b);
        assert_eq!(chosen.single_edge(), Some(edge));
    }

    #[test]
    fn a_box_takes_what_it_touches_and_keeps_what_was_chosen() {
        let document = document();
        let ids: Vec<_> = document.nodes.iter().map(|n| n.id).collect();
        let kept = Selection::node(ids[2]);
        let area = spanned(Point::new(330.0, 40.0), Point::new(250.0, -20.0));
        assert_eq!(kept.with_box(&document, area), Selection::of_nodes(ids.clone()));
        let beside = spanned(Point::new(260.0, -20.0), Point::new(319.0, 400.0));
        assert_eq!(kept.with_box(&document, beside), kept);
    }

    #[test]
    fn what_is_gone_is_forgotten() {
        let mut document = document();
        let ids: Vec<_> = document.nodes.iter().map(|n| n.id).collect();
        let mut chosen = Selection::of_nodes(ids.clone());
        assert!(!chosen.forget_gone(&document));
        document.nodes.remove(1);
        assert!(chosen.forget_gone(&document));
        assert_eq!(chosen, Selection::of_nodes([ids[0], ids[2]]));
    }
}
