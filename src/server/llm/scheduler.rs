//! One owner thread per model: requests wait in a bounded queue and are answered one after the other.
//!
//! The model lives on that thread alone, so no lock is held while it works, and tokio's threads never wait for it.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::chat_model::ChatModel;
use super::generate::{generate, milliseconds};
use super::{ChatReply, ChatRequest, LlmError, TextSink};

/// Brings a model into memory; called on the owner thread, again after a panic.
pub type Loader = Box<dyn Fn() -> Result<Box<dyn ChatModel>, LlmError> + Send>;

/// The owner thread gives way to the threads that serve requests when the processor is busy (0-19, more is politer).
const NICENESS: i32 = 10;

/// A handle on a model's owner thread. The thread ends with it.
pub struct Scheduler {
    shared: Arc<Shared>,
}

struct Shared {
    model: String,
    limit: usize,
    queue: Mutex<Queue>,
    wake: Condvar,
    loaded: AtomicBool,
    last_speed: Mutex<Option<f64>>,
}

struct Queue {
    waiting: VecDeque<Job>,
    open: bool,
}

struct Job {
    request: ChatRequest,
    sink: TextSink,
    cancel: CancellationToken,
    reply: oneshot::Sender<Result<ChatReply, LlmError>>,
    since: Instant,
}

impl Job {
    /// Nobody waits for it any more.
    fn abandoned(&self) -> bool {
        self.cancel.is_cancelled() || self.reply.is_closed()
    }
}

impl Scheduler {
    /// Starts the thread; loads nothing yet. At most `limit` requests wait beside the one being answered.
    pub fn start(model: &str, limit: usize, loader: Loader) -> Result<Self, LlmError> {
        let shared = Arc::new(Shared {
            model: model.to_owned(),
            limit,
            queue: Mutex::new(Queue { waiting: VecDeque::new(), open: true }),
            wake: Condvar::new(),
            loaded: AtomicBool::new(false),
            last_speed: Mutex::new(None),
        });
        let owned = shared.clone();
        std::thread::Builder::new()
            .name(format!("model {model}"))
            .spawn(move || work(&owned, &loader))
            .map_err(|error| LlmError::generation(format!("no thread could be started for it: {error}")))?;
        Ok(Self { shared })
    }

    /// Waits for the model's turn and for its answer. Dropping the future cancels.
    pub async fn ask(
        &self,
        request: ChatRequest,
        sink: TextSink,
        cancel: CancellationToken,
    ) -> Result<ChatReply, LlmError> {
        let cancel = cancel.child_token();
        let _cancel_on_drop = cancel.clone().drop_guard();
        let (reply, answer) = oneshot::channel();
        self.shared.enqueue(Job { request, sink, cancel: cancel.clone(), reply, since: Instant::now() })?;
        tokio::select! {
            answer = answer => answer.unwrap_or_else(|_| Err(LlmError::cancelled())),
            () = cancel.cancelled() => Err(LlmError::cancelled()),
        }
    }

    /// The model is in memory.
    pub fn is_loaded(&self) -> bool {
        self.shared.loaded.load(Ordering::Acquire)
    }

    /// Requests that wait, the one being answered not counted.
    pub fn queue_length(&self) -> u32 {
        let queue = lock(&self.shared.queue);
        u32::try_from(queue.waiting.iter().filter(|job| !job.abandoned()).count()).unwrap_or(u32::MAX)
    }

    /// Tokens per second of the last answer of more than one token.
    pub fn last_speed(&self) -> Option<f64> {
        *lock(&self.shared.last_speed)
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        lock(&self.shared.queue).open = false;
        self.shared.wake.notify_all();
    }
}

impl Shared {
    fn enqueue(&self, job: Job) -> Result<(), LlmError> {
        let mut queue = lock(&self.queue);
        if queue.waiting.len() >= self.limit {
            queue.waiting.retain(|job| !job.abandoned());
        }
        if queue.waiting.len() >= self.limit {
            return Err(LlmError::busy(&self.model, self.limit));
        }
        queue.waiting.push_back(job);
        self.wake.notify_one();
        Ok(())
    }

    /// The next request somebody waits for; `None` when the handle is gone.
    fn next(&self) -> Option<Job> {
        let mut queue = lock(&self.queue);
        loop {
            if !queue.open {
                return None;
            }
            match queue.waiting.pop_front() {
                Some(job) if job.abandoned() => {}
                Some(job) => return Some(job),
                None => queue = self.wake.wait(queue).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

fn work(shared: &Shared, loader: &Loader) {
    be_polite();
    let mut model: Option<Box<dyn ChatModel>> = None;
    while let Some(job) = shared.next() {
        let Job { request, sink, cancel, reply, since } = job;
        let answer = catch_unwind(AssertUnwindSafe(|| {
            let loaded = match &mut model {
                Some(model) => model,
                none => none.insert(load(shared, loader)?),
            };
            let queue_ms = milliseconds(since.elapsed());
            let mut answer = generate(loaded.as_mut(), &request, sink, &cancel)?;
            answer.usage.queue_ms = queue_ms;
            Ok(answer)
        }));
        let answer = answer.unwrap_or_else(|_| {
            // Whatever state the panic left the model in, nobody shall be answered from it.
            model = None;
            shared.loaded.store(false, Ordering::Release);
            Err(LlmError::retryable(
                "model_crashed",
                format!(
                    "The model \"{}\" stopped in the middle of this answer and is loaded anew. Try again.",
                    shared.model
                ),
            ))
        });
        let answer = answer.map(|answer| ChatReply {
            text: answer.text,
            model: shared.model.clone(),
            finish_reason: answer.finish_reason,
            usage: answer.usage,
        });
        record(shared, &answer);
        // Whoever asked may have left.
        let _ = reply.send(answer);
    }
}

fn load(shared: &Shared, loader: &Loader) -> Result<Box<dyn ChatModel>, LlmError> {
    let begun = Instant::now();
    let model = loader()?;
    shared.loaded.store(true, Ordering::Release);
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

/// Lowers this thread's priority; candle's own threads are started from here and inherit it. On Linux a priority
/// belongs to a thread; elsewhere to the process, which must keep its own.
fn be_polite() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "the model's thread keeps its priority");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;
    use std::time::Duration;

    use super::*;
    use crate::server::llm::testing::{ScriptedModel, collecting_sink, request, vocabulary};

    fn silent() -> TextSink {
        Box::new(|_| {})
    }

    /// Says "a" for ever, a millisecond each; panics at the message "panic!".
    fn endless(limit: usize) -> (Arc<Scheduler>, Arc<AtomicU32>, Arc<AtomicU32>) {
        let (loads, steps) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let (load_count, step_count) = (loads.clone(), steps.clone());
        let loader: Loader = Box::new(move || {
            load_count.fetch_add(1, Ordering::SeqCst);
            let steps = step_count.clone();
            let mut model = ScriptedModel::new(vocabulary(&["a"]), move |seen| {
                std::thread::sleep(Duration::from_millis(1));
                steps.fetch_add(1, Ordering::SeqCst);
                assert!(seen.len() != "panic!".len(), "as asked");
                vec![1.0, 0.0]
            });
            model.context = 1_000_000;
            Ok(Box::new(model))
        });
        (Arc::new(Scheduler::start("test", limit, loader).unwrap()), loads, steps)
    }

    fn long() -> ChatRequest {
        ChatRequest { max_tokens: 1_000_000, ..request("longer than panic") }
    }

    async fn until(mut met: impl FnMut() -> bool) {
        for _ in 0..2000 {
            if met() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("not within two seconds");
    }

    #[tokio::test]
    async fn cancel_ends_an_answer_within_a_few_tokens() {
        let (scheduler, _, steps) = endless(4);
        let cancel = CancellationToken::new();
        let (sink, pieces) = collecting_sink();
        let asking = tokio::spawn({
            let (scheduler, cancel) = (scheduler.clone(), cancel.clone());
            async move { scheduler.ask(long(), sink, cancel).await }
        });
        until(|| pieces.lock().unwrap().len() > 5).await;
        cancel.cancel();
        assert_eq!(asking.await.unwrap().unwrap_err().code, "cancelled");
        let at_cancel = steps.load(Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(steps.load(Ordering::SeqCst) <= at_cancel + 2);
        // The next one is answered.
        let next = ChatRequest { max_tokens: 3, ..long() };
        assert_eq!(scheduler.ask(next, silent(), CancellationToken::new()).await.unwrap().text, "aaa");
    }

    #[tokio::test]
    async fn a_full_queue_refuses_and_the_abandoned_make_room() {
        let (scheduler, _, _) = endless(2);
        let ask = |request: ChatRequest| {
            let scheduler = scheduler.clone();
            tokio::spawn(async move { scheduler.ask(request, silent(), CancellationToken::new()).await })
        };
        let running = ask(long());
        until(|| scheduler.is_loaded() && scheduler.queue_length() == 0).await;
        let waiting = [ask(long()), ask(ChatRequest { max_tokens: 2, ..long() })];
        until(|| scheduler.queue_length() == 2).await;
        let refused = ask(long()).await.unwrap().unwrap_err();
        assert_eq!((refused.code, refused.retryable), ("model_busy", true));
        // Whoever asked first leaves: its place is free, and the model turns to the last.
        let [first, last] = waiting;
        first.abort();
        until(|| scheduler.queue_length() == 1).await;
        let another = ask(ChatRequest { max_tokens: 1, ..long() });
        until(|| scheduler.queue_length() == 2).await;
        running.abort();
        let reply = last.await.unwrap().unwrap();
        assert_eq!(reply.text, "aa");
        assert!(reply.usage.queue_ms > 0 && reply.usage.tokens_per_second.is_some());
        assert_eq!(another.await.unwrap().unwrap().text, "a");
        assert!(scheduler.last_speed().is_some_and(|speed| speed > 1.0));
    }

    #[tokio::test]
    async fn a_panic_costs_one_answer_and_a_reload() {
        let (scheduler, loads, _) = endless(4);
        let panicked = scheduler.ask(request("panic!"), silent(), CancellationToken::new()).await;
        let error = panicked.unwrap_err();
        assert_eq!((error.code, error.retryable), ("model_crashed", true));
        let short = ChatRequest { max_tokens: 1, ..long() };
        let reply = scheduler.ask(short, silent(), CancellationToken::new()).await.unwrap();
        assert_eq!((reply.text.as_str(), reply.model.as_str()), ("a", "test"));
        assert_eq!(loads.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_failed_load_is_told_and_tried_again() {
        let tries = Arc::new(AtomicU32::new(0));
        let count = tries.clone();
        let loader: Loader = Box::new(move || {
            if count.fetch_add(1, Ordering::SeqCst) == 0 {
                return Err(LlmError::not_installed("test", true));
            }
            Ok(Box::new(ScriptedModel::new(vocabulary(&["a"]), |_| vec![1.0, 0.0])))
        });
        let scheduler = Scheduler::start("test", 4, loader).unwrap();
        let ask = || scheduler.ask(request("x"), silent(), CancellationToken::new());
        assert_eq!(ask().await.unwrap_err().code, "model_not_installed");
        assert!(!scheduler.is_loaded());
        assert!(ask().await.is_ok());
        assert!(scheduler.is_loaded());
    }
}
