//! Steps that find their place: tidy-up of the chosen steps (of all where not several are chosen), and a step put into
//! an edge. Frames keep round their cards. Each is one step of undo.

use super::{
    editing::{Editing, papers::Places},
    geometry::{self, Point, input_port, output_port},
    paper,
    tidy::{Arrow, Item, tidy},
    wiring,
};
use crate::{
    ui::browser::motion,
    workflow::{
        document::Workflow,
        ids::{EdgeId, NodeId},
    },
};
use leptos::prelude::*;
use std::collections::{HashMap, HashSet};

/// Milliseconds that the cards take to their new places.
const GLIDE: f64 = 180.0;
/// More cards than this jump.
const MOST_GLIDING: usize = 200;

/// The new places of the nodes that move at all.
#[must_use]
pub fn places(document: &Workflow, chosen: &HashSet<NodeId>) -> Vec<(NodeId, Point)> {
    let is_meant = |id: NodeId| chosen.len() < 2 || chosen.contains(&id);
    let nodes: Vec<_> = document.nodes.iter().filter(|n| is_meant(n.id)).collect();
    let index: HashMap<NodeId, usize> = nodes.iter().enumerate().map(|(i, n)| (n.id, i)).collect();
    let items: Vec<Item> = nodes
        .iter()
        .map(|n| {
            let rect = geometry::node_rect(Point::new(n.position_x, n.position_y), &n.node_type);
            Item { at: Point::new(rect.x, rect.y), width: rect.width, height: rect.height }
        })
        .collect();
    let arrows: Vec<Arrow> = document
        .edges
        .iter()
        .filter_map(|e| {
            let (source, target) = (*index.get(&e.source_node_id)?, *index.get(&e.target_node_id)?);
            let exit = output_port(Point::default(), &nodes[source].node_type, e.source_port.as_deref()).y;
            Some(Arrow { source, target, exit, entry: input_port(Point::default()).y })
        })
        .collect();
    let places = tidy(&items, &arrows);
    let moved = nodes.iter().zip(&items).zip(places).filter(|((_, item), at)| item.at != *at);
    moved.map(|((node, _), at)| (node.id, at)).collect()
}

impl Editing {
    /// Puts a card that was carried onto an edge into it.
    pub fn insert(self, edge: EdgeId, node: NodeId, places: &[(NodeId, Point)]) {
        self.change(None, |document| {
            for (id, at) in places {
                if let Some(node) = document.nodes.iter_mut().find(|n| n.id == *id) {
                    (node.position_x, node.position_y) = (at.x, at.y);
                }
            }
            wiring::insert(document, edge, node);
        });
    }

    /// Tidies up; a graph that is tidied whole is shown whole.
    pub fn tidy(self) {
        let chosen = self.selection.with_untracked(|s| s.nodes().clone());
        let places = self.read(|d| places(d, &chosen));
        let before: Vec<_> = places
            .iter()
            .filter_map(|(id, to)| self.card(*id).map(|card| (card.at.get_untracked(), *to, card)))
            .collect();
        let notes = self.read(|d| paper::following(d, &places));
        self.put(None, &Places { nodes: places, notes });
        if chosen.len() < 2 {
            self.fit();
        }
        if before.len() > MOST_GLIDING || motion::is_reduced() {
            return;
        }
        motion::animate(GLIDE, move |part| {
            for (from, to, card) in &before {
                // A card that was taken elsewhere meanwhile is left alone.
                let aim = card.node.try_with_untracked(|n| Point::new(n.position_x, n.position_y));
                if aim == Some(*to) {
                    let at = |a: f64, b: f64| a + (b - a) * part;
                    card.at.set(Point::new(at(from.x, to.x), at(from.y, to.y)));
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::canvas::sample;
    use crate::{ui::canvas::change, workflow::catalog};

    fn heap() -> Workflow {
        let mut document = sample::document();
        for x in [600.0, 0.0, 300.0] {
            let kind = catalog::find("condition").unwrap();
            let mut node = change::new_node(&document, kind, Point::new(x, 0.0));
            node.position_x = x;
            document.nodes.push(node);
        }
        let ids: Vec<_> = document.nodes.iter().map(|n| n.id).collect();
        assert!(change::connect(&mut document, ids[0], "true", ids[1]));
        assert!(change::connect(&mut document, ids[1], "true", ids[2]));
        document
    }

    #[test]
    fn all_are_laid_out_unless_several_are_chosen() {
        let document = heap();
        let ids: Vec<_> = document.nodes.iter().map(|n| n.id).collect();
        assert_eq!(places(&document, &HashSet::new()).len(), 3);
        assert_eq!(places(&document, &HashSet::from([ids[0]])).len(), 3, "one alone has no layout");
        let two = places(&document, &HashSet::from([ids[0], ids[1]]));
        assert!(two.iter().all(|(id, _)| *id != ids[2]), "{two:?}");
        let x = |id| two.iter().find(|(i, _)| *i == id).map(|(_, at)| at.x);
        assert!(x(ids[0]) < x(ids[1]));
    }

    #[test]
    fn what_is_tidy_does_not_move() {
        let mut document = heap();
        for (id, at) in places(&document, &HashSet::new()) {
            let node = document.nodes.iter_mut().find(|n| n.id == id).unwrap();
            (node.position_x, node.position_y) = (at.x, at.y);
        }
        assert_eq!(places(&document, &HashSet::new()), []);
    }
}
