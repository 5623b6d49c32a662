//! Local models: loading from GGUF files and safetensors folders, and running them. candle reads the files; the network is
//! that of `kernels`.

mod batch;
mod damage;
#[cfg(any(test, feature = "cuda"))]
mod device;
mod drafts;
mod gguf;
mod kept;
mod memory;
mod rope;
mod safetensors;
mod tokens;
mod weights;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use kernels::decoder::{Conversation, Shape};
use kernels::input::Rounding;
use tokio_util::sync::CancellationToken;

use self::batch::{Batch, Seat};
use self::drafts::Drafts;
use self::tokens::Tokens;
use super::chat_model::ChatModel;
use super::chat_template::ChatTemplate;
use super::error::LlmError;
use super::library::Weights;
use super::request::ChatMessage;
use super::tool_talk::ToolTalk;
use super::vocabulary::Vocabulary;
use crate::server::config::ModelDevice;

/// How to load a model.
#[derive(Debug, Clone, Copy)]
pub struct LoadOptions {
    /// Tokens of prompt and answer together, at most; the model's own limit may be lower.
    pub context_limit: usize,
    /// Rounds activations to 15 bits before they meet quantised weights, not to 8: nothing is lost, for a little more time.
    pub full_precision: bool,
    /// Bytes of conversations that are kept after their end, for those that begin in the same way.
    pub kept_bytes: usize,
    /// Bytes of memory that it may take at most; what the machine has left is a bound in any case.
    pub memory_limit: Option<u64>,
}

/// A place at a model in memory, with room for one conversation. Several at one model are read together.
pub struct LocalModel {
    model: Arc<Loaded>,
    seat: Seat,
    conversation: Conversation,
    /// What the conversation holds.
    read: Vec<u32>,
    drafts: Drafts,
}

/// What all places share.
struct Loaded {
    batch: Batch,
    tokens: Tokens,
    template: ChatTemplate,
    memory_bytes: u64,
}

/// What a file says of its model, before its weights are read.
pub struct Plan {
    pub shape: Shape,
    pub layers: usize,
    /// The table of tokens is the head as well, whatever else the file has.
    pub tied: bool,
    pub tokens: Tokens,
    pub template: ChatTemplate,
    pub memory_bytes: u64,
}

/// Loads a model where the configuration wants it.
///
/// # Errors
/// Those of [`load`]; `model_device_failed` if there is no such device, or no support for it in this build.
pub fn open(
    weights: &Weights,
    options: LoadOptions,
    device: ModelDevice,
) -> Result<Box<dyn ChatModel>, LlmError> {
    match device {
        ModelDevice::Cpu => Ok(Box::new(load(weights, options)?)),
        #[cfg(feature = "cuda")]
        ModelDevice::Cuda(number) => Ok(Box::new(device::load(weights, options, &device::gpu(number)?)?)),
        // The configuration refuses it before.
        #[cfg(not(feature = "cuda"))]
        ModelDevice::Cuda(_) => Err(LlmError::new("model_device_failed", ModelDevice::NO_GPU)),
    }
}

/// Loads a model for the processor. Takes seconds and blocks; never panics, whatever is in the file.
pub fn load(weights: &Weights, options: LoadOptions) -> Result<LocalModel, LlmError> {
    let path: &Path = match weights {
        Weights::Gguf(path) | Weights::Safetensors(path) => path,
    };
    // candle divides by numbers from the file in places.
    catch_unwind(AssertUnwindSafe(|| match weights {
        Weights::Gguf(file) => gguf::load(file, options, |plan, from| LocalModel::new(plan, from, options)),
        Weights::Safetensors(folder) => {
            safetensors::load(folder, options, |plan, from| LocalModel::new(plan, from, options))
        }
    }))
    .unwrap_or_else(|_| Err(LlmError::damaged(path, "its numbers contradict each other")))
}

impl LocalModel {
    /// Says what is wrong with the weights, or with a tokenizer that does not belong to the network.
    fn new(plan: Plan, from: &mut dyn weights::Weights, options: LoadOptions) -> Result<Self, String> {
        let decoder = weights::network(&plan, from)?;
        let Plan { tokens, template, memory_bytes, .. } = plan;
        tokens.fit(decoder.vocabulary())?;
        let rounding = if options.full_precision { Rounding::Fifteen } else { Rounding::Eight };
        let batch = Batch::new(decoder, rounding, options.kept_bytes);
        Ok(Self::at(Arc::new(Loaded { batch, tokens, template, memory_bytes })))
    }

    fn at(model: Arc<Loaded>) -> Self {
        let (seat, conversation) = (model.batch.seat(), model.batch.begin());
        Self { model, seat, conversation, read: Vec::new(), drafts: Drafts::default() }
    }

    /// Reads tokens; the scores after each of the last `scored`, one row after the other.
    fn forward(&mut self, tokens: &[u32], scored: usize) -> Result<Vec<f32>, LlmError> {
        let scores = self.model.batch.read(&mut self.conversation, tokens, scored)?;
        self.read.extend_from_slice(tokens);
        Ok(scores)
    }

    /// Guesses that turned out wrong are forgotten.
    fn truncate_to_read(&mut self) {
        self.conversation.truncate(self.read.len());
    }
}

impl ChatModel for LocalModel {
    fn context_length(&self) -> usize {
        self.model.batch.decoder().shape().context
    }

    fn memory_bytes(&self) -> u64 {
        self.model.memory_bytes
    }

    fn vocabulary(&self) -> &Vocabulary {
        &self.model.tokens.vocabulary
    }

    fn another(&self) -> Option<Box<dyn ChatModel>> {
        Some(Box::new(Self::at(self.model.clone())))
    }

    fn encode(&self, messages: &[ChatMessage]) -> Result<Vec<u32>, LlmError> {
        self.model.tokens.encode_all(self.model.template.render(messages)?)
    }

    fn encode_talk(&self, talk: &ToolTalk) -> Option<Result<Vec<u32>, LlmError>> {
        let pieces = self.model.template.render_talk(talk)?;
        Some(pieces.and_then(|pieces| self.model.tokens.encode_all(pieces)))
    }

    fn read_prompt(&mut self, prompt: &[u32], cancel: &CancellationToken) -> Result<Vec<f32>, LlmError> {
        self.seat.begin();
        self.drafts = Drafts::default();
        // What was read before, here or elsewhere, need not be read again; the last token is, for its scores.
        let (conversation, known) = self.model.batch.known(prompt);
        self.conversation = conversation;
        self.read = prompt[..known].to_vec();
        let mut left = &prompt[known..];
        loop {
            if cancel.is_cancelled() {
                return Err(LlmError::cancelled());
            }
            let length = self.seat.chunk().min(left.len());
            let (now, later) = left.split_at(length);
            let scores = self.forward(now, usize::from(later.is_empty()))?;
            if later.is_empty() {
                // Others that begin in the same way need not wait for this answer's end.
                self.model.batch.keep(self.read.clone(), self.conversation.clone());
                return Ok(scores);
            }
            left = later;
        }
    }

    fn step(&mut self, token: u32) -> Result<Vec<f32>, LlmError> {
        // Tokens that were guessed to follow were read along with an earlier one.
        if let Some(scores) = self.drafts.take(token) {
            self.read.push(token);
            return Ok(scores);
        }
        self.truncate_to_read();
        let room = self.context_length() - self.read.len() - 1;
        let mut tokens = vec![token];
        tokens.extend(self.drafts.guess(&self.read, token, room));
        let scored = tokens.len();
        let scores = self.model.batch.read(&mut self.conversation, &tokens, scored)?;
        self.read.push(token);
        Ok(self.drafts.keep(&tokens[1..], scores))
    }

    fn end(&mut self) {
        self.truncate_to_read();
        let conversation = std::mem::replace(&mut self.conversation, self.model.batch.begin());
        self.model.batch.keep(std::mem::take(&mut self.read), conversation);
        self.seat.end();
    }
}

#[cfg(test)]
mod tests;
