//! One change as a list of steps, each of which knows what was before and what is after; swapping the two undoes it.

use super::Details;
use crate::workflow::document::{Edge, Node, Workflow};
use crate::workflow::ids::NodeId;
use crate::workflow::notes::Note;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    pub steps: Vec<Step>,
    /// Changes of the same field follow each other as one.
    pub key: Option<(NodeId, String)>,
}

/// Without `before` an insertion at `index`, without `after` a removal, with both a replacement.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Node { index: usize, before: Option<Box<Node>>, after: Option<Box<Node>> },
    Edge { index: usize, before: Option<Edge>, after: Option<Edge> },
    Note { index: usize, before: Option<Box<Note>>, after: Option<Box<Note>> },
    Details { before: Box<Details>, after: Box<Details> },
}

impl Step {
    /// The replacement of a node, where it changed at all.
    pub fn node_change(index: usize, before: &Node, after: Node) -> Option<Self> {
        (*before != after).then(|| Self::Node {
            index,
            before: Some(Box::new(before.clone())),
            after: Some(Box::new(after)),
        })
    }

    fn inverse(&self) -> Self {
        match self.clone() {
            Self::Node { index, before, after } => Self::Node { index, before: after, after: before },
            Self::Edge { index, before, after } => Self::Edge { index, before: after, after: before },
            Self::Note { index, before, after } => Self::Note { index, before: after, after: before },
            Self::Details { before, after } => Self::Details { before: after, after: before },
        }
    }

    fn apply(&self, document: &mut Workflow) {
        match self {
            Self::Node { index, before, after } => {
                put(&mut document.nodes, *index, before.is_some(), after.as_deref())
            }
            Self::Edge { index, before, after } => {
                put(&mut document.edges, *index, before.is_some(), after.as_ref())
            }
            Self::Note { index, before, after } => {
                put(&mut document.notes, *index, before.is_some(), after.as_deref())
            }
            Self::Details { after, .. } => {
                document.name.clone_from(&after.name);
                document.description.clone_from(&after.description);
                document.input_schema.clone_from(&after.input_schema);
                document.vars.clone_from(&after.vars);
            }
        }
    }
}

fn put<T: Clone>(list: &mut Vec<T>, index: usize, replaces: bool, after: Option<&T>) {
    match (replaces, after) {
        (false, Some(after)) => list.insert(index.min(list.len()), after.clone()),
        (true, Some(after)) => {
            if let Some(place) = list.get_mut(index) {
                place.clone_from(after);
            }
        }
        (true, None) if index < list.len() => drop(list.remove(index)),
        _ => {}
    }
}

impl Change {
    pub fn apply(&self, document: &mut Workflow) {
        self.steps.iter().for_each(|step| step.apply(document));
    }

    pub fn inverse(&self) -> Self {
        Self { steps: self.steps.iter().rev().map(Step::inverse).collect(), key: self.key.clone() }
    }

    /// Takes up a later change of the same field.
    pub fn merge(&mut self, later: Self) {
        match (self.steps.as_mut_slice(), later.steps.as_slice()) {
            (
                [Step::Node { index, after, .. }],
                [Step::Node { index: later_index, after: later_after, .. }],
            ) if index == later_index => {
                after.clone_from(later_after);
            }
            _ => self.steps.extend(later.steps),
        }
    }
}
