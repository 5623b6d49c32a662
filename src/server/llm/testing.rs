//! Test doubles for the units of this wing: a tiny vocabulary, a scripted model, a sink that remembers.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio_util::sync::CancellationToken;

use super::chat_model::ChatModel;
use super::generate::generate;
use super::vocabulary::{TokenText, Vocabulary};
use super::{
    Caller, ChatFuture, ChatMessage, ChatReply, ChatRequest, ChatService, LlmError, Progress, ToolTalk,
};

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
    /// It has a form of its own for tools.
    pub has_tools: bool,
    script: Script,
    seen: Vec<u32>,
}

impl ScriptedModel {
    pub fn new(vocabulary: Vocabulary, script: impl FnMut(&[u32]) -> Vec<f32> + Send + 'static) -> Self {
        Self { vocabulary, context: 4096, has_tools: false, script: Box::new(script), seen: Vec::new() }
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

    fn encode_talk(&self, talk: &ToolTalk) -> Option<Result<Vec<u32>, LlmError>> {
        self.has_tools.then(|| Ok(vec![0; talk.turns.len()]))
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

/// Answers one text after the other, each spelt by a scripted model: a schema of the question holds for it, so that what
/// the schema does not allow comes out as something else.
#[derive(Default)]
pub struct ScriptedService {
    answers: Mutex<VecDeque<String>>,
    /// What was asked, in order.
    pub asked: Mutex<Vec<ChatRequest>>,
}

impl ScriptedService {
    pub fn new(answers: impl IntoIterator<Item = serde_json::Value>) -> Self {
        let answers = answers.into_iter().map(|answer| answer.to_string()).collect();
        Self { answers: Mutex::new(answers), asked: Mutex::default() }
    }

    fn answer(&self, request: &ChatRequest, caller: &mut Caller) -> Result<ChatReply, LlmError> {
        self.asked.lock().unwrap().push(request.clone());
        let text = self.answers.lock().unwrap().pop_front().expect("the script has another answer");
        let letters: Vec<String> = (b' '..=b'~').map(|letter| char::from(letter).to_string()).collect();
        let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
        let end = letters.len();
        let prompt: usize = request.messages.iter().map(|message| message.content.chars().count()).sum();
        let script = move |seen: &[u32]| {
            let mut scores = vec![0.0; end + 1];
            let next = text.as_bytes().get(seen.len() - prompt);
            scores[next.map_or(end, |letter| usize::from(letter - b' '))] = 1.0;
            scores
        };
        let mut model = ScriptedModel::new(vocabulary(&letters), script);
        model.context = 1_000_000;
        let mut sink = |text: &str| (caller.progress)(Progress::Text(text));
        let answer = generate(&mut model, request, &mut sink, &caller.cancel)?;
        Ok(ChatReply {
            text: answer.text,
            value: answer.value,
            model: "scripted".to_owned(),
            finish_reason: answer.finish_reason,
            usage: answer.usage,
        })
    }
}

impl ChatService for ScriptedService {
    fn chat(&self, request: ChatRequest, mut caller: Caller) -> ChatFuture<'_> {
        Box::pin(async move { self.answer(&request, &mut caller) })
    }
}
