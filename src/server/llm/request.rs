//! What a chat request asks and what comes back.

use super::ToolTalk;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who speaks in a [`ChatMessage`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    System,
    User,
    Assistant,
}

impl Role {
    /// As chat templates name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        }
    }
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    pub role: Role,
    pub content: String,
}

impl ChatMessage {
    pub fn system(content: impl Into<String>) -> Self {
        Self { role: Role::System, content: content.into() }
    }

    pub fn user(content: impl Into<String>) -> Self {
        Self { role: Role::User, content: content.into() }
    }
}

/// One question to a model and how to choose its words.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest {
    /// A name of the catalogue or of a folder in the models folder; `None` is the default model.
    pub model: Option<String>,
    pub messages: Vec<ChatMessage>,
    /// 0 takes the likeliest token each time.
    pub temperature: f64,
    /// Keeps only the likeliest tokens that together reach this probability, 0-1.
    pub top_p: Option<f64>,
    /// The answer ends after so many tokens. Does not cut one of `choices`; a document of `schema` is brought to its end
    /// in time.
    pub max_tokens: u32,
    /// The same seed on the same model gives the same text.
    pub seed: Option<u64>,
    /// The answer ends before the first of these strings.
    pub stop: Vec<String>,
    /// The answer is exactly one of these strings.
    pub choices: Option<Vec<String>>,
    /// The answer is a JSON document that follows this JSON Schema. `stop` is not looked at then.
    pub schema: Option<Value>,
    /// The same question in the form of models that were trained to use tools; those take this one, and give the step as
    /// a document of `schema`. `messages` and `schema` are for the others.
    pub talk: Option<ToolTalk>,
    /// What to do with a conversation that leaves no room in the model's context.
    pub truncate: Option<Truncate>,
}

impl ChatRequest {
    /// A conversation with the usual settings: an answer of 256 tokens at most, the likeliest each time.
    pub fn of(messages: Vec<ChatMessage>) -> Self {
        Self {
            model: None,
            messages,
            temperature: 0.0,
            top_p: None,
            max_tokens: 256,
            seed: None,
            stop: Vec::new(),
            choices: None,
            schema: None,
            talk: None,
            truncate: None,
        }
    }
}

/// Which part of the longest message gives way where a conversation does not fit into the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Truncate {
    /// Its beginning; the end is kept.
    Start,
    /// Its middle; beginning and end are kept.
    Middle,
}

/// Why the answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model ended its turn, a stop string came, or a choice was complete.
    Stop,
    /// `max_tokens` or the model's context was used up. A document of a schema is whole all the same.
    Length,
}

/// What an answer cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatUsage {
    pub prompt_tokens: u32,
    pub completion_tokens: u32,
    /// From the start of the work (not of the waiting) to the first token.
    pub time_to_first_token_ms: u64,
    /// Of the answer, after its first token; absent for answers of one token.
    pub tokens_per_second: Option<f64>,
    /// Time spent waiting for the model, loading included.
    pub queue_ms: u64,
    /// What keeping the answer on its schema cost, in microseconds for each token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraint_us_per_token: Option<f64>,
    /// Tokens of the prompt that `truncate` took out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub truncated_tokens: u32,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A finished answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatReply {
    pub text: String,
    /// The document, where a schema was asked for: `text` as a value, checked against the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The model that answered.
    pub model: String,
    pub finish_reason: FinishReason,
    pub usage: ChatUsage,
}
