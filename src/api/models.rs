//! The chat and embedding models and their state.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

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
    /// Elsewhere: asked when it is needed, and how it does nobody knows.
    Remote,
}

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// Answers.
    #[default]
    Chat,
    /// Makes vectors of texts.
    Embedding,
}

impl ModelKind {
    /// The word for it on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Embedding => "embedding",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ModelView {
    pub name: String,
    /// `chat` or `embedding`.
    pub kind: String,
    /// `qwen3`, `qwen2`, `llama` or `bert`; `remote` elsewhere.
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
    /// Numbers in each vector of an embedding model of another service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimension: Option<u32>,
    /// A model of another service, which this account added.
    #[serde(default)]
    pub remote: bool,
    /// Where such a model is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
}

/// Where a model elsewhere is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Endpoint {
    /// Such as `https://api.example.com/v1`.
    pub base_url: String,
    /// What the service calls the model.
    pub model: String,
    /// Name of the credential; null: none, or it was deleted.
    pub credential: Option<String>,
}

/// A model of an OpenAI-compatible service.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RemoteModelCreate {
    /// What steps call it; unique in the account, and no model's of this installation.
    pub name: String,
    /// An embedding model is asked for a vector at once, to learn how many numbers its vectors have.
    #[serde(default)]
    pub kind: ModelKind,
    /// Such as `https://api.openai.com/v1` or `http://127.0.0.1:11434/v1`.
    pub base_url: String,
    /// What the service calls it.
    pub model: String,
    /// A credential that is allowed for the host of the base URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_id: Option<Uuid>,
}

/// What a model elsewhere answered when it was asked for a word, or for a vector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RemoteModelTest {
    pub text: String,
    pub time_to_first_token_ms: u64,
    /// Of answers of more than one token.
    pub tokens_per_second: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ModelList {
    pub items: Vec<ModelView>,
}
