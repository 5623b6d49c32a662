//! Test doubles for the units of this wing: a tiny vocabulary, a scripted model, a sink that remembers.

use std::sync::{Arc, Mutex};

use tokio_util::sync::CancellationToken;

use super::chat_model::ChatModel;
use super::vocabulary::{TokenText, Vocabulary};
use super::{ChatMessage, ChatRequest, LlmError};

pub fn request(text: &str) -> ChatRequest {
    ChatRequest { max_tokens: 32, ..ChatRequest::of(vec![ChatMessage::user(text)]) }
}

pub fn collecting_sink() -> (impl FnMut(&str) + Send + 'static, Arc<Mutex<Vec<String>>>) {
    let pieces = Arc::new(Mutex::new(Vec::new()));
    let kept = pieces.clone();
    (move |text: &str| kept.lock().unwrap().push(text.to_owned()), pieces)
}

/// The tokens given, and `<|im_end|>` last.
pub fn vocabulary(tokens: &[&str]) -> Vocabulary {
    let mut all: Vec<TokenText> =
        tokens.iter().map(|text| TokenText::Bytes(text.as_bytes().into())).collect();
    all.push(TokenText::Control("<|im_end|>".into()));
    Vocabulary::new(all, [])
}

/// Scores for the next token after the tokens so far.
type Script = Box<dyn FnMut(&[u32]) -> Vec<f32> + Send>;

/// A model whose scores are made up by a function of the tokens so far, prompt included. Each character of the
/// messages is one prompt token.
pub struct ScriptedModel {
    pub vocabulary: Vocabulary,
    pub context: usize,
    script: Script,
    seen: Vec<u32>,
}

impl ScriptedModel {
    pub fn new(vocabulary: Vocabulary, script: impl FnMut(&[u32]) -> Vec<f32> + Send + 'static) -> Self {
        Self { vocabulary, context: 4096, script: Box::new(script), seen: Vec::new() }
    }
}

impl ChatModel for ScriptedModel {
    fn context_length(&self) -> usize {
        self.context
    }

    fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    fn encode(&self, messages: &[ChatMessage]) -> Result<Vec<u32>, LlmError> {
        Ok(vec![0; messages.iter().map(|message| message.content.chars().count()).sum()])
    }

    fn read_prompt(&mut self, prompt: &[u32], _cancel: &CancellationToken) -> Result<Vec<f32>, LlmError> {
        self.seen = prompt.to_vec();
        Ok((self.script)(&self.seen))
    }

    fn memory_bytes(&self) -> u64 {
        1000
    }

    fn step(&mut self, token: u32) -> Result<Vec<f32>, LlmError> {
        self.seen.push(token);
        Ok((self.script)(&self.seen))
    }
}
