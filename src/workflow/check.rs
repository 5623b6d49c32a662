//! Problems that can be known before a run, each with its node and field. Validation never executes anything.

use super::ids::NodeId;
use serde::{Deserialize, Serialize};

/// One thing that is wrong, or may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Problem {
    /// The node's name; `None` where the whole workflow is meant.
    pub node: Option<String>,
    #[cfg_attr(feature = "ssr", schema(value_type = Option<uuid::Uuid>))]
    pub node_id: Option<NodeId>,
    /// Dotted path of the field, such as `config.prompt_template`.
    pub field: Option<String>,
    pub code: String,
    pub message: String,
    pub severity: Severity,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The run is refused.
    Error,
    /// The run may go well.
    Warning,
}
