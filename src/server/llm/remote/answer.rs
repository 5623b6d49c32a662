//! An answer on its way: pieces are told as they come, and what it is in the end is checked here, whatever the service
//! promised.

use std::time::Instant;

use serde_json::Value;

use super::RemoteModel;
use super::refusal::{Failure, Place};
use super::wire::{Choice, Chunk, Delta, Usage};
use crate::server::llm::grammar::Answers;
use crate::server::llm::{ChatReply, ChatRequest, ChatUsage, FinishReason, LlmError, Progress, ProgressSink};

/// What has come so far.
#[derive(Debug)]
pub struct Answer {
    text: String,
    /// Text of one of the choices: told when it is known which.
    is_choice: bool,
    finish: Option<FinishReason>,
    withheld: Option<String>,
    usage: Option<Usage>,
    /// Pieces of text.
    pieces: u32,
    /// From sending the request to the first piece.
    first: Option<(Instant, u64)>,
    last: Option<Instant>,
}

impl Answer {
    pub fn begin(request: &ChatRequest) -> Self {
        Self {
            text: String::new(),
            is_choice: request.choices.is_some(),
            finish: None,
            withheld: None,
            usage: None,
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
            None => Err(place.broken("it ended in the middle")),
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
        let Delta { content, refusal } = delta.or(message).unwrap_or_default();
        if let Some(piece) = content.filter(|piece| !piece.is_empty()) {
            let now = Instant::now();
            self.first
                .get_or_insert_with(|| (now, u64::try_from((now - began).as_millis()).unwrap_or(u64::MAX)));
            self.last = Some(now);
            self.pieces += 1;
            self.text.push_str(&piece);
            if !self.is_choice {
                progress(Progress::Text(&piece));
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

    /// The answer as it is given back.
    pub fn finish(self, model: &RemoteModel, request: &ChatRequest) -> Result<ChatReply, LlmError> {
        let finish_reason = self.finish.unwrap_or(FinishReason::Stop);
        if let Some(why) = self.withheld {
            return Err(LlmError::new(
                "remote_refused",
                format!(
                    "The model \"{}\" did not want to answer: {}. Ask otherwise.",
                    model.name,
                    why.trim_end_matches('.')
                ),
            ));
        }
        let (mut text, mut value) = (self.text, None);
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
        if let Some(choices) = &request.choices {
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
        // A service that does not count: each piece is mostly one token.
        let counted = self.usage.unwrap_or(Usage { prompt_tokens: 0, completion_tokens: self.pieces });
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
fn without_fence(text: &str) -> &str {
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
