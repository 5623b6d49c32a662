//! Answers that are taken again: which question is the same as one before.

use super::super::{LogLevel, NodeContext};
use crate::server::hex::hex;
use crate::server::{
    llm::{ChatReply, ChatRequest},
    store::llm_cache::Answers,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// Raised when the same question may give another answer than an older program gave.
const FORM: u32 = 1;

/// The place of one question among the answers.
pub struct Place {
    key: String,
}

impl Place {
    /// The place of a question to the model of that identity; `None` where every answer is meant to be another one.
    pub fn of(identity: &str, request: &ChatRequest) -> Option<Self> {
        let ChatRequest {
            messages,
            temperature,
            top_p,
            max_tokens,
            seed,
            stop,
            choices,
            schema,
            truncate,
            // Part of the identity. Named, so that a field to come is not forgotten here.
            model: _,
            talk,
        } = request;
        // What an agent asks is kept with its steps.
        if talk.is_some() || (*temperature > 0.0 && seed.is_none()) {
            return None;
        }
        let question = json!([
            FORM,
            identity,
            messages,
            temperature,
            top_p,
            max_tokens,
            seed,
            stop,
            choices,
            schema,
            truncate
        ]);
        let hash = Sha256::digest(question.to_string());
        Some(Self { key: hex(hash) })
    }

    /// The answer that was given before. A cache that cannot be read is none.
    pub async fn find(&self, answers: &Answers, context: &NodeContext) -> Option<ChatReply> {
        match answers.find(context.global_context.owner, &self.key).await {
            Ok(text) => serde_json::from_str(&text?).ok(),
            Err(error) => {
                context
                    .log(LogLevel::Warn, format!("the cache cannot be read, so the model is asked: {error}"));
                None
            }
        }
    }

    /// Keeps an answer for the next time.
    pub async fn keep(&self, answers: &Answers, context: &NodeContext, reply: &ChatReply) {
        let kept = match serde_json::to_string(reply) {
            Ok(text) => answers.keep(context.global_context.owner, &self.key, text, context.now()).await,
            Err(_) => return,
        };
        if let Err(error) = kept {
            context.log(LogLevel::Warn, format!("the answer was not kept in the cache: {error}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::llm::ChatMessage;

    fn key(identity: &str, change: impl FnOnce(&mut ChatRequest)) -> Option<String> {
        let mut request = ChatRequest::of(vec![ChatMessage::user("Hello")]);
        change(&mut request);
        Place::of(identity, &request).map(|place| place.key)
    }

    #[test]
    fn each_part_of_a_question_counts() {
        let changes: [fn(&mut ChatRequest); 10] = [
            |_| {},
            |r| r.messages = vec![ChatMessage::system("Hello")],
            |r| r.temperature = 0.5,
            |r| r.top_p = Some(0.9),
            |r| r.max_tokens = 7,
            |r| r.seed = Some(4),
            |r| r.stop = vec!["x".to_owned()],
            |r| r.choices = Some(vec!["x".to_owned()]),
            |r| r.schema = Some(json!({})),
            |r| r.truncate = Some(crate::server::llm::Truncate::Start),
        ];
        let seeded = |change: fn(&mut ChatRequest)| {
            key("a", |r| {
                r.seed = Some(3);
                change(r);
            })
        };
        let keys: std::collections::HashSet<_> = changes.into_iter().map(seeded).collect();
        assert_eq!(keys.len(), changes.len());
        assert_ne!(key("a", |_| {}), key("b", |_| {}));
        assert_eq!(key("a", |_| {}), key("a", |r| r.model = Some("another name of it".to_owned())));
    }

    #[test]
    fn answers_that_are_meant_to_differ_have_no_place() {
        assert_eq!(key("a", |r| r.temperature = 0.7), None);
        assert!(key("a", |_| {}).is_some());
    }
}
