//! Local models: loading from GGUF files and safetensors folders, and running them. candle reads the files; the network is
//! that of `kernels`.

mod batch;
mod damage;
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

use kernels::decoder::{Conversation, Decoder};
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
    /// Says what is wrong with a tokenizer that does not belong to the network.
    fn new(
        decoder: Decoder,
        tokens: Tokens,
        template: ChatTemplate,
        memory_bytes: u64,
        options: LoadOptions,
    ) -> Result<Self, String> {
        let (known, there) = (tokens.vocabulary.len(), decoder.vocabulary());
        if known > there {
            return Err(format!("its tokenizer has {known} tokens and its network {there}"));
        }
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

    fn encode_pieces(&self, pieces: Vec<String>) -> Result<Vec<u32>, LlmError> {
        let mut ids = Vec::new();
        for piece in pieces {
            ids.extend(self.model.tokens.encode(&piece)?);
        }
        Ok(ids)
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
        self.encode_pieces(self.model.template.render(messages)?)
    }

    fn encode_talk(&self, talk: &ToolTalk) -> Option<Result<Vec<u32>, LlmError>> {
        let pieces = self.model.template.render_talk(talk)?;
        Some(pieces.and_then(|pieces| self.encode_pieces(pieces)))
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
