//! What changed between two workflows: for people ([`diff`]) and for forks ([`changed_behaviour`]). Nodes are matched by
//! id, edges by what they connect; order means nothing.

mod behaviour;
mod values;

pub use behaviour::changed_behaviour;

use super::catalog::{self, INPUT_PORT, Sketch};
use super::document::{Edge, Node, Workflow, present};
use super::ids::{NodeId, NoteId};
use super::notes::Note;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Everything that is not the same in two workflows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct WorkflowDiff {
    /// Changes of `name`, `description`, `input_schema` and `vars`.
    pub details: Vec<FieldChange>,
    pub nodes_added: Vec<NodeRef>,
    pub nodes_removed: Vec<NodeRef>,
    pub nodes_changed: Vec<NodeChange>,
    pub edges_added: Vec<EdgeRef>,
    pub edges_removed: Vec<EdgeRef>,
    /// Notes or frames differ, which changes nothing of what runs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub notes_changed: bool,
}

/// A node that is in one of the two only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct NodeRef {
    #[cfg_attr(feature = "ssr", schema(value_type = uuid::Uuid))]
    pub node_id: NodeId,
    pub name: String,
    pub node_type: String,
}

/// What changed of a node that is in both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct NodeChange {
    #[cfg_attr(feature = "ssr", schema(value_type = uuid::Uuid))]
    pub node_id: NodeId,
    /// Its name now.
    pub name: String,
    /// Its name before, where it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<Move>,
    /// Changes of `node_type`, `config` and `settings`.
    pub fields: Vec<FieldChange>,
}

/// Places on the canvas, `[x, y]` in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Move {
    pub from: [f64; 2],
    pub to: [f64; 2],
}

/// One field with its value before and after; a value that is left out was not there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FieldChange {
    /// Dotted path, such as `config.temperature`, `settings.retry.max_attempts` or `vars.rate`.
    pub field: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub old: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub new: Option<Value>,
}

/// An edge by the names of its nodes; the usual ports are written out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct EdgeRef {
    pub source: String,
    pub source_port: String,
    pub target: String,
    pub target_port: String,
}

impl WorkflowDiff {
    /// Whether the two are the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What has to change in `old` to make it `new`.
#[must_use]
pub fn diff(old: &Workflow, new: &Workflow) -> WorkflowDiff {
    let (before, after) = (by_id(old), by_id(new));
    let only_in = |nodes: &[Node], other: &HashMap<NodeId, &Node>| {
        nodes.iter().filter(|n| !other.contains_key(&n.id)).map(NodeRef::of).collect()
    };
    WorkflowDiff {
        details: values::changes(&[
            ("name", json!(old.name), json!(new.name)),
            ("description", json!(old.description), json!(new.description)),
            ("input_schema", json!(old.input_schema), json!(new.input_schema)),
            ("vars", json!(old.vars), json!(new.vars)),
        ]),
        nodes_added: only_in(&new.nodes, &before),
        nodes_removed: only_in(&old.nodes, &after),
        nodes_changed: new
            .nodes
            .iter()
            .filter_map(|node| NodeChange::between(before.get(&node.id)?, node))
            .collect(),
        edges_added: edges_only_in(new, old),
        edges_removed: edges_only_in(old, new),
        notes_changed: notes_by_id(old) != notes_by_id(new),
    }
}

fn notes_by_id(workflow: &Workflow) -> HashMap<NoteId, &Note> {
    workflow.notes.iter().map(|n| (n.id, n)).collect()
}

fn by_id(workflow: &Workflow) -> HashMap<NodeId, &Node> {
    workflow.nodes.iter().map(|n| (n.id, n)).collect()
}

impl NodeRef {
    fn of(node: &Node) -> Self {
        Self { node_id: node.id, name: node.name.clone(), node_type: node.node_type.clone() }
    }
}

impl NodeChange {
    /// `None` where nothing changed.
    fn between(old: &Node, new: &Node) -> Option<Self> {
        let place = |node: &Node| [node.position_x, node.position_y];
        let fields = values::changes(&[
            ("node_type", json!(old.node_type), json!(new.node_type)),
            ("config", json!(old.config), json!(new.config)),
            ("settings", json!(old.settings), json!(new.settings)),
        ]);
        let renamed_from = (old.name != new.name).then(|| old.name.clone());
        let moved = (place(old) != place(new)).then(|| Move { from: place(old), to: place(new) });
        (renamed_from.is_some() || moved.is_some() || !fields.is_empty()).then(|| Self {
            node_id: new.id,
            name: new.name.clone(),
            renamed_from,
            moved,
            fields,
        })
    }
}

/// What an edge connects, the usual ports written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Ends<'w> {
    source: NodeId,
    source_port: &'w str,
    target: NodeId,
    target_port: &'w str,
}

impl<'w> Ends<'w> {
    fn of(edge: &'w Edge, nodes: &HashMap<NodeId, &Node>) -> Self {
        let source_type = nodes.get(&edge.source_node_id).and_then(|n| catalog::sketch(&n.node_type));
        let usual = source_type.map_or("out", Sketch::default_output);
        Self {
            source: edge.source_node_id,
            source_port: edge.source_port.as_deref().unwrap_or(usual),
            target: edge.target_node_id,
            target_port: edge.target_port.as_deref().unwrap_or(INPUT_PORT),
        }
    }
}

/// Edges of one workflow that the other has not, in their order; two of the same count as two.
fn edges_only_in(workflow: &Workflow, other: &Workflow) -> Vec<EdgeRef> {
    let (nodes, other_nodes) = (by_id(workflow), by_id(other));
    let mut known: HashMap<Ends<'_>, usize> = HashMap::new();
    for edge in &other.edges {
        *known.entry(Ends::of(edge, &other_nodes)).or_default() += 1;
    }
    let name = |id: NodeId| nodes.get(&id).map_or_else(|| id.to_string(), |n| n.name.clone());
    let mut only = Vec::new();
    for edge in &workflow.edges {
        let ends = Ends::of(edge, &nodes);
        match known.get_mut(&ends).filter(|left| **left > 0) {
            Some(left) => *left -= 1,
            None => only.push(EdgeRef {
                source: name(ends.source),
                source_port: ends.source_port.to_owned(),
                target: name(ends.target),
                target_port: ends.target_port.to_owned(),
            }),
        }
    }
    only
}
