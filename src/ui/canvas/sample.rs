//! Documents for tests.

use super::editing::Editing;
use crate::workflow::document::{Node, Workflow};

/// A workflow without steps.
pub fn document() -> Workflow {
    of_nodes(Vec::new())
}

/// A workflow of steps without edges.
pub fn of_nodes(nodes: Vec<Node>) -> Workflow {
    Workflow {
        name: "w".to_owned(),
        description: String::new(),
        input_schema: None,
        vars: Default::default(),
        nodes,
        edges: Vec::new(),
        notes: Vec::new(),
    }
}

/// An editor of a workflow without steps. The caller keeps its owner.
pub fn editing() -> Editing {
    Editing::new(document())
}
