//! Chat models elsewhere that speak as OpenAI's do: Ollama, vLLM, llama.cpp's server, OpenAI itself, another Millrace.
//!
//! [`Remotes`] asks them, through the one guarded client, with the owner's credential. Which models an owner has, the
//! [`RemoteBook`] knows. What goes over the wire stands in `wire`, its events in `events`, an answer on its way in
//! `answer`, what went wrong in `refusal`.

mod answer;
mod asked;
mod events;
mod key;
mod refusal;
#[cfg(test)]
mod tests;
mod wire;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};

use self::answer::Answer;
use self::asked::Asked;
use self::events::Events;
use self::refusal::{Failure, Place};
use super::{Caller, ChatReply, ChatRequest, LlmError, Progress};
use crate::server::outbound::{Incoming, Outbound, Request};
use crate::server::secrets::Secrets;
use crate::workflow::ids::UserId;

/// How often one request is sent at most, as long as no text has come.
const ATTEMPTS: u32 = 4;
/// The first rest between two of them; each is twice as long as the one before.
const REST: Duration = Duration::from_millis(500);
/// A service that asks for a longer rest is not waited for.
const LONGEST_REST: Duration = Duration::from_secs(30);
/// Bytes of a reply that tells what is wrong.
const REFUSAL_BYTES: usize = 16 * 1024;
/// Bytes of an answer with all that surrounds its text.
const ANSWER_BYTES: usize = 32 << 20;

/// A model elsewhere, as its owner set it up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteModel {
    /// What steps call it.
    pub name: String,
    /// Such as `https://api.example.com/v1`, without a slash at its end.
    pub base_url: String,
    /// What the service calls it.
    pub model: String,
    /// The id of a credential of the owner.
    pub credential: Option<String>,
}

impl RemoteModel {
    /// What tells it from other models, whatever they are called.
    #[must_use]
    pub fn identity(&self) -> String {
        format!("{} {}", self.base_url, self.model)
    }
}

/// What a [`RemoteBook`] gives back.
pub type FoundRemote<'a> = Pin<Box<dyn Future<Output = Result<Option<RemoteModel>, LlmError>> + Send + 'a>>;

/// Knows which models elsewhere an owner has.
pub trait RemoteBook: Send + Sync {
    /// The owner's model of that name.
    fn find<'a>(&'a self, owner: UserId, name: &'a str) -> FoundRemote<'a>;
}

/// How long a service may be silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Before the first piece of the answer: it may have to load its model and read a long prompt.
    pub first: Duration,
    /// Between two pieces.
    pub between: Duration,
}

/// Asks models elsewhere; cheap to clone.
#[derive(Clone)]
pub struct Remotes {
    book: Arc<dyn RemoteBook>,
    outbound: Outbound,
    secrets: Secrets,
    patience: Patience,
}

impl Remotes {
    /// Sends nothing yet.
    #[must_use]
    pub fn new(book: Arc<dyn RemoteBook>, outbound: Outbound, secrets: Secrets, patience: Patience) -> Self {
        Self { book, outbound, secrets, patience }
    }

    /// The owner's model of that name.
    ///
    /// # Errors
    /// `models_unavailable` when the book cannot be read.
    pub async fn find(&self, owner: UserId, name: &str) -> Result<Option<RemoteModel>, LlmError> {
        self.book.find(owner, name).await
    }

    /// Asks a model of `owner`. Ends at once when the caller cancels.
    ///
    /// # Errors
    /// `remote_refused`, `remote_key_refused`, `remote_busy`, `remote_failed`, `remote_stalled`,
    /// `remote_broken_stream`, `remote_bad_answer`, `output_not_valid`, and what the guarded client and the credential
    /// may say. None of them holds the credential.
    pub async fn chat(
        &self,
        owner: UserId,
        model: &RemoteModel,
        request: ChatRequest,
        mut caller: Caller,
    ) -> Result<ChatReply, LlmError> {
        let cancel = caller.cancel.clone();
        let redactor = caller.redactor.clone();
        let answered = tokio::select! {
            biased;
            () = cancel.cancelled() => Err(LlmError::cancelled()),
            answered = self.ask(owner, model, &request, &mut caller) => answered,
        };
        // A service may repeat what it was sent.
        answered.map_err(|error| LlmError { message: redactor.text(&error.message).into_owned(), ..error })
    }

    async fn ask(
        &self,
        owner: UserId,
        model: &RemoteModel,
        request: &ChatRequest,
        caller: &mut Caller,
    ) -> Result<ChatReply, LlmError> {
        let place = Place::of(model);
        let url = self.outbound.check(&place.endpoint).map_err(|error| place.unreachable(&error).error)?;
        let credential = match &model.credential {
            Some(id) => Some(key::of(&self.secrets, owner, id, &url, &caller.redactor, &place).await?),
            None => None,
        };
        let mut asked = Asked::of(model, request);
        let mut answer = Answer::begin(request);
        for attempt in 1.. {
            let sent = asked.request(&place, credential.clone(), self.patience.first)?;
            let Err(failure) = self.attempt(&place, sent, &mut answer, caller).await else { break };
            if asked.adapt(&failure) {
                continue;
            }
            match failure.rest(attempt) {
                Some(rest) if attempt < ATTEMPTS && !answer.has_begun() => tokio::time::sleep(rest).await,
                _ => return Err(failure.error),
            }
        }
        answer.finish(model, request)
    }

    /// Sends the request once and reads the answer to its end.
    async fn attempt(
        &self,
        place: &Place,
        request: Request,
        answer: &mut Answer,
        caller: &mut Caller,
    ) -> Result<(), Failure> {
        let began = Instant::now();
        let mut reply = self.outbound.open(request).await.map_err(|error| place.unreachable(&error))?;
        if !(200..300).contains(&reply.status) {
            let wait = refusal::wait(reply.headers.get(RETRY_AFTER));
            let said = self.read(place, &mut reply, REFUSAL_BYTES).await.unwrap_or_default();
            return Err(place.refused(reply.status, &said, wait));
        }
        (caller.progress)(Progress::Started);
        let kind = reply.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("application/json") {
            // It does not stream.
            let body = self.read(place, &mut reply, ANSWER_BYTES).await?;
            return answer.whole(place, &body, began, &mut caller.progress);
        }
        let mut events = Events::default();
        let mut bytes = 0;
        loop {
            let Some(chunk) = self.next(place, &mut reply, answer.has_begun()).await? else {
                return answer.end(place);
            };
            bytes += chunk.len();
            if bytes > ANSWER_BYTES {
                return Err(place.too_long(ANSWER_BYTES));
            }
            for event in events.take(&chunk).map_err(|why| place.broken(&why))? {
                if answer.event(place, &event, began, &mut caller.progress)? {
                    return Ok(());
                }
            }
        }
    }

    async fn next(
        &self,
        place: &Place,
        reply: &mut Incoming,
        has_begun: bool,
    ) -> Result<Option<axum::body::Bytes>, Failure> {
        let patience = if has_begun { self.patience.between } else { self.patience.first };
        match tokio::time::timeout(patience, reply.chunk()).await {
            Ok(Ok(chunk)) => Ok(chunk),
            Ok(Err(error)) if has_begun => Err(place.broken(&error.to_string())),
            Ok(Err(error)) => Err(place.unreachable(&error)),
            Err(_) => Err(place.stalled(patience, has_begun)),
        }
    }

    /// The body as text; what is beyond `limit` is left out.
    async fn read(&self, place: &Place, reply: &mut Incoming, limit: usize) -> Result<String, Failure> {
        let mut body = Vec::new();
        while body.len() < limit
            && let Some(chunk) = self.next(place, reply, false).await?
        {
            body.extend_from_slice(&chunk);
        }
        body.truncate(limit);
        Ok(String::from_utf8_lossy(&body).into_owned())
    }
}
