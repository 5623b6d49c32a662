//! The chat and embedding models and their state.

use serde::{Deserialize, Serialize};

/// What a model does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ModelState {
    NotInstalled,
    /// On disk, not in memory: the first request loads it.
    Installed,
    Loading,
    /// In memory; the next request is answered at once.
    Ready,
    /// Answering a request; others wait.
    Busy,
}

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
    pub state: ModelState,
    /// In memory.
    pub loaded: bool,
    /// Bytes of memory that it takes, a full conversation included; null while it is not in memory.
    pub memory_bytes: Option<u64>,
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
