//! Models elsewhere that speak as OpenAI's do: Ollama, vLLM, llama.cpp's server, OpenAI itself, another Millrace.
//!
//! [`Remotes`] asks them, through the one guarded client, with the owner's credential. Which models an owner has, the
//! [`RemoteBook`] knows. What goes over the wire stands in `wire`, its events in `events`, an answer on its way in
//! `answer`, what went wrong in `refusal`, a conversation that is too long in `overrun`, one with tools in `tools`; vectors of texts in `embed`.

mod answer;
mod asked;
mod document;
mod embed;
mod events;
mod key;
mod overrun;
mod refusal;
#[cfg(test)]
mod tests;
mod tools;
mod wire;

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};

use self::answer::Answer;
use self::asked::{Asked, Manner};
pub use self::embed::Embedded;
use self::events::Events;
use self::refusal::{Failure, Place};
use super::{Caller, ChatReply, ChatRequest, LlmError, Progress};
use crate::server::outbound::{Attached, Incoming, Outbound, Request};
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
/// Models whose manners are remembered.
const MOST_MANNERS: usize = 1000;
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
    /// Numbers in each vector of an embedding model; `None`: a chat model, or it is not known yet.
    pub dimension: Option<u32>,
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
    /// By the identity of the model.
    manners: Arc<Mutex<HashMap<String, Manner>>>,
}

impl Remotes {
    /// Sends nothing yet.
    #[must_use]
    pub fn new(book: Arc<dyn RemoteBook>, outbound: Outbound, secrets: Secrets, patience: Patience) -> Self {
        Self { book, outbound, secrets, patience, manners: Arc::default() }
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
        let place = Place::of(model, "chat/completions");
        let url = self.outbound.check(&place.endpoint).map_err(|error| place.unreachable(&error).error)?;
        let credential = match &model.credential {
            Some(id) => Some(key::of(&self.secrets, owner, id, &url, &caller.redactor, &place).await?),
            None => None,
        };
        let manner = self.manners().get(&model.identity()).cloned().unwrap_or_default();
        let mut asked = Asked::of(model, request, manner.clone());
        // Of answers that were of no use.
        let (mut prompts, mut completions) = (0, 0);
        loop {
            let answer = self.answer(&place, credential.as_ref(), &mut asked, caller).await?;
            if *asked.manner() != manner {
                self.remember(model, asked.manner());
            }
            match answer.finish(model, request, asked.talk()) {
                Ok(mut reply) => {
                    reply.usage.prompt_tokens += prompts;
                    reply.usage.completion_tokens += completions;
                    reply.usage.truncated_tokens = u32::try_from(asked.cut()).unwrap_or(u32::MAX);
                    return Ok(reply);
                }
                Err(error) if asked.correct(&answer, &error) => {
                    prompts += answer.counted().prompt_tokens;
                    completions += answer.counted().completion_tokens;
                    (caller.progress)(Progress::Text("\n"));
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn manners(&self) -> std::sync::MutexGuard<'_, HashMap<String, Manner>> {
        self.manners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, model: &RemoteModel, manner: &Manner) {
        let mut manners = self.manners();
        if manners.len() >= MOST_MANNERS {
            manners.clear();
        }
        manners.insert(model.identity(), manner.clone());
    }

    /// Asks until an answer has come to its end, in other words or after a rest where that may help.
    async fn answer(
        &self,
        place: &Place,
        credential: Option<&Attached>,
        asked: &mut Asked<'_>,
        caller: &mut Caller,
    ) -> Result<Answer, LlmError> {
        let mut answer = Answer::begin(asked.is_choice());
        let mut attempt = 1;
        loop {
            let sent = asked.request(place, credential.cloned(), self.patience.first)?;
            let Err(failure) = self.attempt(place, sent, &mut answer, caller).await else {
                return Ok(answer);
            };
            if asked.adapt(&failure) {
                continue;
            }
            match failure.rest(attempt) {
                Some(rest) if attempt < ATTEMPTS && !answer.has_begun() => tokio::time::sleep(rest).await,
                _ => return Err(failure.error),
            }
            attempt += 1;
        }
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
        if kind.starts_with("text/html") {
            return Err(place.web_page());
        }
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
