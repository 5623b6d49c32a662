//! What makes a vector of a text.

use crate::server::llm::LlmError;
use std::{future::Future, pin::Pin, sync::Arc};
use tokenizers::Tokenizer;

/// One vector for each text, in their order.
pub type EmbedFuture<'a> = Pin<Box<dyn Future<Output = Result<Vec<Vec<f32>>, LlmError>> + Send + 'a>>;

/// An embedding model.
pub trait Embedder: Send + Sync {
    /// The model's name, as in `millrace models list`.
    fn model(&self) -> &str;

    /// Numbers in each vector.
    fn dimension(&self) -> u32;

    /// Vectors of length 1. What of a text is beyond the model's limit does not count. Dropping the future cancels.
    ///
    /// # Errors
    /// `model_not_installed`, `model_busy` (retryable), `model_file_damaged`.
    fn embed(&self, texts: Vec<String>) -> EmbedFuture<'_>;

    /// What counts tokens as the model does, without its limit. Blocks while it is read the first time.
    ///
    /// # Errors
    /// `model_not_installed`, `model_file_damaged`.
    fn tokenizer(&self) -> Result<Arc<Tokenizer>, LlmError>;

    /// How it is doing, for the list of models.
    fn state(&self) -> EmbedderState {
        EmbedderState::default()
    }
}

/// How a model is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct EmbedderState {
    /// In memory and ready.
    pub loaded: bool,
    /// Requests that wait.
    pub queue_length: u32,
    /// Of the last batch.
    pub tokens_per_second: Option<f64>,
}
