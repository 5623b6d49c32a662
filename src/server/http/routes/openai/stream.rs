//! An answer as events: one for each piece, `[DONE]` at the end.

use super::OpenAiError;
use crate::{
    api::openai::{ChatChunk, ChatDelta, ChunkChoice, TokenUsage},
    server::{
        http::event_stream::event_stream,
        services::openai::{Answering, Piece},
    },
};
use axum::response::{Response, sse::Event};
use futures::{StreamExt as _, stream};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// What stands in every event of an answer.
pub struct Told {
    pub id: String,
    pub created: i64,
    pub model: String,
}

impl Told {
    pub fn new(model: &str, created: i64) -> Self {
        Self { id: format!("chatcmpl-{}", Uuid::now_v7().simple()), created, model: model.to_owned() }
    }

    fn chunk(&self, choices: Vec<ChunkChoice>, usage: Option<TokenUsage>) -> Event {
        event(&ChatChunk {
            id: self.id.clone(),
            object: "chat.completion.chunk".to_owned(),
            created: self.created,
            model: self.model.clone(),
            choices,
            usage,
        })
    }

    fn delta(&self, delta: ChatDelta, finish_reason: Option<&str>) -> Event {
        let finish_reason = finish_reason.map(str::to_owned);
        self.chunk(vec![ChunkChoice { index: 0, delta, logprobs: None, finish_reason }], None)
    }

    /// The events of a piece, and whether it was the last one.
    fn events(&self, piece: Result<Piece, OpenAiError>, with_usage: bool) -> (Vec<Event>, bool) {
        match piece {
            Ok(Piece::Text(text)) => {
                (vec![self.delta(ChatDelta { role: None, content: Some(text) }, None)], false)
            }
            Ok(Piece::Done { finish_reason, usage }) => {
                let mut events = vec![self.delta(ChatDelta::default(), Some(finish_reason.as_str()))];
                if with_usage {
                    events.push(self.chunk(Vec::new(), Some(usage)));
                }
                events.push(Event::default().data("[DONE]"));
                (events, true)
            }
            Err(error) => (vec![event(&error.body())], true),
        }
    }
}

fn event(value: &impl Serialize) -> Event {
    // Only maps with keys that are no text cannot be written.
    Event::default().data(serde_json::to_string(value).unwrap_or_default())
}

/// The reply with its first piece and those to come.
pub fn reply(
    told: Told,
    first: Piece,
    answering: Answering,
    with_usage: bool,
    stopping: CancellationToken,
) -> Response {
    let role = ChatDelta { role: Some("assistant".to_owned()), content: Some(String::new()) };
    let (first, ended) = told.events(Ok(first), with_usage);
    let begin: Vec<Event> = std::iter::once(told.delta(role, None)).chain(first).collect();
    let rest = stream::unfold((told, answering, ended), move |(told, mut answering, ended)| async move {
        if ended {
            return None;
        }
        let piece = answering.next().await.map_err(OpenAiError::from);
        let (events, ended) = told.events(piece, with_usage);
        Some((stream::iter(events), (told, answering, ended)))
    });
    event_stream(stream::iter(begin).chain(rest.flatten()), stopping)
}
