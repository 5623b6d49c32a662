//! The requests that wait for a model: their order, their bound, and what those who wait are told.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::line::Line;
use crate::server::llm::{Caller, ChatReply, ChatRequest, LlmError, Progress};
use crate::workflow::ids::UserId;

type Answer = Result<ChatReply, LlmError>;

/// A request, and who waits for its answer.
pub struct Job {
    pub request: ChatRequest,
    pub caller: Caller,
    pub since: Instant,
    reply: Option<oneshot::Sender<Answer>>,
    /// How many come first, as it was told last.
    ahead: Option<u32>,
}

impl Job {
    pub fn new(request: ChatRequest, caller: Caller, reply: oneshot::Sender<Answer>) -> Self {
        Self { request, caller, since: Instant::now(), reply: Some(reply), ahead: None }
    }

    pub fn tell(&mut self, progress: Progress<'_>) {
        (self.caller.progress)(progress);
    }

    /// Hands over the answer; whoever asked may have left.
    pub fn reply(mut self, answer: Answer) {
        if let Some(reply) = self.reply.take() {
            let _ = reply.send(answer);
        }
    }

    /// Nobody waits for it any more.
    fn abandoned(&self) -> bool {
        self.caller.cancel.is_cancelled() || self.reply.as_ref().is_none_or(oneshot::Sender::is_closed)
    }

    fn tell_ahead(&mut self, ahead: u32) {
        if ahead > 0 && self.ahead != Some(ahead) {
            self.ahead = Some(ahead);
            self.tell(Progress::Waiting { ahead });
        }
    }
}

/// What the owner thread does next.
pub enum Next {
    Job(Box<Job>),
    /// Nobody has asked for a while.
    Rest,
    /// The handle is gone.
    Closed,
}

/// The queue of one model.
pub struct Queue {
    limit: usize,
    inner: Mutex<Inner>,
    wake: Condvar,
}

struct Inner {
    waiting: Line<Option<UserId>, Job>,
    answering: u32,
    open: bool,
}

impl Inner {
    /// Tells those whose place has changed.
    fn tell_places(&mut self) {
        let before = self.answering;
        for (place, job) in self.waiting.places() {
            job.tell_ahead(u32::try_from(place).unwrap_or(u32::MAX).saturating_add(before));
        }
    }
}

impl Queue {
    /// At most `limit` requests wait.
    pub fn new(limit: usize) -> Self {
        let inner = Inner { waiting: Line::new(), answering: 0, open: true };
        Self { limit, inner: Mutex::new(inner), wake: Condvar::new() }
    }

    /// A full queue still takes the first request of an owner who has none in it, up to twice the bound: the many
    /// requests of one shall not shut out another.
    ///
    /// # Errors
    /// `model_busy`.
    pub fn push(&self, job: Job, model: &str) -> Result<(), LlmError> {
        let owner = job.caller.owner;
        let mut inner = self.lock();
        if inner.waiting.len() >= self.limit {
            inner.waiting.retain(|job| !job.abandoned());
        }
        let length = inner.waiting.len();
        let is_first = owner.is_some() && inner.waiting.len_of(&owner) == 0;
        if length >= self.limit && !(is_first && length < self.limit * 2) {
            return Err(LlmError::busy(model, length));
        }
        inner.waiting.push(owner, job);
        inner.tell_places();
        self.wake.notify_one();
        Ok(())
    }

    /// The next request that somebody waits for. With `rest_after`, waits no longer than that.
    pub fn next(&self, rest_after: Option<Duration>) -> Next {
        let begun = Instant::now();
        let mut inner = self.lock();
        loop {
            if !inner.open {
                return Next::Closed;
            }
            match inner.waiting.pop() {
                Some(job) if job.abandoned() => {}
                Some(job) => {
                    inner.answering += 1;
                    inner.tell_places();
                    return Next::Job(Box::new(job));
                }
                None => match rest_after.map(|rest| rest.checked_sub(begun.elapsed())) {
                    None => inner = self.wake.wait(inner).unwrap_or_else(PoisonError::into_inner),
                    Some(None) => return Next::Rest,
                    Some(Some(left)) => {
                        inner = self.wake.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
                    }
                },
            }
        }
    }

    /// A request that was taken has its answer; returns how many have none yet.
    pub fn answered(&self) -> u32 {
        let mut inner = self.lock();
        inner.answering = inner.answering.saturating_sub(1);
        inner.tell_places();
        inner.answering
    }

    /// Those that somebody waits for.
    pub fn length(&self) -> u32 {
        let mut inner = self.lock();
        let waiting = inner.waiting.places().filter(|(_, job)| !job.abandoned()).count();
        u32::try_from(waiting).unwrap_or(u32::MAX)
    }

    /// Ends the owner thread.
    pub fn close(&self) {
        self.lock().open = false;
        self.wake.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
