//! A model on a device of candle's, such as a GPU: the same files, templates and answers, with candle's products in place
//! of those of `kernels`. One conversation at a time; its beginning is kept for the next prompt that begins like it.
//!
//! Tests run it on the processor, where candle has the same operations; a build with the feature `cuda` runs it on a GPU.

mod network;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use candle_core::Device;
use tokio_util::sync::CancellationToken;

use self::network::{Cache, Network};
use super::tokens::Tokens;
use super::{LoadOptions, Plan, gguf, safetensors};
use crate::server::llm::chat_model::ChatModel;
use crate::server::llm::chat_template::ChatTemplate;
use crate::server::llm::error::{LlmError, first_line};
use crate::server::llm::library::Weights;
use crate::server::llm::vocabulary::Vocabulary;
use crate::server::llm::{ChatMessage, ToolTalk};

/// Tokens of a prompt that are read in one pass; between two it looks whether the request was cancelled.
const CHUNK: usize = 256;

/// A model in the memory of a device.
pub struct DeviceModel {
    network: Network,
    cache: Cache,
    /// What the cache holds.
    read: Vec<u32>,
    tokens: Tokens,
    template: ChatTemplate,
    memory_bytes: u64,
}

/// Loads a model into the memory of the device. Takes seconds and blocks; never panics, whatever is in the file.
///
/// # Errors
/// What is wrong with the file; `model_device_failed` if the device has too little memory or does not work.
pub fn load(weights: &Weights, options: LoadOptions, device: &Device) -> Result<DeviceModel, LlmError> {
    let path: &Path = match weights {
        Weights::Gguf(path) | Weights::Safetensors(path) => path,
    };
    let build = |plan: Plan, weights: &mut dyn super::weights::Weights| {
        let network = Network::new(plan.shape, plan.layers, plan.tied, weights, device)?;
        plan.tokens.fit(network.vocabulary())?;
        let Plan { tokens, template, memory_bytes, .. } = plan;
        let cache = network.begin();
        Ok(DeviceModel { network, cache, read: Vec::new(), tokens, template, memory_bytes })
    };
    catch_unwind(AssertUnwindSafe(|| match weights {
        Weights::Gguf(file) => gguf::load(file, options, build),
        Weights::Safetensors(folder) => safetensors::load(folder, options, build),
    }))
    .unwrap_or_else(|_| Err(LlmError::damaged(path, "its numbers contradict each other")))
}

/// The GPU of that number.
///
/// # Errors
/// `model_device_failed`, with what the driver says.
#[cfg(feature = "cuda")]
pub fn gpu(number: usize) -> Result<Device, LlmError> {
    Device::new_cuda(number).map_err(|error| {
        let why = first_line(&error);
        LlmError::new(
            "model_device_failed",
            format!(
                "The GPU {number} cannot be used: {why}. Look at its driver with nvidia-smi, or set \
                 MILLRACE_MODEL_DEVICE=cpu."
            ),
        )
    })
}

impl DeviceModel {
    /// Reads tokens; the scores after each of the last `scored`, one row after the other.
    pub fn forward(&mut self, tokens: &[u32], scored: usize) -> Result<Vec<f32>, LlmError> {
        let unknown = tokens.iter().find(|token| **token as usize >= self.network.vocabulary());
        if let Some(token) = unknown {
            return Err(LlmError::generation(format!(
                "its tokenizer gave the token {token}, which it does not have"
            )));
        }
        if self.read.len() + tokens.len() > self.context_length() {
            return Err(LlmError::generation("the conversation is longer than its context".to_owned()));
        }
        let scores = self.network.read(&mut self.cache, tokens, scored).map_err(|error| {
            LlmError::new(
                "model_device_failed",
                format!(
                    "The device of the model stopped with an error: {}. Free some of its memory, or set \
                     MILLRACE_MODEL_DEVICE=cpu.",
                    first_line(&error)
                ),
            )
        })?;
        self.read.extend_from_slice(tokens);
        if scores.iter().any(|score| !score.is_finite()) {
            return Err(LlmError::generation(
                "its scores are no numbers: the weights of its file are damaged".to_owned(),
            ));
        }
        Ok(scores)
    }

    fn truncate(&mut self, length: usize) {
        self.read.truncate(length);
        self.cache.truncate(self.read.len());
    }
}

impl ChatModel for DeviceModel {
    fn context_length(&self) -> usize {
        self.network.shape().context
    }

    fn vocabulary(&self) -> &Vocabulary {
        &self.tokens.vocabulary
    }

    fn encode(&self, messages: &[ChatMessage]) -> Result<Vec<u32>, LlmError> {
        self.tokens.encode_all(self.template.render(messages)?)
    }

    fn encode_talk(&self, talk: &ToolTalk) -> Option<Result<Vec<u32>, LlmError>> {
        let pieces = self.template.render_talk(talk)?;
        Some(pieces.and_then(|pieces| self.tokens.encode_all(pieces)))
    }

    fn read_prompt(&mut self, prompt: &[u32], cancel: &CancellationToken) -> Result<Vec<f32>, LlmError> {
        // Never the whole of it: the last token must be read for its scores.
        let most = self.read.len().min(prompt.len() - 1);
        let known = (0..most).take_while(|at| self.read[*at] == prompt[*at]).count();
        self.truncate(known);
        let mut left = &prompt[known..];
        loop {
            if cancel.is_cancelled() {
                return Err(LlmError::cancelled());
            }
            let (now, later) = left.split_at(CHUNK.min(left.len()));
            let scores = self.forward(now, usize::from(later.is_empty()))?;
            if later.is_empty() {
                return Ok(scores);
            }
            left = later;
        }
    }

    fn memory_bytes(&self) -> u64 {
        self.memory_bytes
    }

    fn step(&mut self, token: u32) -> Result<Vec<f32>, LlmError> {
        self.forward(&[token], 1)
    }
}
