//! An answer on its way: pieces are told as they come, and what it is in the end is checked here, whatever the service
//! promised.

use std::time::Instant;

use serde_json::Value;

use super::RemoteModel;
use super::refusal::{Failure, Place};
use super::tools::{self, Call};
use super::wire::{Choice, Chunk, Delta, Usage};
use crate::server::llm::grammar::Answers;
use crate::server::llm::{
    ChatReply, ChatRequest, ChatUsage, FinishReason, LlmError, Progress, ProgressSink, ToolTalk,
};

/// What has come so far.
#[derive(Debug)]
pub struct Answer {
    text: String,
    /// The call of a tool.
    call: Option<Call>,
    /// Text of one of the choices: told when it is known which.
    is_choice: bool,
    finish: Option<FinishReason>,
    withheld: Option<String>,
    usage: Option<Usage>,
    /// Anything has come at all.
    has_events: bool,
    /// Pieces of text.
    pieces: u32,
    /// From sending the request to the first piece.
    first: Option<(Instant, u64)>,
    last: Option<Instant>,
}

impl Answer {
    pub fn begin(is_choice: bool) -> Self {
        Self {
            text: String::new(),
            call: None,
            is_choice,
            finish: None,
            withheld: None,
            usage: None,
            has_events: false,
            pieces: 0,
            first: None,
            last: None,
        }
    }

    /// Whether any text has come: then the question is not asked again.
    pub fn has_begun(&self) -> bool {
        self.pieces > 0
    }

    /// Takes the data of one event; `true` for the last one.
    pub fn event(
        &mut self,
        place: &Place,
        data: &str,
        began: Instant,
        progress: &mut ProgressSink,
    ) -> Result<bool, Failure> {
        self.has_events = true;
        if data.trim() == "[DONE]" {
            self.finish.get_or_insert(FinishReason::Stop);
            return Ok(true);
        }
        let chunk: Chunk = serde_json::from_str(data)
            .map_err(|error| place.broken(&format!("an event is not the JSON of an answer ({error})")))?;
        self.take(place, chunk, began, progress)?;
        Ok(false)
    }

    /// Takes an answer that came in one piece.
    pub fn whole(
        &mut self,
        place: &Place,
        body: &str,
        began: Instant,
        progress: &mut ProgressSink,
    ) -> Result<(), Failure> {
        let chunk: Chunk = serde_json::from_str(body)
            .map_err(|error| place.broken(&format!("it is not the JSON of an answer ({error})")))?;
        if chunk.choices.is_empty() && chunk.error.is_none() {
            return Err(place.broken("it has no `choices`"));
        }
        self.take(place, chunk, began, progress)?;
        self.finish.get_or_insert(FinishReason::Stop);
        Ok(())
    }

    /// The stream has ended without saying so.
    pub fn end(&self, place: &Place) -> Result<(), Failure> {
        match self.finish {
            Some(_) => Ok(()),
            None => Err(place.ended(!self.has_events)),
        }
    }

    fn take(
        &mut self,
        place: &Place,
        chunk: Chunk,
        began: Instant,
        progress: &mut ProgressSink,
    ) -> Result<(), Failure> {
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            return Err(place.told(&error));
        }
        self.usage = chunk.usage.or(self.usage);
        let Some(Choice { delta, message, finish_reason }) = chunk.choices.into_iter().next() else {
            return Ok(());
        };
        let Delta { content, refusal, tool_calls } = delta.or(message).unwrap_or_default();
        if let Some(piece) = content.filter(|piece| !piece.is_empty()) {
            self.note_piece(began);
            self.text.push_str(&piece);
            if !self.is_choice {
                progress(Progress::Text(&piece));
            }
        }
        for piece in tool_calls.unwrap_or_default() {
            if let Some(shown) = Call::take(&mut self.call, piece) {
                self.note_piece(began);
                progress(Progress::Text(&shown));
            }
        }
        if let Some(said) = refusal {
            self.withheld.get_or_insert_default().push_str(&said);
        }
        self.finish = match finish_reason.as_deref() {
            Some("length") => Some(FinishReason::Length),
            Some("content_filter") => {
                self.withheld.get_or_insert_with(|| "its filter stopped it".to_owned());
                Some(FinishReason::Stop)
            }
            Some(_) => Some(FinishReason::Stop),
            None => self.finish,
        };
        Ok(())
    }

    fn note_piece(&mut self, began: Instant) {
        let now = Instant::now();
        self.first.get_or_insert_with(|| (now, u64::try_from((now - began).as_millis()).unwrap_or(u64::MAX)));
        self.last = Some(now);
        self.pieces += 1;
    }

    /// What it cost. A service that does not count: each piece is mostly one token.
    pub fn counted(&self) -> Usage {
        self.usage.unwrap_or(Usage { prompt_tokens: 0, completion_tokens: self.pieces })
    }

    /// What is said to a model whose call cannot be made; `None` where it called nothing.
    pub fn correction(&self, why: &LlmError) -> Option<Vec<Value>> {
        Some(tools::correction(&self.text, self.call.as_ref()?, why))
    }

    /// The answer as it is given back; `talk` is the conversation with tools, if it was one.
    pub fn finish(
        &self,
        model: &RemoteModel,
        request: &ChatRequest,
        talk: Option<&ToolTalk>,
    ) -> Result<ChatReply, LlmError> {
        let finish_reason = self.finish.unwrap_or(FinishReason::Stop);
        if let Some(why) = &self.withheld {
            return Err(LlmError::new(
                "remote_refused",
                format!(
                    "The model \"{}\" did not want to answer: {}. Ask otherwise.",
                    model.name,
                    why.trim_end_matches('.')
                ),
            ));
        }
        let (mut text, mut value) = (self.text.clone(), None);
        let cut = |error: LlmError| match finish_reason {
            FinishReason::Length => LlmError::new(
                "output_not_valid",
                format!(
                    "The model \"{}\" used up its {} tokens before the document was whole. Raise `max_tokens`.",
                    model.name, request.max_tokens
                ),
            ),
            FinishReason::Stop => error,
        };
        if let Some(talk) = talk {
            let step = tools::step(talk, &self.text, self.call.as_ref()).map_err(cut)?;
            text = step.to_string();
            value = match &request.schema {
                Some(schema) => Some(Answers::of(schema)?.read(&text).map_err(cut)?),
                None => Some(step),
            };
        } else if let Some(choices) = &request.choices {
            text = chosen(&text, choices).ok_or_else(|| {
                cut(LlmError::retryable(
                    "output_not_valid",
                    format!("The model \"{}\" answered with none of the choices. Try again, or use a model that follows schemas.", model.name),
                ))
            })?;
        } else if let Some(schema) = &request.schema {
            text = without_fence(&text).to_owned();
            value = Some(Answers::of(schema)?.read(&text).map_err(cut)?);
        }
        let counted = self.counted();
        let speed = self.first.zip(self.last).and_then(|((first, _), last)| {
            let seconds = (last - first).as_secs_f64();
            (counted.completion_tokens > 1 && seconds > 0.0)
                .then(|| f64::from(counted.completion_tokens - 1) / seconds)
        });
        Ok(ChatReply {
            text,
            value,
            model: model.name.clone(),
            finish_reason,
            usage: ChatUsage {
                prompt_tokens: counted.prompt_tokens,
                completion_tokens: counted.completion_tokens,
                time_to_first_token_ms: self.first.map_or(0, |(_, ms)| ms),
                tokens_per_second: speed,
                queue_ms: 0,
                truncated_tokens: 0,
                constraint_us_per_token: None,
            },
        })
    }
}

/// The choice that an answer means: the document that was asked for, or just the words.
fn chosen(text: &str, choices: &[String]) -> Option<String> {
    let text = without_fence(text);
    let document: Option<Value> = serde_json::from_str(text).ok();
    let said = document.as_ref().and_then(|d| d.get("choice").unwrap_or(d).as_str()).unwrap_or(text);
    choices.iter().find(|choice| choice.trim() == said.trim()).cloned()
}

/// Many models put a document between ``` lines.
pub fn without_fence(text: &str) -> &str {
    let text = text.trim();
    let Some(inner) = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```")) else { return text };
    inner.split_once('\n').map_or(text, |(_, document)| document.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_found_in_a_document_or_in_words() {
        let choices = ["yes".to_owned(), "no".to_owned()];
        for said in [r#"{"choice":"no"}"#, "no", " no\n", "\"no\"", "```json\n{\"choice\": \"no\"}\n```"] {
            assert_eq!(chosen(said, &choices).as_deref(), Some("no"), "{said}");
        }
        for said in ["No way", "", "{\"choice\":\"maybe\"}", "[]"] {
            assert_eq!(chosen(said, &choices), None, "{said}");
        }
    }

    #[test]
    fn a_fence_is_no_part_of_a_document() {
        assert_eq!(without_fence("```json\n{}\n```"), "{}");
        assert_eq!(without_fence("  {} "), "{}");
        assert_eq!(without_fence("``` {} ```"), "``` {} ```");
    }
}
