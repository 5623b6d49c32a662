//! The chat and embedding models and their state.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ModelView {
    pub name: String,
    /// `chat` or `embedding`.
    pub kind: String,
    /// `qwen3`, `qwen2`, `llama` or `bert`.
    pub family: String,
    pub description: String,
    /// Bytes on disk, or to be fetched.
    pub size_bytes: u64,
    pub installed: bool,
    /// In memory and ready to answer.
    pub loaded: bool,
    /// Answers where a step names no model.
    pub is_default: bool,
    /// Requests that wait for this model.
    pub queue_length: u32,
    /// Of the last answer.
    pub tokens_per_second: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ModelList {
    pub items: Vec<ModelView>,
}
