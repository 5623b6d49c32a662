//! Workflows, their nodes, edges and versions.

use crate::workflow::notes::Note;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WorkflowBody {
    pub name: String,
    #[serde(default)]
    pub description: String,
    /// JSON Schema of the run's input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_schema: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vars: Option<Map<String, Value>>,
    /// `false`: its triggers are off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct WorkflowSummary {
    pub id: Uuid,
    pub name: String,
    pub description: String,
    pub is_active: bool,
    /// Raised by every change to the graph; give it back when saving.
    pub revision: i64,
    pub node_count: u32,
    #[serde(deserialize_with = "super::instant::read")]
    pub created_at: DateTime<Utc>,
    #[serde(deserialize_with = "super::instant::read")]
    pub updated_at: DateTime<Utc>,
    /// The last runs, newest first, at most 20; empty where the reply is not a list.
    #[serde(default)]
    pub recent_runs: Vec<RecentRun>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RecentRun {
    pub id: Uuid,
    pub status: super::runs::RunStatus,
    #[serde(deserialize_with = "super::instant::read")]
    pub created_at: DateTime<Utc>,
    pub duration_ms: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct WorkflowDetail {
    pub id: Uuid,
    pub name: String,
    pub description: String,
    pub input_schema: Option<Value>,
    pub vars: Map<String, Value>,
    pub is_active: bool,
    pub revision: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub nodes: Vec<NodeView>,
    pub edges: Vec<EdgeView>,
    #[serde(default)]
    pub notes: Vec<Note>,
}

/// A node to make or to replace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NodeBody {
    pub name: String,
    pub node_type: String,
    #[serde(default)]
    pub config: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<Object>))]
    pub settings: Option<crate::workflow::document::Settings>,
    #[serde(default)]
    pub position_x: f64,
    #[serde(default)]
    pub position_y: f64,
}

/// A node as saved; also what `PUT graph` takes (there without the extra workflow id).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NodeView {
    pub id: Uuid,
    pub name: String,
    pub node_type: String,
    #[serde(default)]
    pub config: Map<String, Value>,
    #[serde(default)]
    #[cfg_attr(feature = "ssr", schema(value_type = Object))]
    pub settings: crate::workflow::document::Settings,
    #[serde(default)]
    pub position_x: f64,
    #[serde(default)]
    pub position_y: f64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EdgeBody {
    pub source_node_id: Uuid,
    pub target_node_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_port: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_port: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EdgeView {
    pub id: Uuid,
    pub source_node_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_port: Option<String>,
    pub target_node_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_port: Option<String>,
}

/// `PUT /api/workflows/{id}/graph`: the whole graph at once, ids made by the client.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct GraphBody {
    /// The revision that the edit started from; another one in the store is 409.
    pub revision: i64,
    pub nodes: Vec<NodeView>,
    pub edges: Vec<EdgeView>,
    /// Notes and frames. Left out: those that are there stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Vec<Note>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct VersionSummary {
    pub id: Uuid,
    pub number: i32,
    pub digest: String,
    pub created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct VersionDetail {
    pub id: Uuid,
    pub number: i32,
    pub digest: String,
    pub created_at: DateTime<Utc>,
    #[cfg_attr(feature = "ssr", schema(value_type = Object))]
    pub document: crate::workflow::document::Workflow,
}

/// What is to be done next with a draft that cannot run yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextStep {
    pub workflow: Uuid,
    /// How many errors the checker finds.
    pub errors: u32,
    /// The first of them: the step, where it is one's, and what is wrong.
    pub node: Option<String>,
    pub message: String,
}

/// A workflow to start from; `POST` its slug to make one's own copy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TemplateView {
    /// Stable name, such as `classify-and-branch`.
    pub slug: String,
    /// Name, description and graph; the ids in it are only good for drawing.
    #[cfg_attr(feature = "ssr", schema(value_type = Object))]
    pub document: crate::workflow::document::Workflow,
}
