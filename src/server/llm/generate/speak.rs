//! A step of an agent in the form of a model that was trained to use tools.

use std::time::Instant;

use serde_json::Value;

use super::{Run, too_short};
use crate::server::llm::text_stream::{Sink, TextStream};
use crate::server::llm::tool_talk::{CALL, ToolTalk};
use crate::server::llm::{FinishReason, LlmError};

/// Tokens of a thought before a call that has to come.
const THOUGHT_TOKENS: usize = 100;

/// What a model says before it calls a tool, or instead.
enum Thought {
    Call(String),
    Answer(String, FinishReason),
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Run<'_> {
    /// A step in the model's own form: a text, and then a call of a tool or the end of the turn. `room` is what the context
    /// leaves; text and call may take `limit` tokens each.
    pub(super) fn speak(
        &mut self,
        prompt: &[u32],
        talk: &ToolTalk,
        (room, limit): (usize, usize),
        sink: &mut Sink<'_>,
    ) -> Result<(Value, FinishReason), LlmError> {
        let mut scores = self.read(prompt)?;
        let thought = match self.think(&mut scores, talk, limit.min(room), sink)? {
            Thought::Answer(text, finish_reason) => return Ok((talk.answer_of(&text), finish_reason)),
            Thought::Call(thought) => thought,
        };
        // The call is on a line of its own.
        if let Some(line) = self.token_of(b"\n") {
            scores = self.go_on(line)?;
        }
        let guide = self.model.vocabulary().grammars()?.begin(&talk.call_schema())?;
        let limit = (self.tokens + limit).min(room);
        let needed = self.tokens + guide.tokens_to_close();
        if needed > limit {
            return Err(too_short(needed, room, u32::try_from(limit).unwrap_or(u32::MAX)));
        }
        let (text, finish_reason) = self.fill(scores, guide, limit, sink)?;
        let call = serde_json::from_str(&text).map_err(LlmError::generation)?;
        Ok((talk.step(&thought, &call), finish_reason))
    }

    /// The text before a call, up to its mark, or all of it.
    fn think(
        &mut self,
        scores: &mut Vec<f32>,
        talk: &ToolTalk,
        limit: usize,
        sink: &mut Sink<'_>,
    ) -> Result<Thought, LlmError> {
        let (may_end, may_call) = (talk.ends_in_text(), !(talk.must_answer && talk.ends_in_text()));
        let limit = if may_end { limit } else { limit.min(THOUGHT_TOKENS) };
        let mut stream = TextStream::new(&[], sink);
        let mut said = Vec::new();
        loop {
            let vocabulary = self.model.vocabulary();
            let fits = |id: u32| {
                (may_end || !vocabulary.is_end(id)) && (may_call || vocabulary.bytes(id) != CALL.as_bytes())
            };
            let candidates = (0u32..).zip(scores.iter().copied().take(vocabulary.len()));
            let token = self.sampler.pick(candidates.filter(|(id, _)| fits(*id)))?;
            self.first_token.get_or_insert_with(Instant::now);
            if self.model.vocabulary().is_end(token) {
                stream.finish();
                return Ok(Thought::Answer(text_of(&said), FinishReason::Stop));
            }
            self.tokens += 1;
            let bytes = self.model.vocabulary().bytes(token).to_vec();
            said.extend_from_slice(&bytes);
            stream.push(&bytes);
            *scores = self.go_on(token)?;
            let text = text_of(&said);
            if may_call && let Some((thought, _)) = text.split_once(CALL) {
                return Ok(Thought::Call(thought.to_owned()));
            }
            if self.tokens >= limit {
                stream.finish();
                if may_end {
                    return Ok(Thought::Answer(text, FinishReason::Length));
                }
                // Enough thought: now it calls.
                if let Some(mark) = self.token_of(CALL.as_bytes()) {
                    *scores = self.go_on(mark)?;
                }
                return Ok(Thought::Call(text));
            }
        }
    }

    /// The token that writes just this.
    fn token_of(&self, bytes: &[u8]) -> Option<u32> {
        let vocabulary = self.model.vocabulary();
        vocabulary.beginnings_of(bytes).find(|id| vocabulary.bytes(*id) == bytes)
    }
}
