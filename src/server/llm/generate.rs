//! One answer: from the messages, token by token, to the text and what it cost. Runs on the model's thread.

use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::chat_model::ChatModel;
use super::choices::{ChoicePath, Next};
use super::sampler::Sampler;
use super::text_stream::TextStream;
use super::{ChatRequest, ChatUsage, FinishReason, LlmError, TextSink};

/// A finished text; the scheduler adds the model's name and the waiting time.
pub struct Answer {
    pub text: String,
    pub finish_reason: FinishReason,
    pub usage: ChatUsage,
}

/// Answers `request`. Stops at the next token once `cancel` is set.
pub fn generate(
    model: &mut dyn ChatModel,
    request: &ChatRequest,
    sink: TextSink,
    cancel: &CancellationToken,
) -> Result<Answer, LlmError> {
    let begun = Instant::now();
    if request.max_tokens == 0 {
        return Err(LlmError::new("invalid_model_request", "max_tokens must be at least 1."));
    }
    let sampler = Sampler::new(request)?;
    let choices = request.choices.as_deref().map(ChoicePath::new).transpose()?;
    let prompt = model.encode(&request.messages)?;
    let limit = model.context_length();
    if prompt.len() >= limit {
        return Err(LlmError::new(
            "prompt_too_long",
            format!(
                "The prompt has {} tokens; the model takes at most {} and needs room to answer. Shorten the prompt.",
                prompt.len(),
                limit - 1
            ),
        ));
    }
    let room = limit - prompt.len();
    let mut run = Run { model, sampler, cancel, begun, first_token: None, tokens: 0 };
    let (text, finish_reason) = match choices {
        Some(path) => run.choose(&prompt, path, room, sink)?,
        None => run.write(&prompt, room.min(request.max_tokens as usize), &request.stop, sink)?,
    };
    Ok(Answer { text, finish_reason, usage: run.usage(prompt.len()) })
}

struct Run<'a> {
    model: &'a mut dyn ChatModel,
    sampler: Sampler,
    cancel: &'a CancellationToken,
    begun: Instant,
    first_token: Option<Instant>,
    /// Tokens chosen, end tokens not counted.
    tokens: usize,
}

impl Run<'_> {
    fn write(
        &mut self,
        prompt: &[u32],
        limit: usize,
        stops: &[String],
        sink: TextSink,
    ) -> Result<(String, FinishReason), LlmError> {
        let mut stream = TextStream::new(stops, sink);
        let mut scores = self.read(prompt)?;
        loop {
            let known = self.model.vocabulary().len();
            let token = self.sampler.pick((0u32..).zip(scores.iter().copied().take(known)))?;
            self.first_token.get_or_insert_with(Instant::now);
            if self.model.vocabulary().is_end(token) {
                return Ok((stream.finish(), FinishReason::Stop));
            }
            self.tokens += 1;
            if stream.push(self.model.vocabulary().bytes(token)) {
                return Ok((stream.finish(), FinishReason::Stop));
            }
            if self.tokens >= limit {
                return Ok((stream.finish(), FinishReason::Length));
            }
            scores = self.go_on(token)?;
        }
    }

    fn choose(
        &mut self,
        prompt: &[u32],
        mut path: ChoicePath,
        room: usize,
        mut sink: TextSink,
    ) -> Result<(String, FinishReason), LlmError> {
        let mut scores: Option<Vec<f32>> = None;
        let answer = loop {
            let allowed = match path.next(self.model.vocabulary()) {
                Next::Decided(answer) => break answer,
                Next::OneOf(allowed) => allowed,
            };
            let now = match scores.take() {
                Some(scores) => scores,
                None => self.read(prompt)?,
            };
            let candidates = allowed.iter().filter_map(|id| Some((*id, *now.get(*id as usize)?)));
            let token = self.sampler.pick(candidates)?;
            self.first_token.get_or_insert_with(Instant::now);
            if self.model.vocabulary().is_end(token) {
                break path.first_open();
            }
            self.tokens += 1;
            path.advance(self.model.vocabulary().bytes(token));
            if self.tokens >= room {
                break path.first_open();
            }
            // The next scores are needed only if more than one answer is still open.
            if matches!(path.next(self.model.vocabulary()), Next::OneOf(_)) {
                scores = Some(self.go_on(token)?);
            }
        };
        if !answer.is_empty() {
            sink(&answer);
        }
        Ok((answer, FinishReason::Stop))
    }

    fn read(&mut self, prompt: &[u32]) -> Result<Vec<f32>, LlmError> {
        self.check_cancel()?;
        let scores = self.model.read_prompt(prompt, self.cancel)?;
        self.check_cancel()?;
        Ok(scores)
    }

    fn go_on(&mut self, token: u32) -> Result<Vec<f32>, LlmError> {
        self.check_cancel()?;
        let scores = self.model.step(token)?;
        self.check_cancel()?;
        Ok(scores)
    }

    fn check_cancel(&self) -> Result<(), LlmError> {
        if self.cancel.is_cancelled() { Err(LlmError::cancelled()) } else { Ok(()) }
    }

    fn usage(&self, prompt_tokens: usize) -> ChatUsage {
        let first = self.first_token.unwrap_or_else(Instant::now);
        let seconds = first.elapsed().as_secs_f64();
        let after_first = self.tokens.saturating_sub(1);
        ChatUsage {
            prompt_tokens: u32::try_from(prompt_tokens).unwrap_or(u32::MAX),
            completion_tokens: u32::try_from(self.tokens).unwrap_or(u32::MAX),
            time_to_first_token_ms: milliseconds(first.duration_since(self.begun)),
            tokens_per_second: (after_first > 0 && seconds > 0.0).then(|| after_first as f64 / seconds),
            queue_ms: 0,
        }
    }
}

/// Whole milliseconds of a duration.
pub fn milliseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "generate_tests.rs"]
mod tests;
