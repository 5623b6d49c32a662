//! Editing a workflow: every operation is pure, may be refused with a reason, and can be undone. The canvas shows the
//! document and calls these; it keeps no document of its own.

mod change;
mod clipboard;
mod name;

use super::catalog;
use super::document::{Edge, Node, Settings, Workflow};
use super::expression::rename_in_config;
use super::ids::{EdgeId, NodeId};
use super::notes::{MAX_NOTES, Note};
use change::{Change, Step};
pub use clipboard::Pasted;
use serde_json::{Map, Value};
use std::collections::HashSet;

/// Changes that can be undone; older ones are forgotten.
const MAX_UNDO: usize = 1_000;

/// A document with its history.
#[derive(Debug, Clone, PartialEq)]
pub struct Editor {
    document: Workflow,
    undo: Vec<Change>,
    redo: Vec<Change>,
}

/// Why an operation was refused; the document is as before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("This node is gone. It may have been deleted in another window.")]
    NoSuchNode,
    #[error("This edge is gone. It may have been deleted in another window.")]
    NoSuchEdge,
    #[error("Another node is called `{0}` already. Choose another name.")]
    NameTaken(String),
    #[error("{0}")]
    InvalidName(String),
    #[error("A node cannot be connected with itself.")]
    SelfEdge,
    #[error("These ports are connected already.")]
    DuplicateEdge,
    #[error("This would close a circle: `{0}` comes before this node already.")]
    Cycle(String),
    #[error("A workflow may have {0} nodes. Split it.")]
    TooManyNodes(usize),
    #[error("A workflow may have {0} notes and frames. Remove some.")]
    TooManyNotes(usize),
}

/// A port of a node; `None`: the usual one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    pub node: NodeId,
    pub port: Option<String>,
}

/// What a workflow has besides its graph.
#[derive(Debug, Clone, PartialEq)]
pub struct Details {
    pub name: String,
    pub description: String,
    pub input_schema: Option<Value>,
    pub vars: Map<String, Value>,
}

impl Details {
    #[must_use]
    pub fn of(workflow: &Workflow) -> Self {
        Self {
            name: workflow.name.clone(),
            description: workflow.description.clone(),
            input_schema: workflow.input_schema.clone(),
            vars: workflow.vars.clone(),
        }
    }
}

impl Editor {
    /// Starts with an empty history.
    #[must_use]
    pub fn new(document: Workflow) -> Self {
        Self { document, undo: Vec::new(), redo: Vec::new() }
    }

    #[must_use]
    pub fn document(&self) -> &Workflow {
        &self.document
    }

    #[must_use]
    pub fn into_document(self) -> Workflow {
        self.document
    }

    #[must_use]
    pub fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    #[must_use]
    pub fn can_redo(&self) -> bool {
        !self.redo.is_empty()
    }

    /// Takes the last change back; tells whether there was one.
    pub fn undo(&mut self) -> bool {
        let Some(change) = self.undo.pop() else { return false };
        let inverse = change.inverse();
        inverse.apply(&mut self.document);
        self.redo.push(change);
        true
    }

    /// Makes the last undone change again; tells whether there was one.
    pub fn redo(&mut self) -> bool {
        let Some(change) = self.redo.pop() else { return false };
        change.apply(&mut self.document);
        self.undo.push(change);
        true
    }

    /// Ends a run of changes to one field, so that the next one is undone by itself.
    pub fn seal(&mut self) {
        if let Some(last) = self.undo.last_mut() {
            last.key = None;
        }
    }

    /// A new node with the config its type starts with and a free name; gives its id.
    ///
    /// # Errors
    /// `TooManyNodes`.
    pub fn add_node(&mut self, node_type: &str, x: f64, y: f64) -> Result<NodeId, EditError> {
        let config = catalog::find(node_type).map(catalog::NodeType::new_config).unwrap_or_default();
        let node = Node {
            id: NodeId::new(),
            name: name::free(node_type, &self.names()),
            node_type: node_type.to_owned(),
            config,
            settings: Settings::default(),
            position_x: x,
            position_y: y,
        };
        let id = node.id;
        self.insert(vec![node], Vec::new(), Vec::new())?;
        Ok(id)
    }

    /// Deletes nodes and the edges at them; ids that are gone are passed over.
    pub fn delete(&mut self, nodes: &[NodeId]) {
        let nodes: HashSet<NodeId> = nodes.iter().copied().collect();
        let edges = |e: &Edge| nodes.contains(&e.source_node_id) || nodes.contains(&e.target_node_id);
        let mut steps = self.edge_removals(edges);
        // From the end, so that the places before stay true.
        for (index, node) in self.document.nodes.iter().enumerate().rev() {
            if nodes.contains(&node.id) {
                steps.push(Step::Node { index, before: Some(Box::new(node.clone())), after: None });
            }
        }
        self.make(steps, None);
    }

    /// Moves nodes to places on the canvas, as one change.
    ///
    /// # Errors
    /// `NoSuchNode`.
    pub fn move_nodes(&mut self, places: &[(NodeId, f64, f64)]) -> Result<(), EditError> {
        let mut steps = Vec::new();
        for &(id, x, y) in places {
            steps.extend(self.node_step(id, |node| {
                node.position_x = x;
                node.position_y = y;
            })?);
        }
        self.make(steps, None);
        Ok(())
    }

    /// Whether an edge may be drawn: what lights up while one is dragged.
    ///
    /// # Errors
    /// `NoSuchNode`, `SelfEdge`, `DuplicateEdge`, `Cycle`.
    pub fn can_connect(&self, source: &End, target: &End) -> Result<(), EditError> {
        if source.node == target.node {
            return Err(EditError::SelfEdge);
        }
        let from = self.document.node(source.node).ok_or(EditError::NoSuchNode)?;
        let to = self.document.node(target.node).ok_or(EditError::NoSuchNode)?;
        let usual = catalog::find(&from.node_type).map(catalog::NodeType::default_output);
        let port = |port: &Option<String>| port.clone().or(usual.map(str::to_owned));
        let input = |port: &Option<String>| port.clone().unwrap_or_else(|| catalog::INPUT_PORT.to_owned());
        let same = |e: &&Edge| {
            (e.source_node_id, e.target_node_id) == (source.node, target.node)
                && port(&e.source_port) == port(&source.port)
                && input(&e.target_port) == input(&target.port)
        };
        if self.document.edges.iter().any(|e| same(&e)) {
            return Err(EditError::DuplicateEdge);
        }
        if self.leads_to(target.node, source.node) {
            return Err(EditError::Cycle(to.name.clone()));
        }
        Ok(())
    }

    /// Draws an edge; gives its id.
    ///
    /// # Errors
    /// As [`Self::can_connect`].
    pub fn connect(&mut self, source: End, target: End) -> Result<EdgeId, EditError> {
        self.can_connect(&source, &target)?;
        let edge = Edge {
            id: EdgeId::new(),
            source_node_id: source.node,
            source_port: source.port,
            target_node_id: target.node,
            target_port: target.port,
        };
        let id = edge.id;
        let index = self.document.edges.len();
        self.make(vec![Step::Edge { index, before: None, after: Some(edge) }], None);
        Ok(id)
    }

    /// Removes edges; ids that are gone are passed over.
    pub fn disconnect(&mut self, edges: &[EdgeId]) {
        let steps = self.edge_removals(|e| edges.contains(&e.id));
        self.make(steps, None);
    }

    /// Renames a node and rewrites what refers to it.
    ///
    /// # Errors
    /// `NoSuchNode`, `NameTaken`, `InvalidName`.
    pub fn rename(&mut self, id: NodeId, name: &str) -> Result<(), EditError> {
        let name = name.trim();
        let old = self.document.node(id).ok_or(EditError::NoSuchNode)?.name.clone();
        if let Some(message) = super::check::name_mistake(name) {
            return Err(EditError::InvalidName(message));
        }
        if self.document.nodes.iter().any(|n| n.id != id && n.name == name) {
            return Err(EditError::NameTaken(name.to_owned()));
        }
        let mut steps = Vec::new();
        for (index, node) in self.document.nodes.iter().enumerate() {
            let mut after = node.clone();
            if node.id == id {
                after.name = name.to_owned();
            }
            rename_in_config(catalog::find(&node.node_type), &mut after.config, &old, name);
            steps.extend(Step::node_change(index, node, after));
        }
        self.make(steps, None);
        Ok(())
    }

    /// Sets a field of a node's config; `None` removes it. Changes to one field that follow each other are undone as
    /// one, until [`Self::seal`].
    ///
    /// # Errors
    /// `NoSuchNode`.
    pub fn set_config_field(
        &mut self,
        id: NodeId,
        field: &str,
        value: Option<Value>,
    ) -> Result<(), EditError> {
        let step = self.node_step(id, |node| match value {
            Some(value) => {
                node.config.insert(field.to_owned(), value);
            }
            None => {
                node.config.shift_remove(field);
            }
        })?;
        self.make(step.into_iter().collect(), Some((id, field.to_owned())));
        Ok(())
    }

    /// Sets a whole config.
    ///
    /// # Errors
    /// `NoSuchNode`.
    pub fn set_config(&mut self, id: NodeId, config: Map<String, Value>) -> Result<(), EditError> {
        let step = self.node_step(id, |node| node.config = config)?;
        self.make(step.into_iter().collect(), None);
        Ok(())
    }

    /// Sets a node's settings.
    ///
    /// # Errors
    /// `NoSuchNode`.
    pub fn set_settings(&mut self, id: NodeId, settings: Settings) -> Result<(), EditError> {
        let step = self.node_step(id, |node| node.settings = settings)?;
        self.make(step.into_iter().collect(), None);
        Ok(())
    }

    /// Sets what the workflow has besides its graph.
    pub fn set_details(&mut self, details: Details) {
        let before = Details::of(&self.document);
        if before != details {
            self.make(vec![Step::Details { before: Box::new(before), after: Box::new(details) }], None);
        }
    }

    fn names(&self) -> HashSet<String> {
        self.document.nodes.iter().map(|n| n.name.clone()).collect()
    }

    /// Appends nodes, edges and notes as one change.
    fn insert(&mut self, nodes: Vec<Node>, edges: Vec<Edge>, notes: Vec<Note>) -> Result<(), EditError> {
        let (node_count, edge_count) = (self.document.nodes.len(), self.document.edges.len());
        if node_count + nodes.len() > super::check::MAX_NODES {
            return Err(EditError::TooManyNodes(super::check::MAX_NODES));
        }
        let note_count = self.document.notes.len();
        if note_count + notes.len() > MAX_NOTES {
            return Err(EditError::TooManyNotes(MAX_NOTES));
        }
        let nodes = nodes.into_iter().enumerate();
        let nodes = nodes.map(|(i, node)| Step::Node {
            index: node_count + i,
            before: None,
            after: Some(Box::new(node)),
        });
        let edges = edges.into_iter().enumerate();
        let edges =
            edges.map(|(i, edge)| Step::Edge { index: edge_count + i, before: None, after: Some(edge) });
        let notes = notes.into_iter().enumerate();
        let notes = notes.map(|(i, note)| Step::Note {
            index: note_count + i,
            before: None,
            after: Some(Box::new(note)),
        });
        let steps = nodes.chain(edges).chain(notes).collect();
        self.make(steps, None);
        Ok(())
    }

    fn node_step(&self, id: NodeId, edit: impl FnOnce(&mut Node)) -> Result<Option<Step>, EditError> {
        let found = self.document.nodes.iter().enumerate().find(|(_, n)| n.id == id);
        let (index, node) = found.ok_or(EditError::NoSuchNode)?;
        let mut after = node.clone();
        edit(&mut after);
        Ok(Step::node_change(index, node, after))
    }

    fn edge_removals(&self, gone: impl Fn(&Edge) -> bool) -> Vec<Step> {
        let edges = self.document.edges.iter().enumerate().rev().filter(|(_, e)| gone(e));
        edges.map(|(index, edge)| Step::Edge { index, before: Some(edge.clone()), after: None }).collect()
    }

    /// Whether a way leads from one node to another.
    fn leads_to(&self, from: NodeId, to: NodeId) -> bool {
        let mut seen = HashSet::from([from]);
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            if at == to {
                return true;
            }
            for edge in self.document.edges.iter().filter(|e| e.source_node_id == at) {
                if seen.insert(edge.target_node_id) {
                    open.push(edge.target_node_id);
                }
            }
        }
        false
    }

    fn make(&mut self, steps: Vec<Step>, key: Option<(NodeId, String)>) {
        if steps.is_empty() {
            return;
        }
        let change = Change { steps, key };
        change.apply(&mut self.document);
        self.redo.clear();
        match self.undo.last_mut() {
            Some(last) if last.key.is_some() && last.key == change.key => last.merge(change),
            _ => self.undo.push(change),
        }
        if self.undo.len() > MAX_UNDO {
            self.undo.remove(0);
        }
    }
}
