//! The catalogue as `GET /api/node-types` gives it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct NodeTypeView {
    pub node_type: String,
    pub title: String,
    pub description: String,
    /// `model`, `data`, `http`, `logic`, `flow` or `human`.
    pub category: String,
    pub icon: String,
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
    /// JSON Schema of `config`, with titles, descriptions and defaults.
    pub config_schema: Value,
    /// JSON Schema of the output, where it is known without a config.
    pub output_schema: Value,
}
