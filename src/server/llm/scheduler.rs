//! One owner thread per model: requests wait in a bounded queue, owners in turn, and are answered as places at the model
//! become free; those that are answered at the same time are computed together.
//!
//! Answers are made on threads of their own, and tokio's threads never wait for them. The model is loaded for the first
//! request and leaves the memory when nobody has asked for a while.

mod line;
mod places;
mod queue;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use self::places::{Back, Places};
use self::queue::{Job, Next, Queue};
use super::chat_model::ChatModel;
use super::generate::{generate, milliseconds};
use super::{Caller, ChatReply, ChatRequest, LlmError, Progress};
use crate::api::models::ModelState;
use crate::server::locked::lock;

/// Brings a model into memory; called on the owner thread, again after a panic or a rest.
pub type Loader = Box<dyn Fn() -> Result<Box<dyn ChatModel>, LlmError> + Send>;

/// The owner thread gives way to the threads that serve requests when the processor is busy (0-19, more is politer).
const NICENESS: i32 = 10;

/// How a model is shared.
#[derive(Debug, Clone, Copy)]
pub struct Sharing {
    /// Requests that may wait beside the one being answered.
    pub queue_limit: usize,
    /// Answers that are made at the same time, where the model can.
    pub at_once: usize,
    /// A model that nobody asks for so long leaves the memory; `None`: it stays.
    pub rest_after: Option<Duration>,
}

/// A handle on a model's owner thread. The thread ends with it.
pub struct Scheduler {
    shared: Arc<Shared>,
}

struct Shared {
    model: String,
    queue: Queue,
    state: Mutex<ModelState>,
    memory_bytes: AtomicU64,
    last_speed: Mutex<Option<f64>>,
}

impl Scheduler {
    /// Starts the thread; loads nothing yet.
    pub fn start(model: &str, sharing: Sharing, loader: Loader) -> Result<Self, LlmError> {
        let shared = Arc::new(Shared {
            model: model.to_owned(),
            queue: Queue::new(sharing.queue_limit),
            state: Mutex::new(ModelState::Installed),
            memory_bytes: AtomicU64::new(0),
            last_speed: Mutex::new(None),
        });
        let owned = shared.clone();
        std::thread::Builder::new()
            .name(format!("model {model}"))
            .spawn(move || work(&owned, &loader, sharing))
            .map_err(|error| LlmError::generation(format!("no thread could be started for it: {error}")))?;
        Ok(Self { shared })
    }

    /// Waits for the model's turn and for its answer. Dropping the future cancels.
    pub async fn ask(&self, request: ChatRequest, caller: Caller) -> Result<ChatReply, LlmError> {
        let cancel = caller.cancel.child_token();
        let _cancel_on_drop = cancel.clone().drop_guard();
        let (reply, answer) = oneshot::channel();
        let job = Job::new(request, Caller { cancel: cancel.clone(), ..caller }, reply);
        self.shared.queue.push(job, &self.shared.model)?;
        tokio::select! {
            answer = answer => answer.unwrap_or_else(|_| Err(LlmError::cancelled())),
            () = cancel.cancelled() => Err(LlmError::cancelled()),
        }
    }

    /// What the model does now.
    pub fn state(&self) -> ModelState {
        *lock(&self.shared.state)
    }

    /// The model is in memory.
    pub fn is_loaded(&self) -> bool {
        matches!(self.state(), ModelState::Ready | ModelState::Busy)
    }

    /// Bytes of memory that the model takes, a full conversation included; `None` while it is not loaded.
    pub fn memory_bytes(&self) -> Option<u64> {
        self.is_loaded().then(|| self.shared.memory_bytes.load(Ordering::Acquire))
    }

    /// Requests that wait, the one being answered not counted.
    pub fn queue_length(&self) -> u32 {
        self.shared.queue.length()
    }

    /// Tokens per second of the last answer of more than one token.
    pub fn last_speed(&self) -> Option<f64> {
        *lock(&self.shared.last_speed)
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        self.shared.queue.close();
    }
}

impl Shared {
    fn is(&self, state: ModelState) {
        *lock(&self.state) = state;
    }

    fn crashed(&self) -> LlmError {
        LlmError::retryable(
            "model_crashed",
            format!(
                "The model \"{}\" stopped in the middle of this answer and is loaded anew. Try again.",
                self.model
            ),
        )
    }

    /// Hands over an answer; `after` is what the model is then, unless it makes others.
    fn finish(&self, job: Job, answer: Result<ChatReply, LlmError>, after: ModelState) {
        if self.queue.answered() == 0 {
            self.is(after);
        }
        record(self, &answer);
        job.reply(answer);
    }
}

fn work(shared: &Arc<Shared>, loader: &Loader, sharing: Sharing) {
    be_polite();
    let mut places = Places::new();
    loop {
        places.wait();
        let mut job = match shared.queue.next(sharing.rest_after.filter(|_| places.is_loaded())) {
            Next::Job(job) => job,
            Next::Rest => {
                if places.clear() {
                    shared.is(ModelState::Installed);
                    tracing::info!(
                        model.name = shared.model,
                        "the model {} rests: nobody asked",
                        shared.model
                    );
                }
                continue;
            }
            Next::Closed => return,
        };
        let loaded = catch_unwind(AssertUnwindSafe(|| {
            places.take(sharing.at_once, || {
                job.tell(Progress::Loading);
                load(shared, loader)
            })
        }));
        match loaded.unwrap_or_else(|_| Err(shared.crashed())) {
            Ok(place) => begin(shared, place, job, places.returned()),
            Err(error) => shared.finish(*job, Err(error), ModelState::Installed),
        }
    }
}

/// Answers on a thread of its own, which is as polite as this one.
fn begin(shared: &Arc<Shared>, place: Box<dyn ChatModel>, job: Box<Job>, returned: Sender<Back>) {
    shared.is(ModelState::Busy);
    let (owned, back) = (shared.clone(), returned.clone());
    let answering = move || {
        let (mut place, mut job) = (place, job);
        let answered = catch_unwind(AssertUnwindSafe(|| {
            let answer = answer(&owned, place.as_mut(), &mut job);
            place.end();
            answer
        }));
        let (answer, given) = match answered {
            Ok(answer) => (answer, Back::Free(place)),
            Err(_) => (Err(owned.crashed()), Back::Broken),
        };
        let after = if matches!(given, Back::Free(_)) { ModelState::Ready } else { ModelState::Installed };
        // The place is free before anybody hears of it.
        let _ = back.send(given);
        owned.finish(*job, answer, after);
    };
    let started = std::thread::Builder::new().name(format!("answer of {}", shared.model)).spawn(answering);
    if let Err(error) = started {
        tracing::error!(%error, "no thread for an answer of the model {}", shared.model);
        let _ = returned.send(Back::Broken);
        shared.queue.answered();
    }
}

fn answer(shared: &Shared, model: &mut dyn ChatModel, job: &mut Job) -> Result<ChatReply, LlmError> {
    job.tell(Progress::Started);
    let queue_ms = milliseconds(job.since.elapsed());
    let Job { request, caller, .. } = job;
    let progress = &mut caller.progress;
    let mut sink = |text: &str| progress(Progress::Text(text));
    let answer = generate(model, request, &mut sink, &caller.cancel)?;
    let mut usage = answer.usage;
    usage.queue_ms = queue_ms;
    Ok(ChatReply {
        text: answer.text,
        value: answer.value,
        model: shared.model.clone(),
        finish_reason: answer.finish_reason,
        usage,
    })
}

fn load(shared: &Shared, loader: &Loader) -> Result<Box<dyn ChatModel>, LlmError> {
    let begun = Instant::now();
    shared.is(ModelState::Loading);
    let model = loader()?;
    shared.memory_bytes.store(model.memory_bytes(), Ordering::Release);
    let duration_ms = milliseconds(begun.elapsed());
    tracing::info!(model.name = shared.model, duration_ms, "loaded the model {}", shared.model);
    Ok(model)
}

fn record(shared: &Shared, answer: &Result<ChatReply, LlmError>) {
    let model = shared.model.clone();
    match answer {
        Ok(reply) => {
            let usage = &reply.usage;
            if let Some(speed) = usage.tokens_per_second {
                *lock(&shared.last_speed) = Some(speed);
                metrics::gauge!("millrace_model_tokens_per_second", "model" => model.clone()).set(speed);
            }
            metrics::counter!("millrace_model_completion_tokens_total", "model" => model.clone())
                .increment(u64::from(usage.completion_tokens));
            metrics::histogram!("millrace_model_time_to_first_token_seconds", "model" => model.clone())
                .record(usage.time_to_first_token_ms as f64 / 1000.0);
            metrics::histogram!("millrace_model_queue_seconds", "model" => model)
                .record(usage.queue_ms as f64 / 1000.0);
        }
        Err(error) => {
            metrics::counter!("millrace_model_failures_total", "model" => model, "code" => error.code)
                .increment(1);
        }
    }
}

/// Lowers this thread's priority; those of the model and of its answers are started from here and inherit it. On Linux a priority
/// belongs to a thread; elsewhere to the process, which must keep its own.
fn be_polite() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "the model's thread keeps its priority");
    }
}

#[cfg(test)]
#[path = "scheduler_tests.rs"]
mod tests;
