//! A request in the words of the wire, and in other words where a service does not know the first ones.

use std::time::Duration;

use serde_json::{Value, json};

use super::answer::Answer;
use super::document::Document;
use super::overrun::{shorter, shorter_talk};
use super::refusal::{Failure, Place};
use super::wire::{Question, StreamOptions};
use super::{RemoteModel, tools};
use crate::server::llm::{ChatMessage, ChatRequest, LlmError, ToolTalk};
use crate::server::outbound::{Attached, Request};

/// How often a conversation is shortened until the service takes it.
const MOST_CUTS: u32 = 4;
/// How often a call that cannot be made is said to be one.
const MOST_CORRECTIONS: u32 = 2;
/// What some services or models do not know, and can do without.
const OPTIONAL: [&str; 5] = ["stream_options", "parallel_tool_calls", "tool_choice", "temperature", "top_p"];

/// What a service has been found not to know; it is not tried again with every question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manner {
    /// It calls the limit `max_completion_tokens`.
    new_limit: bool,
    /// Those of the optional ones that it does not like.
    left_out: Vec<&'static str>,
    no_tools: bool,
}

/// What is asked, and how it is put.
pub struct Asked<'a> {
    model: &'a RemoteModel,
    request: &'a ChatRequest,
    document: Option<Document>,
    manner: Manner,
    /// It is asked for the answer in one piece.
    whole: bool,
    messages: Vec<ChatMessage>,
    /// Instead of them and of the document, as long as the service knows tools.
    talk: Option<ToolTalk>,
    /// What follows it, and how often.
    corrections: (Vec<Value>, u32),
    cuts: u32,
    /// Tokens that were taken out.
    cut: usize,
}

impl<'a> Asked<'a> {
    pub fn of(model: &'a RemoteModel, request: &'a ChatRequest, manner: Manner) -> Self {
        Self {
            model,
            request,
            document: Document::of(request),
            whole: false,
            messages: request.messages.clone(),
            talk: request.talk.clone().filter(|_| !manner.no_tools),
            manner,
            corrections: (Vec::new(), 0),
            cuts: 0,
            cut: 0,
        }
    }

    /// The request as it is sent.
    pub fn request(
        &self,
        place: &Place,
        credential: Option<Attached>,
        timeout: Duration,
    ) -> Result<Request, LlmError> {
        let body = serde_json::to_vec(&self.question()).map_err(LlmError::generation)?;
        Ok(place.request(body, credential, timeout))
    }

    /// Puts it in other words if that is what the service asks for; `false` if nothing is left to change.
    pub fn adapt(&mut self, failure: &Failure) -> bool {
        let said = &failure.said;
        // Some refuse a stream with silence, and say why only in one piece.
        let in_one_piece = failure.is_silence && !std::mem::replace(&mut self.whole, true);
        in_one_piece
            || self.shorten(failure)
            // It may call its own mistake what is one of the request.
            || self.document.as_mut().is_some_and(|document| document.otherwise(said))
            || (!failure.passing && (self.renames_limit(said) || self.leaves_out(said)))
            || self.does_without_tools(said)
    }

    /// Not every model and service knows tools: then it is asked for the step as a document.
    fn does_without_tools(&mut self, said: &str) -> bool {
        let refuses = self.talk.take_if(|_| said.contains("tool")).is_some();
        self.manner.no_tools |= refuses;
        refuses
    }

    /// What the service has been found not to know by now.
    pub fn manner(&self) -> &Manner {
        &self.manner
    }

    /// The conversation with tools, if it is asked as one.
    pub fn talk(&self) -> Option<&ToolTalk> {
        self.talk.as_ref()
    }

    /// The answer is one of several texts.
    pub fn is_choice(&self) -> bool {
        self.request.choices.is_some()
    }

    /// Tells the model that its call cannot be made. One that was to call and did not, because the service does not look
    /// at tools, is asked for the step as a document. `false` if that was told often enough, or is no help.
    pub fn correct(&mut self, answer: &Answer, error: &LlmError) -> bool {
        let (messages, times) = &mut self.corrections;
        let helps = self.talk.is_some() && error.code == "output_not_valid" && error.retryable;
        if !helps || *times == MOST_CORRECTIONS {
            return false;
        }
        *times += 1;
        match answer.correction(error) {
            Some(correction) => messages.extend(correction),
            None => self.talk = None,
        }
        true
    }

    fn renames_limit(&mut self, said: &str) -> bool {
        said.contains("max_completion_tokens") && !std::mem::replace(&mut self.manner.new_limit, true)
    }

    fn leaves_out(&mut self, said: &str) -> bool {
        let disliked = OPTIONAL.iter().find(|name| said.contains(**name) && self.has(name));
        self.manner.left_out.extend(disliked);
        disliked.is_some()
    }

    fn has(&self, name: &str) -> bool {
        !self.manner.left_out.contains(&name)
    }

    /// Tokens that were taken out of the conversation.
    pub fn cut(&self) -> usize {
        self.cut
    }

    /// Leaves out what does not fit, if the request allows it and the service said how much that is.
    fn shorten(&mut self, failure: &Failure) -> bool {
        let Some(overrun) = failure.overrun.filter(|_| self.cuts < MOST_CUTS) else { return false };
        self.cuts += 1;
        let max_tokens = self.request.max_tokens;
        let out = if let Some(talk) = &mut self.talk {
            shorter_talk(talk, overrun, max_tokens)
        } else {
            let side = self.request.truncate;
            side.and_then(|side| shorter(&mut self.messages, side, overrun, max_tokens))
        };
        self.cut += out.unwrap_or_default();
        out.is_some()
    }

    fn question(&self) -> Question<'_> {
        let ChatRequest { temperature, top_p, max_tokens, seed, stop, .. } = self.request;
        let document = self.document.as_ref().filter(|_| self.talk.is_none());
        let words = document.and_then(Document::words).unwrap_or_default();
        let (messages, (tools, tool_choice)) = match &self.talk {
            Some(talk) => {
                let corrections = self.corrections.0.iter().cloned();
                (tools::messages(talk).into_iter().chain(corrections).collect(), tools::fields(talk))
            }
            None => (plain(&self.messages, &words), Default::default()),
        };
        Question {
            model: &self.model.model,
            messages,
            parallel_tool_calls: (!tools.is_empty() && self.has("parallel_tool_calls")).then_some(false),
            tools,
            tool_choice: tool_choice.filter(|_| self.has("tool_choice")),
            temperature: self.has("temperature").then_some(*temperature),
            top_p: top_p.filter(|_| self.has("top_p")),
            max_tokens: (!self.manner.new_limit).then_some(*max_tokens),
            max_completion_tokens: self.manner.new_limit.then_some(*max_tokens),
            seed: *seed,
            // A stop text would cut a document.
            stop: if self.document.is_some() { &[] } else { stop },
            response_format: document.and_then(Document::response_format),
            stream: !self.whole,
            stream_options: (!self.whole && self.has("stream_options"))
                .then_some(StreamOptions { include_usage: true }),
        }
    }
}

/// The messages, and `words` at the end of the last.
fn plain(messages: &[ChatMessage], words: &str) -> Vec<Value> {
    let last = messages.len().saturating_sub(1);
    let said = messages.iter().enumerate().map(|(place, ChatMessage { role, content })| {
        let words = if place == last { words } else { "" };
        json!({ "role": role.as_str(), "content": format!("{content}{words}") })
    });
    said.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> RemoteModel {
        RemoteModel {
            name: "big".to_owned(),
            base_url: "https://models.example.com/v1".to_owned(),
            model: "big-1".to_owned(),
            credential: None,
            dimension: None,
        }
    }

    fn sent(request: &ChatRequest) -> Value {
        serde_json::to_value(Asked::of(&model(), request, Manner::default()).question()).unwrap()
    }

    #[test]
    fn says_what_was_asked_and_nothing_else() {
        let mut request = ChatRequest::of(vec![ChatMessage::system("Be brief."), ChatMessage::user("Hello")]);
        request.stop = vec!["\n".to_owned()];
        request.seed = Some(7);
        assert_eq!(
            sent(&request),
            json!({
                "model": "big-1",
                "messages": [{ "role": "system", "content": "Be brief." }, { "role": "user", "content": "Hello" }],
                "temperature": 0.0, "max_tokens": 256, "seed": 7, "stop": ["\n"],
                "stream": true, "stream_options": { "include_usage": true }
            })
        );
    }

    #[test]
    fn other_words_are_tried_once() {
        let (model, request) = (model(), ChatRequest::of(vec![ChatMessage::user("x")]));
        let mut asked = Asked::of(&model, &request, Manner::default());
        let place = Place::of(&model, "chat/completions");
        let said = r#"{"error": {"message": "Use 'max_completion_tokens' instead."}}"#;
        assert!(!asked.adapt(&place.refused(400, "no", None)));
        assert!(asked.adapt(&place.refused(400, said, None)));
        let sent = serde_json::to_value(asked.question()).unwrap();
        assert_eq!((&sent["max_completion_tokens"], sent.get("max_tokens")), (&json!(256), None));
        assert!(!asked.adapt(&place.refused(400, said, None)));
    }
}
