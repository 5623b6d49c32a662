//! Undo and redo over whole documents. Changes of one kind in a row, such as typing into one field, are one step.
//! Steps share the nodes, edges and notes in which they do not differ: two hundred steps of a large graph are little more
//! than one.

use crate::workflow::{
    document::{Edge, Node, Workflow},
    ids::{EdgeId, NodeId, NoteId},
    notes::Note,
};
use std::{collections::HashMap, hash::Hash, sync::Arc};

/// Steps that can be taken back.
const DEPTH: usize = 200;

/// A document as it was.
#[derive(Debug, Clone)]
struct Snapshot {
    /// All but nodes, edges and notes.
    frame: Workflow,
    nodes: Vec<Arc<Node>>,
    edges: Vec<Arc<Edge>>,
    notes: Vec<Arc<Note>>,
}

impl Snapshot {
    /// Takes the document up, with what it has in common with another one.
    fn of(mut document: Workflow, like: Option<&Self>) -> Self {
        let nodes = std::mem::take(&mut document.nodes);
        let edges = std::mem::take(&mut document.edges);
        let id = |n: &Node| n.id;
        let edge_id = |e: &Edge| e.id;
        let notes = std::mem::take(&mut document.notes);
        Self {
            nodes: shared::<Node, NodeId>(nodes, like.map_or(&[], |l| &l.nodes), id),
            edges: shared::<Edge, EdgeId>(edges, like.map_or(&[], |l| &l.edges), edge_id),
            notes: shared::<Note, NoteId>(notes, like.map_or(&[], |l| &l.notes), |n| n.id),
            frame: document,
        }
    }

    fn document(self) -> Workflow {
        let mut document = self.frame;
        document.nodes = self.nodes.into_iter().map(Arc::unwrap_or_clone).collect();
        document.edges = self.edges.into_iter().map(Arc::unwrap_or_clone).collect();
        document.notes = self.notes.into_iter().map(Arc::unwrap_or_clone).collect();
        document
    }
}

fn shared<T: PartialEq, K: Hash + Eq>(items: Vec<T>, like: &[Arc<T>], key: impl Fn(&T) -> K) -> Vec<Arc<T>> {
    // Mostly each stands where it stood; where one came or went, they are found by id.
    let mut known: Option<HashMap<K, &Arc<T>>> = None;
    let mut share = |(place, item): (usize, T)| {
        let same = like.get(place).filter(|l| key(l) == key(&item)).or_else(|| {
            let known = known.get_or_insert_with(|| like.iter().map(|l| (key(l), l)).collect());
            known.get(&key(&item)).copied()
        });
        same.filter(|l| ***l == item).map_or_else(|| Arc::new(item), Arc::clone)
    };
    items.into_iter().enumerate().map(&mut share).collect()
}

/// What was before, and what was taken back.
#[derive(Debug, Clone, Default)]
pub struct History {
    past: Vec<Snapshot>,
    future: Vec<Snapshot>,
    /// What the last change was about; an equal one joins it.
    last: Option<String>,
}

impl History {
    /// Whether a change about `joins` is a part of the step before; then nothing of it needs to be remembered.
    #[must_use]
    pub fn goes_on(&self, joins: Option<&str>) -> bool {
        joins.is_some() && joins == self.last.as_deref()
    }

    /// Remembers `before`, the document as it was ahead of a change. `joins` names what is changed, where several
    /// small changes shall be one step.
    pub fn record(&mut self, before: Workflow, joins: Option<String>) {
        self.future.clear();
        if self.goes_on(joins.as_deref()) {
            return;
        }
        self.last = joins;
        if self.past.len() == DEPTH {
            self.past.remove(0);
        }
        let snapshot = Snapshot::of(before, self.past.last());
        self.past.push(snapshot);
    }

    /// The document to go back to.
    pub fn undo(&mut self, now: Workflow) -> Option<Workflow> {
        let before = self.past.pop()?;
        self.future.push(Snapshot::of(now, Some(&before)));
        self.last = None;
        Some(before.document())
    }

    /// The document to go forward to.
    pub fn redo(&mut self, now: Workflow) -> Option<Workflow> {
        let after = self.future.pop()?;
        self.past.push(Snapshot::of(now, Some(&after)));
        self.last = None;
        Some(after.document())
    }

    #[must_use]
    pub fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    #[must_use]
    pub fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::canvas::sample;

    fn named(name: &str) -> Workflow {
        Workflow { name: name.to_owned(), ..sample::document() }
    }

    #[test]
    fn typing_is_one_step_and_redo_brings_it_back() {
        let mut history = History::default();
        history.record(named(""), Some("prompt".to_owned()));
        history.record(named("a"), Some("prompt".to_owned()));
        history.record(named("ab"), None);
        let before = history.undo(named("abc")).unwrap();
        assert_eq!(before.name, "ab");
        let before = history.undo(before).unwrap();
        assert_eq!(before.name, "", "the two letters go together");
        assert!(history.undo(before.clone()).is_none());
        assert_eq!(history.redo(before).unwrap().name, "ab");
    }

    #[test]
    fn steps_share_what_did_not_change() {
        let node = |x: f64| Node {
            id: NodeId::new(),
            name: x.to_string(),
            node_type: "transform".to_owned(),
            config: Default::default(),
            settings: Default::default(),
            position_x: x,
            position_y: 0.0,
        };
        let mut document = Workflow { nodes: vec![node(0.0), node(1.0), node(2.0)], ..named("a") };
        let mut history = History::default();
        history.record(document.clone(), None);
        document.nodes[1].position_x = 7.0;
        history.record(document.clone(), None);
        let first = document.nodes.remove(0);
        history.record(document.clone(), None);
        let nodes = |step: usize| &history.past[step].nodes;
        assert!(Arc::ptr_eq(&nodes(0)[0], &nodes(1)[0]) && !Arc::ptr_eq(&nodes(0)[1], &nodes(1)[1]));
        assert!(Arc::ptr_eq(&nodes(1)[1], &nodes(2)[0]) && Arc::ptr_eq(&nodes(1)[2], &nodes(2)[1]));
        let now = document.clone();
        assert_eq!(history.undo(now).unwrap().nodes, document.nodes);
        document.nodes.insert(0, first);
        assert_eq!(history.undo(named("later")).unwrap(), document);
        assert_eq!(history.redo(document).unwrap().name, "later");
    }

    #[test]
    fn a_change_after_undo_forgets_the_future() {
        let mut history = History::default();
        history.record(named("a"), None);
        let back = history.undo(named("b")).unwrap();
        history.record(back, None);
        assert!(!history.can_redo());
    }
}
