//! One answer: from the messages, token by token, to the text and what it cost. Runs on the model's thread.

mod speak;

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::chat_model::ChatModel;
use super::choices::{ChoicePath, Next};
use super::fit;
use super::grammar::{Answers, Guide, Taken};
use super::sampler::Sampler;
use super::text_stream::{Sink, TextStream};
use super::{ChatRequest, ChatUsage, FinishReason, LlmError};

/// A finished text; the scheduler adds the model's name and the waiting time.
pub struct Answer {
    pub text: String,
    pub value: Option<Value>,
    pub finish_reason: FinishReason,
    pub usage: ChatUsage,
}

/// Answers `request`. Stops at the next token once `cancel` is set.
pub fn generate(
    model: &mut dyn ChatModel,
    request: &ChatRequest,
    sink: &mut Sink<'_>,
    cancel: &CancellationToken,
) -> Result<Answer, LlmError> {
    let begun = Instant::now();
    if request.max_tokens == 0 {
        return Err(LlmError::new("invalid_model_request", "max_tokens must be at least 1."));
    }
    let sampler = Sampler::new(request)?;
    let choices = request.choices.as_deref().map(ChoicePath::new).transpose()?;
    if choices.is_some() && request.schema.is_some() {
        return Err(LlmError::new(
            "invalid_model_request",
            "choices and a schema were asked for together. Use one of them.",
        ));
    }
    let answers = request.schema.as_ref().map(Answers::of).transpose()?;
    if let Some(talk) = &request.talk
        && let Some(prompt) = fit::talk(model, talk, request.max_tokens)
    {
        let fit::Prompt { tokens: prompt, cut } = prompt?;
        let room = (model.context_length() - prompt.len(), request.max_tokens as usize);
        let mut run = Run::new(model, sampler, cancel, begun);
        let (step, finish_reason) = run.speak(&prompt, talk, room, sink)?;
        let text = step.to_string();
        let value = answers.map(|answers| answers.read(&text)).transpose()?;
        let usage =
            ChatUsage { truncated_tokens: u32::try_from(cut).unwrap_or(u32::MAX), ..run.usage(prompt.len()) };
        return Ok(Answer { text, value, finish_reason, usage });
    }
    let guide = match &request.schema {
        Some(schema) => Some(model.vocabulary().grammars()?.begin(schema)?),
        None => None,
    };
    let fit::Prompt { tokens: prompt, cut } = fit::prompt(model, request)?;
    let room = model.context_length() - prompt.len();
    let limit = room.min(request.max_tokens as usize);
    let mut run = Run::new(model, sampler, cancel, begun);
    let (text, finish_reason) = match (choices, guide) {
        (Some(path), _) => run.choose(&prompt, path, room, sink)?,
        (None, Some(guide)) if guide.tokens_to_close() > limit => {
            return Err(too_short(guide.tokens_to_close(), room, request.max_tokens));
        }
        (None, Some(guide)) => {
            let scores = run.read(&prompt)?;
            run.fill(scores, guide, limit, sink)?
        }
        (None, None) => run.write(&prompt, limit, &request.stop, sink)?,
    };
    let value = answers.map(|answers| answers.read(&text)).transpose()?;
    let truncated_tokens = u32::try_from(cut).unwrap_or(u32::MAX);
    let usage = ChatUsage { truncated_tokens, ..run.usage(prompt.len()) };
    Ok(Answer { text, value, finish_reason, usage })
}

fn too_short(needed: usize, room: usize, max_tokens: u32) -> LlmError {
    let (left, remedy) = if room < max_tokens as usize {
        (format!("the prompt leaves {room} in the model's context"), "Shorten the prompt")
    } else {
        (format!("max_tokens allows {max_tokens}"), "Raise max_tokens")
    };
    LlmError::new(
        "max_tokens_too_small",
        format!(
            "The shortest document of output_schema takes {needed} tokens, and {left}. {remedy}, or ask for less in \
             the schema."
        ),
    )
}

struct Run<'a> {
    model: &'a mut dyn ChatModel,
    sampler: Sampler,
    cancel: &'a CancellationToken,
    begun: Instant,
    first_token: Option<Instant>,
    /// Tokens chosen, end tokens not counted.
    tokens: usize,
    /// Spent on what a guide allows.
    constraint: Duration,
    /// Tokens that a guide was asked about.
    guided: u32,
}

impl<'a> Run<'a> {
    fn new(
        model: &'a mut dyn ChatModel,
        sampler: Sampler,
        cancel: &'a CancellationToken,
        begun: Instant,
    ) -> Self {
        let constraint = Duration::ZERO;
        Self { model, sampler, cancel, begun, first_token: None, tokens: 0, constraint, guided: 0 }
    }

    fn write(
        &mut self,
        prompt: &[u32],
        limit: usize,
        stops: &[String],
        sink: &mut Sink<'_>,
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
        sink: &mut Sink<'_>,
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

    /// A document that the guide allows, whole within `limit` tokens.
    fn fill(
        &mut self,
        mut scores: Vec<f32>,
        mut guide: Guide,
        limit: usize,
        sink: &mut Sink<'_>,
    ) -> Result<(String, FinishReason), LlmError> {
        let mut stream = TextStream::new(&[], sink);
        loop {
            let asked = Instant::now();
            let allowed = guide.allowed()?;
            self.constraint += asked.elapsed();
            let candidates = allowed.iter().filter_map(|id| Some((id, *scores.get(id as usize)?)));
            let token = self.sampler.pick(candidates)?;
            self.first_token.get_or_insert_with(Instant::now);
            let is_end = self.model.vocabulary().is_end(token);
            let left = limit - self.tokens - usize::from(!is_end);
            let asked = Instant::now();
            let taken = guide.take(token, left)?;
            self.constraint += asked.elapsed();
            self.guided += 1;
            match taken {
                Taken::Whole(_) if is_end => return Ok((stream.finish(), FinishReason::Stop)),
                Taken::Whole(rest) => {
                    self.tokens += 1;
                    stream.push(self.model.vocabulary().bytes(token));
                    stream.push(&rest);
                    return Ok((stream.finish(), FinishReason::Stop));
                }
                Taken::Close(rest, tokens) => {
                    self.tokens += tokens;
                    stream.push(&rest);
                    return Ok((stream.finish(), FinishReason::Length));
                }
                Taken::Open => {
                    self.tokens += 1;
                    stream.push(self.model.vocabulary().bytes(token));
                }
            }
            scores = self.go_on(token)?;
        }
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
            truncated_tokens: 0,
            constraint_us_per_token: (self.guided > 0)
                .then(|| self.constraint.as_secs_f64() * 1e6 / f64::from(self.guided)),
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
