//! Runs and the executions of their nodes.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// `pending → running ⇄ waiting → completed | failed | cancelled`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    Pending,
    Running,
    Waiting,
    Completed,
    Failed,
    Cancelled,
}

impl RunStatus {
    #[must_use]
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }

    /// The word of the wire and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Pending, Self::Running, Self::Waiting, Self::Completed, Self::Failed, Self::Cancelled]
            .into_iter()
            .find(|s| s.as_str() == word)
    }
}

/// `pending → running ⇄ waiting → completed | failed | skipped | cancelled | interrupted`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NodeStatus {
    Pending,
    Running,
    Waiting,
    Completed,
    Failed,
    Skipped,
    Cancelled,
    Interrupted,
}

impl NodeStatus {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [
            Self::Pending,
            Self::Running,
            Self::Waiting,
            Self::Completed,
            Self::Failed,
            Self::Skipped,
            Self::Cancelled,
            Self::Interrupted,
        ]
        .into_iter()
        .find(|s| s.as_str() == word)
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RunCreate {
    /// Any JSON; absent is `null`.
    #[serde(default)]
    pub input_data: Value,
    /// Take `settings.pinned_output` where a node has one.
    #[serde(default)]
    pub use_pinned: bool,
}

/// A new run out of an old one; the fields that are absent stay as they were.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RunFork {
    /// Name of the node to run again, with all that follow it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_node: Option<String>,
    /// Another input; `null` is one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub input_data: Option<Value>,
    /// Outputs by node name that stand instead of what the nodes gave; `{port, output}` where a node has several ports.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub outputs: serde_json::Map<String, Value>,
    #[serde(default)]
    pub version: ForkVersion,
}

/// Keeps `null` apart from "absent".
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Which graph a forked run follows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ForkVersion {
    /// That of the run it comes from.
    #[default]
    Same,
    /// The workflow as it is now; nodes that changed run again, with all that follow them.
    Current,
}

/// A person's answer to an `approval` step.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RunApprove {
    /// Name of the node that waits.
    pub node: String,
    pub approved: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RunAccepted {
    pub run_id: Uuid,
    pub status: RunStatus,
}

/// A run without its data: what lists show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RunSummary {
    pub id: Uuid,
    pub workflow_id: Uuid,
    pub workflow_name: String,
    pub version: i32,
    pub status: RunStatus,
    /// `manual`, `api`, `cli`, `parent`, `schedule`, `webhook`.
    pub trigger: String,
    /// Which schedule or webhook, for runs that one of those started; it may be gone by now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger_id: Option<Uuid>,
    /// The run that this one resumes or forks.
    pub forked_from: Option<Uuid>,
    /// The step of another run that this one is a part of.
    pub parent: Option<RunParent>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub created_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub completed_at: Option<DateTime<Utc>>,
}

/// Where a child run belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RunParent {
    pub run_id: Uuid,
    pub workflow_id: Uuid,
    pub node_id: Uuid,
    /// Which item of a `for_each`; 0 for `sub_workflow`.
    pub item_index: i32,
}

/// How many of the runs that a step started are in one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildCount {
    pub node_id: Uuid,
    pub status: RunStatus,
    pub count: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RunView {
    #[serde(flatten)]
    pub summary: RunSummary,
    pub input_data: Value,
    /// `{node_name: output}` of the last completed nodes; null while the run lasts and after a failure.
    pub output_data: Value,
    /// Pinned outputs were taken instead of executing.
    #[serde(default)]
    pub use_pinned: bool,
    /// Why the run does not go on although it is not finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked_reason: Option<String>,
}

/// One attempt of one node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct NodeExecutionView {
    pub id: Uuid,
    pub node_id: Uuid,
    pub node_name: String,
    pub node_type: String,
    /// 1 for the first; 0 for a skipped node.
    pub attempt: i32,
    pub status: NodeStatus,
    /// The port it emitted on.
    pub port: Option<String>,
    pub input_data: Value,
    pub output_data: Value,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub logs: Vec<LogLine>,
    /// `queue_ms` (waited for a free place), `input_bytes`, `output_bytes`; model steps add tokens, model and speed.
    pub usage: Value,
    /// Order of starting within the run.
    pub execution_order: i32,
    /// When a waiting step goes on by itself.
    pub due_at: Option<DateTime<Utc>>,
    /// The execution of an earlier run whose output this is (attempt 0).
    pub reused_from: Option<Uuid>,
    pub started_at: Option<DateTime<Utc>>,
    pub completed_at: Option<DateTime<Utc>>,
}

impl NodeExecutionView {
    /// Whether it waits for a person, by itself or for something that it wants to do.
    #[must_use]
    pub fn asks_a_person(&self) -> bool {
        // What waits for its next attempt has not started.
        let waits = self.status == NodeStatus::Waiting && self.started_at.is_some();
        waits && (self.node_type == "approval" || self.keeps("approval"))
    }

    /// Whether it waits for runs that it has started.
    #[must_use]
    pub fn waits_for_runs(&self) -> bool {
        self.status == NodeStatus::Waiting && self.keeps("children")
    }

    /// What waits for time has its port already, and keeps what users made.
    fn keeps(&self, word: &str) -> bool {
        self.port.is_none() && self.output_data.get("waits_for").is_some_and(|waits| waits == word)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct LogLine {
    pub at: DateTime<Utc>,
    /// `info`, `warn` or `error`.
    pub level: String,
    pub message: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RunDetail {
    pub run: RunView,
    pub node_executions: Vec<NodeExecutionView>,
}
