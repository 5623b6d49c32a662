//! Local models on candle: loading from GGUF files and safetensors folders, and running them.

mod damage;
mod gguf;
mod memory;
mod network;
mod safetensors;
mod tokens;
mod widened;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use candle_core::Device;
use tokio_util::sync::CancellationToken;

use self::network::Network;
use self::tokens::Tokens;
use super::chat_model::ChatModel;
use super::chat_template::ChatTemplate;
use super::error::LlmError;
use super::library::Weights;
use super::request::ChatMessage;
use super::vocabulary::Vocabulary;

/// Tokens of a prompt that are read in one go; between two, a cancel is noticed.
const PROMPT_CHUNK: usize = 128;

/// How to load a model.
#[derive(Debug, Clone, Copy)]
pub struct LoadOptions {
    /// Tokens of prompt and answer together, at most; the model's own limit may be lower.
    pub context_limit: usize,
    /// Computes with f32 matrices: no rounding, but several times the memory and a third of the speed.
    pub full_precision: bool,
    /// Bytes of memory that it may take at most; what the machine has left is a bound in any case.
    pub memory_limit: Option<u64>,
}

/// A model in memory.
pub struct LocalModel {
    network: Network,
    tokens: Tokens,
    template: ChatTemplate,
    device: Device,
    context_length: usize,
    memory_bytes: u64,
    /// Tokens the network has read of the present conversation.
    position: usize,
}

/// Loads a model. Takes seconds and blocks; never panics, whatever is in the file.
pub fn load(weights: &Weights, options: LoadOptions) -> Result<LocalModel, LlmError> {
    let path: &Path = match weights {
        Weights::Gguf(path) | Weights::Safetensors(path) => path,
    };
    // candle divides by numbers from the file in places.
    catch_unwind(AssertUnwindSafe(|| match weights {
        Weights::Gguf(file) => gguf::load(file, options),
        Weights::Safetensors(folder) => safetensors::load(folder, options),
    }))
    .unwrap_or_else(|_| Err(LlmError::damaged(path, "its numbers contradict each other")))
}

impl LocalModel {
    fn read(&mut self, tokens: &[u32]) -> Result<Vec<f32>, LlmError> {
        let scores = self
            .network
            .forward(tokens, self.position, &self.device)
            .map_err(|error| LlmError::generation(super::error::first_line(&error)))?;
        self.position += tokens.len();
        Ok(scores)
    }
}

impl ChatModel for LocalModel {
    fn context_length(&self) -> usize {
        self.context_length
    }

    fn memory_bytes(&self) -> u64 {
        self.memory_bytes
    }

    fn vocabulary(&self) -> &Vocabulary {
        &self.tokens.vocabulary
    }

    fn encode(&self, messages: &[ChatMessage]) -> Result<Vec<u32>, LlmError> {
        let mut ids = Vec::new();
        for piece in self.template.render(messages)? {
            ids.extend(self.tokens.encode(&piece)?);
        }
        Ok(ids)
    }

    fn read_prompt(&mut self, prompt: &[u32], cancel: &CancellationToken) -> Result<Vec<f32>, LlmError> {
        self.network.forget();
        self.position = 0;
        let mut scores = Vec::new();
        let mut left = prompt;
        while !left.is_empty() {
            if cancel.is_cancelled() {
                return Err(LlmError::cancelled());
            }
            // Powers of two only: candle keeps a mask for every length it has seen, and few lengths are few masks.
            let length = PROMPT_CHUNK.min(1 << left.len().ilog2());
            let (now, later) = left.split_at(length);
            scores = self.read(now)?;
            left = later;
        }
        Ok(scores)
    }

    fn step(&mut self, token: u32) -> Result<Vec<f32>, LlmError> {
        self.read(&[token])
    }
}

#[cfg(test)]
mod tests;
