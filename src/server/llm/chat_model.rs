//! The narrow waist between a model and everything that uses one.

use tokio_util::sync::CancellationToken;

use super::vocabulary::Vocabulary;
use super::{ChatMessage, LlmError, ToolTalk};

/// A loaded chat model with room for one conversation at a time. Tokens in, scores out: sampling, stopping and
/// streaming are the caller's, so that every model behaves alike.
pub trait ChatModel: Send {
    /// Tokens of prompt and answer together, at most.
    fn context_length(&self) -> usize;

    /// The tokens of this model as text.
    fn vocabulary(&self) -> &Vocabulary;

    /// The conversation in the model's own chat template, ready for its answer.
    fn encode(&self, messages: &[ChatMessage]) -> Result<Vec<u32>, LlmError>;

    /// The conversation with tools in the model's own template; `None` for a model that has no form for tools.
    fn encode_talk(&self, talk: &ToolTalk) -> Option<Result<Vec<u32>, LlmError>> {
        let _ = talk;
        None
    }

    /// Forgets everything before, reads `prompt` (not empty, within the context) and returns the score of each
    /// token to come next, by token id. May be longer than the vocabulary. Looks at `cancel` now and then.
    fn read_prompt(&mut self, prompt: &[u32], cancel: &CancellationToken) -> Result<Vec<f32>, LlmError>;

    /// Bytes of memory that it takes, a full conversation included.
    fn memory_bytes(&self) -> u64;

    /// A place beside this one at the same model, if it can answer several at once.
    fn another(&self) -> Option<Box<dyn ChatModel>> {
        None
    }

    /// The answer is whole, or given up: until the next prompt, nothing comes.
    fn end(&mut self) {}

    /// Goes on with `token` and returns the scores for the one after it.
    fn step(&mut self, token: u32) -> Result<Vec<f32>, LlmError>;
}
