//! What `/v1` does: chat with the models and the workflows of an account, vectors of texts, the list of both.

mod embeddings;
mod question;
mod workflow;

pub use embeddings::embeddings;
pub use workflow::active as active_workflows;

use super::models::{self, remote::WORKFLOW_PREFIX};
use crate::{
    api::{
        chat::{ChatDone, ChatEvent},
        openai::{ChatBody, ModelCard, ModelCards, TokenUsage},
    },
    server::{
        error::AppError,
        llm::{Caller, ChatService as _, FinishReason, Progress},
        state::AppState,
    },
    workflow::ids::UserId,
};
use axum::http::StatusCode;
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

/// What comes of an answer.
#[derive(Debug)]
pub enum Piece {
    Text(String),
    /// The last one.
    Done {
        finish_reason: String,
        usage: TokenUsage,
    },
}

/// An answer on its way. Dropping it ends the work for it.
pub struct Answering {
    /// The model's name as it is told.
    pub model: String,
    events: mpsc::UnboundedReceiver<Told>,
    _ends: DropGuard,
}

/// What an answer on its way is told through.
type Told = Result<ChatEvent, AppError>;

impl Answering {
    /// The next thing that happens. `Done` or an error is the last one.
    ///
    /// # Errors
    /// Why the model or the workflow gave no answer.
    pub async fn next_event(&mut self) -> Result<ChatEvent, AppError> {
        let ended = || Err(AppError::internal("an answer ended without its last piece"));
        self.events.recv().await.unwrap_or_else(ended)
    }

    /// The next piece of the answer itself. `Done` or an error is the last one.
    ///
    /// # Errors
    /// Why the model or the workflow gave no answer.
    pub async fn next(&mut self) -> Result<Piece, AppError> {
        loop {
            match self.next_event().await? {
                ChatEvent::Text(text) => return Ok(Piece::Text(text)),
                ChatEvent::Done(ChatDone { finish_reason, usage }) => {
                    return Ok(Piece::Done { finish_reason, usage });
                }
                _ => {}
            }
        }
    }
}

/// Asks a model, or a workflow as one.
///
/// # Errors
/// 404 `model_not_found`, 422 for a request that breaks a rule; what the model says comes with the pieces.
pub async fn chat(state: &AppState, owner: UserId, body: ChatBody) -> Result<Answering, AppError> {
    if body.model.is_empty() {
        return Err(AppError::field("model", "is missing; GET /v1/models lists what there is"));
    }
    if let Some(name) = body.model.strip_prefix(WORKFLOW_PREFIX) {
        return workflow::ask(state, owner, name, &body).await;
    }
    let request = question::of(&body)?;
    if !models::chat_names(state, owner).await?.contains(&body.model) {
        return Err(not_found(&body.model));
    }
    let (told, events) = mpsc::unbounded_channel();
    let cancel = CancellationToken::new();
    let ends = cancel.clone().drop_guard();
    let (chat, on_the_way) = (state.chat.clone(), told.clone());
    let mut caller = Caller::silent().of(owner).with_cancel(cancel);
    // Whoever does not listen any more has dropped the guard, too.
    caller.progress = Box::new(move |progress| {
        drop(on_the_way.send(Ok(match progress {
            Progress::Waiting { ahead } => ChatEvent::Waiting { ahead },
            Progress::Loading => ChatEvent::Loading {},
            Progress::Started => ChatEvent::Started {},
            Progress::Text(text) => ChatEvent::Text(text.to_owned()),
        })));
    });
    tokio::spawn(async move {
        let last = match chat.chat(request, caller).await {
            Ok(reply) => Ok(done(
                match reply.finish_reason {
                    FinishReason::Stop => "stop",
                    FinishReason::Length => "length",
                },
                TokenUsage::of(
                    u64::from(reply.usage.prompt_tokens),
                    u64::from(reply.usage.completion_tokens),
                ),
            )),
            Err(error) => Err(error.into()),
        };
        drop(told.send(last));
    });
    Ok(Answering { model: body.model, events, _ends: ends })
}

fn done(finish_reason: &str, usage: TokenUsage) -> ChatEvent {
    ChatEvent::Done(ChatDone { finish_reason: finish_reason.to_owned(), usage })
}

fn not_found(model: &str) -> AppError {
    AppError::new(
        StatusCode::NOT_FOUND,
        "model_not_found",
        format!(
            "There is no model `{model}` here. GET /v1/models lists what there is; an active workflow is `workflow/NAME`."
        ),
    )
}

/// Every model that can be asked, the active workflows among them.
///
/// # Errors
/// 503 when the database does not answer.
pub async fn list(state: &AppState, owner: UserId) -> Result<ModelCards, AppError> {
    let card = |id: String, created: i64, owned_by: &str| ModelCard {
        id,
        object: "model".to_owned(),
        created,
        owned_by: owned_by.to_owned(),
    };
    let models = models::list_for(state, owner).await?.items.into_iter().filter(|model| model.installed);
    let mut data: Vec<ModelCard> =
        models.map(|model| card(model.name, 0, if model.remote { "remote" } else { "millrace" })).collect();
    for found in workflow::active(state, owner).await? {
        data.push(card(format!("{WORKFLOW_PREFIX}{}", found.name), found.created_at.timestamp(), "workflow"));
    }
    Ok(ModelCards { object: "list".to_owned(), data })
}
