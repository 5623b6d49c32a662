//! all-MiniLM-L6-v2 on candle: BERT with mean pooling and vectors of length 1, as sentence-transformers runs it.
//!
//! Several texts are computed at once without padding: their tokens stand in one matrix, and only attention looks at
//! each text by itself. The model lives on one thread of its own (`owner`).

mod batch;
mod network;
mod owner;
#[cfg(test)]
mod tests;
mod words;

use super::embedder::{EmbedFuture, Embedder, EmbedderState};
use crate::server::llm::{LlmError, Models};
use owner::Owner;
use std::sync::{Arc, Mutex, PoisonError};
use tokenizers::Tokenizer;

/// The model's name in the catalogue.
pub const MODEL: &str = "all-minilm-l6-v2";
/// Numbers in each vector.
pub const DIMENSION: u32 = 384;
/// Tokens of a text that count, the two marks around it included; sentence-transformers has the same limit.
pub const LONGEST: usize = 256;
/// Texts that wait in the queue as one job; between jobs others get their turn.
const JOB: usize = 256;
/// Jobs that may wait; the next is refused with `model_busy`.
const QUEUE: usize = 256;

/// The embedding model of this process. Loaded on first use.
pub struct MiniLm {
    models: Models,
    owner: Owner,
    tokenizer: Mutex<Option<Arc<Tokenizer>>>,
}

impl MiniLm {
    /// Starts the thread; loads nothing yet.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(models: Models) -> Result<Self, LlmError> {
        let folder = models.clone();
        let loader = Box::new(move || network::Network::load(&folder.embedding_folder(MODEL)?));
        Ok(Self { models, owner: Owner::start(MODEL, QUEUE, loader)?, tokenizer: Mutex::default() })
    }
}

impl Embedder for MiniLm {
    fn model(&self) -> &str {
        MODEL
    }

    fn dimension(&self) -> u32 {
        DIMENSION
    }

    fn embed(&self, texts: Vec<String>) -> EmbedFuture<'_> {
        Box::pin(async move {
            if texts.len() <= JOB {
                return self.owner.ask(texts).await;
            }
            let mut vectors = Vec::with_capacity(texts.len());
            let mut texts = texts.into_iter();
            loop {
                let job: Vec<String> = texts.by_ref().take(JOB).collect();
                if job.is_empty() {
                    return Ok(vectors);
                }
                vectors.extend(self.owner.ask(job).await?);
            }
        })
    }

    fn tokenizer(&self) -> Result<Arc<Tokenizer>, LlmError> {
        let mut kept = self.tokenizer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tokenizer) = kept.as_ref() {
            return Ok(Arc::clone(tokenizer));
        }
        let tokenizer = Arc::new(words::counter(&self.models.embedding_folder(MODEL)?)?);
        *kept = Some(Arc::clone(&tokenizer));
        Ok(tokenizer)
    }

    fn state(&self) -> EmbedderState {
        self.owner.state()
    }
}
