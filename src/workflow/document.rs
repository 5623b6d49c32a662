//! What is saved of a workflow: nodes, edges, ports, settings. Not what a node type means (see `catalog`)
//! and not whether the graph makes sense (see `check`).

use super::ids::{EdgeId, NodeId, NoteId};
use super::notes::Note;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A workflow as it is drawn: the part of it that a version freezes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workflow {
    pub name: String,
    #[serde(default)]
    pub description: String,
    /// JSON Schema of the run's input, if the workflow declares one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_schema: Option<Value>,
    /// Constants that expressions read as `vars.<name>`.
    #[serde(default)]
    pub vars: Map<String, Value>,
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
    /// Notes and frames: not part of what runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    pub id: NodeId,
    /// Unique in its workflow.
    pub name: String,
    /// A name of the catalogue; unknown ones are kept and shown but cannot run.
    pub node_type: String,
    /// The fields of the node type; an object.
    #[serde(default)]
    pub config: Map<String, Value>,
    #[serde(default)]
    pub settings: Settings,
    #[serde(default)]
    pub position_x: f64,
    #[serde(default)]
    pub position_y: f64,
}

/// From one node's output port to another node's input port.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    pub id: EdgeId,
    pub source_node_id: NodeId,
    /// `None`: `out`, or the first port of a node type without `out`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_port: Option<String>,
    pub target_node_id: NodeId,
    /// `None`: `in`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_port: Option<String>,
}

/// How the engine treats a node, whatever its type.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// Milliseconds one attempt may take; `None`: the limit of the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    #[serde(skip_serializing_if = "Join::is_default")]
    pub join: Join,
    /// A disabled node passes its input through on its first port.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// Taken instead of executing, where a run asks for pinned outputs. `Some(Null)` is a pinned null.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub pinned_output: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Keeps `null` apart from "absent".
pub(super) fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// When and how often a failed attempt is repeated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retry {
    /// Attempts in all, the first included.
    pub max_attempts: u32,
    pub backoff: Backoff,
    pub delay_ms: u64,
    pub max_delay_ms: u64,
}

impl Default for Retry {
    fn default() -> Self {
        Self { max_attempts: 1, backoff: Backoff::Fixed, delay_ms: 1000, max_delay_ms: 60_000 }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backoff {
    #[default]
    Fixed,
    Exponential,
}

/// How many live incoming edges a node needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Join {
    #[default]
    Any,
    All,
}

impl Join {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Workflow {
    /// The node of that id, if there is one.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.iter().find(|n| n.id == id)
    }

    /// The note or frame of that id, if there is one.
    #[must_use]
    pub fn note(&self, id: NoteId) -> Option<&Note> {
        self.notes.iter().find(|n| n.id == id)
    }

    /// The node of that name, if there is one.
    #[must_use]
    pub fn node_named(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|n| n.name == name)
    }
}
