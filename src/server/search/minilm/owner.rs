//! The thread that owns the network. Requests wait in a bounded queue; what nobody waits for any more is not computed.

use super::{
    batch::{self, Pending},
    network::Network,
};
use crate::server::locked::lock;
use crate::server::{llm::LlmError, search::embedder::EmbedderState};
use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};
use tokio::sync::oneshot;

/// Tokens computed in one go: enough to keep the processor busy, few enough that a query behind them waits for a moment.
const BUDGET: usize = 1024;
/// The thread gives way to those that serve requests (0-19, more is politer).
const NICENESS: i32 = 5;

/// Brings the network into memory; called on the owner thread, again after a panic.
pub type Loader = Box<dyn Fn() -> Result<Network, LlmError> + Send>;

type Reply = oneshot::Sender<Result<Vec<Vec<f32>>, LlmError>>;

struct Job {
    texts: Vec<String>,
    reply: Reply,
}

struct Shared {
    model: &'static str,
    limit: usize,
    queue: Mutex<Queue>,
    wake: Condvar,
    loaded: AtomicBool,
    speed: Mutex<Option<f64>>,
}

struct Queue {
    waiting: VecDeque<Job>,
    /// Requests that the thread has taken and not answered yet.
    begun: usize,
    open: bool,
}

/// A handle on the thread, which ends with it.
pub struct Owner {
    shared: Arc<Shared>,
}

impl Owner {
    /// Starts the thread. At most `limit` requests wait.
    pub fn start(model: &'static str, limit: usize, loader: Loader) -> Result<Self, LlmError> {
        let shared = Arc::new(Shared {
            model,
            limit,
            queue: Mutex::new(Queue { waiting: VecDeque::new(), begun: 0, open: true }),
            wake: Condvar::new(),
            loaded: AtomicBool::new(false),
            speed: Mutex::new(None),
        });
        let owned = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("embedder".to_owned())
            .spawn(move || work(&owned, &loader))
            .map_err(|error| LlmError::generation(format!("no thread could be started for it: {error}")))?;
        Ok(Self { shared })
    }

    /// Waits for the vectors of the texts. Dropping the future cancels.
    pub async fn ask(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, LlmError> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let (reply, answer) = oneshot::channel();
        self.shared.enqueue(Job { texts, reply })?;
        answer.await.unwrap_or_else(|_| Err(LlmError::cancelled()))
    }

    /// How it is doing.
    pub fn state(&self) -> EmbedderState {
        let queue = lock(&self.shared.queue);
        let waiting = queue.begun + queue.waiting.iter().filter(|job| !job.reply.is_closed()).count();
        drop(queue);
        EmbedderState {
            loaded: self.shared.loaded.load(Ordering::Acquire),
            queue_length: u32::try_from(waiting).unwrap_or(u32::MAX),
            tokens_per_second: *lock(&self.shared.speed),
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        lock(&self.shared.queue).open = false;
        self.shared.wake.notify_all();
    }
}

impl Shared {
    fn enqueue(&self, job: Job) -> Result<(), LlmError> {
        let mut queue = lock(&self.queue);
        if queue.waiting.len() + queue.begun >= self.limit {
            queue.waiting.retain(|job| !job.reply.is_closed());
        }
        if queue.waiting.len() + queue.begun >= self.limit {
            return Err(LlmError::busy(self.model, self.limit));
        }
        queue.waiting.push_back(job);
        self.wake.notify_one();
        Ok(())
    }

    /// Waits until somebody asks, if no request is `begun`. `false` when the handle is gone. What waits stays in the
    /// queue, where whoever leaves makes room at once.
    fn asked(&self, begun: usize) -> bool {
        let mut queue = lock(&self.queue);
        queue.begun = begun;
        while queue.open && begun == 0 && queue.waiting.is_empty() {
            queue = self.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        queue.open
    }

    /// Takes all that waits.
    fn arrived(&self) -> Vec<Job> {
        let mut queue = lock(&self.queue);
        let jobs: Vec<Job> = queue.waiting.drain(..).filter(|job| !job.reply.is_closed()).collect();
        queue.begun += jobs.len();
        jobs
    }
}

fn work(shared: &Shared, loader: &Loader) {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "the embedder's thread keeps its priority");
    }
    let mut network: Option<Network> = None;
    let (mut requests, mut replies): (Vec<Pending>, Vec<Reply>) = (Vec::new(), Vec::new());
    while shared.asked(requests.len()) {
        let done = catch_unwind(AssertUnwindSafe(|| match ready(shared, loader, &mut network) {
            Ok(network) => round(shared, network, &mut requests, &mut replies),
            Err(error) => refuse(shared, &mut replies, &error),
        }));
        if done.is_err() {
            // Whatever state the panic left the network in, nobody shall be answered from it. Replies that are dropped
            // with their jobs end as cancelled.
            network = None;
            shared.loaded.store(false, Ordering::Release);
            requests.clear();
            let message = "The embedding model stopped in the middle of this and is loaded anew. Try again.";
            refuse(shared, &mut replies, &LlmError::retryable("model_crashed", message));
        }
    }
}

/// Answers everybody with the error: those that wait too, or a model that cannot be loaded would be tried for ever.
fn refuse(shared: &Shared, replies: &mut Vec<Reply>, error: &LlmError) {
    let waiting = shared.arrived().into_iter().map(|job| job.reply);
    for reply in replies.drain(..).chain(waiting) {
        let _ = reply.send(Err(error.clone()));
    }
}

/// Takes in what has come, computes one batch and answers what is done.
fn round(shared: &Shared, network: &Network, requests: &mut Vec<Pending>, replies: &mut Vec<Reply>) {
    for Job { texts, reply } in shared.arrived() {
        match network.tokens(&texts) {
            Ok(tokens) => {
                requests.push(Pending::new(tokens));
                replies.push(reply);
            }
            Err(error) => drop(reply.send(Err(error))),
        }
    }
    forget_abandoned(requests, replies);
    let taken = batch::take(requests, BUDGET);
    if taken.is_empty() {
        return;
    }
    let (places, texts): (Vec<_>, Vec<_>) =
        taken.into_iter().map(|(request, place, tokens)| ((request, place), tokens)).unzip();
    let begun = Instant::now();
    match network.embed(&texts) {
        Ok(vectors) => {
            let tokens: usize = texts.iter().map(Vec::len).sum();
            *lock(&shared.speed) = Some(tokens as f64 / begun.elapsed().as_secs_f64().max(1e-9));
            metrics::counter!("millrace_embedded_tokens_total").increment(tokens as u64);
            for ((request, place), vector) in places.into_iter().zip(vectors) {
                requests[request].keep(place, vector);
            }
            answer_done(shared, requests, replies);
        }
        Err(error) => {
            requests.clear();
            for reply in replies.drain(..) {
                let _ = reply.send(Err(error.clone()));
            }
        }
    }
}

fn ready<'n>(
    shared: &Shared,
    loader: &Loader,
    network: &'n mut Option<Network>,
) -> Result<&'n Network, LlmError> {
    match network {
        Some(network) => Ok(network),
        none => {
            let begun = Instant::now();
            let loaded = loader()?;
            shared.loaded.store(true, Ordering::Release);
            let duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(model.name = shared.model, duration_ms, "loaded the model {}", shared.model);
            Ok(none.insert(loaded))
        }
    }
}

fn forget_abandoned(requests: &mut Vec<Pending>, replies: &mut Vec<Reply>) {
    // Looked at once: somebody may leave in between.
    let wanted: Vec<bool> = replies.iter().map(|reply| !reply.is_closed()).collect();
    let mut of_requests = wanted.iter();
    requests.retain(|_| of_requests.next() != Some(&false));
    let mut of_replies = wanted.iter();
    replies.retain(|_| of_replies.next() != Some(&false));
}

fn answer_done(shared: &Shared, requests: &mut Vec<Pending>, replies: &mut Vec<Reply>) {
    let mut done = Vec::new();
    let mut index = 0;
    while index < requests.len() {
        if requests[index].is_done() {
            done.push((replies.remove(index), requests.remove(index)));
        } else {
            index += 1;
        }
    }
    // Whoever is answered shall not find itself in the queue.
    lock(&shared.queue).begun = requests.len();
    for (reply, request) in done {
        // Whoever asked may have left.
        let _ = reply.send(Ok(request.into_vectors()));
    }
}
