//! What everything that answers conversations has in common, on this machine or elsewhere: messages in, a stream of text
//! out, a schema if one is asked for.

use std::future::Future;
use std::pin::Pin;

use tokio_util::sync::CancellationToken;

use super::{ChatReply, ChatRequest, LlmError};
use crate::server::secrets::Redactor;
use crate::workflow::ids::UserId;

/// What a [`ChatService`] gives back.
pub type ChatFuture<'a> = Pin<Box<dyn Future<Output = Result<ChatReply, LlmError>> + Send + 'a>>;

/// What a [`ChatService`] knows of a model.
pub type IdentityFuture<'a> = Pin<Box<dyn Future<Output = Option<String>> + Send + 'a>>;

/// Answers conversations.
///
/// Whoever implements it: tells text as it comes, as whole characters; ends soon after `caller.cancel`, with the code
/// `cancelled`; and where the request has a schema, gives a value in the reply that was checked against it.
pub trait ChatService: Send + Sync {
    /// Answers. Dropping the future cancels.
    fn chat(&self, request: ChatRequest, caller: Caller) -> ChatFuture<'_>;

    /// What tells the model of that name (`None`: the default one) from every other, another file of the same name
    /// included. `None`: that is not known, so no answer of it can be taken for another.
    fn identity<'a>(&'a self, model: Option<&'a str>, owner: Option<UserId>) -> IdentityFuture<'a> {
        let _ = (model, owner);
        Box::pin(std::future::ready(None))
    }
}

/// What happens on the way to an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// The model is busy with others: so many requests come first. Told again as they become fewer.
    Waiting { ahead: u32 },
    /// The model is brought into memory.
    Loading,
    /// The model has begun with this request.
    Started,
    /// The next piece of the answer, always whole characters.
    Text(&'a str),
}

/// Called with what happens, on any thread. Must not block.
pub type ProgressSink = Box<dyn FnMut(Progress<'_>) + Send>;

/// Who asks, and how they follow the answer.
pub struct Caller {
    /// Requests of different owners take turns; `None` is one owner more.
    pub owner: Option<UserId>,
    pub progress: ProgressSink,
    /// Ends the answer, or the waiting for it, at once.
    pub cancel: CancellationToken,
    /// Hides the credential of a model elsewhere in what is made of its answer.
    pub redactor: Redactor,
}

impl Caller {
    /// Somebody who waits for the whole answer.
    #[must_use]
    pub fn silent() -> Self {
        Self {
            owner: None,
            progress: Box::new(|_| {}),
            cancel: CancellationToken::new(),
            redactor: Redactor::default(),
        }
    }

    /// Gives the text of the answer to `on_text`, and nothing else of what happens.
    #[must_use]
    pub fn reading(mut on_text: impl FnMut(&str) + Send + 'static) -> Self {
        let progress: ProgressSink = Box::new(move |progress| {
            if let Progress::Text(text) = progress {
                on_text(text);
            }
        });
        Self { progress, ..Self::silent() }
    }

    #[must_use]
    pub fn with_cancel(self, cancel: CancellationToken) -> Self {
        Self { cancel, ..self }
    }

    #[must_use]
    pub fn of(self, owner: UserId) -> Self {
        Self { owner: Some(owner), ..self }
    }
}
