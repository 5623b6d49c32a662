//! The durable engine. `plan` and `step` are pure and decide; `drive` follows a run, `executor` runs its nodes,
//! `journal` makes what happened durable, `recovery` finds out where a run stands, `events` tells who watches.

mod data;
mod draft;
mod drive;
mod events;
mod executor;
mod journal;
mod limits;
pub mod plan;
mod recovery;
pub mod step;

pub use limits::EngineLimits;

use crate::{
    api::{events::RunEvent, runs::RunStatus},
    server::{
        clock::Clock,
        nodes::NodeRegistry,
        store::{Store, StoreError, engine_runs},
    },
    workflow::ids::{RunId, VersionId},
};
use drive::{Command, Stopped};
use events::Channel;
use futures::Stream;
use journal::Journal;
use plan::Plan;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Plans kept in memory.
const PLANS: usize = 256;
/// How often a run that this process does not execute is looked at.
const POLL: Duration = Duration::from_millis(100);
/// How often a run is read anew after its driver found that it was wrong about what is stored.
const ROUNDS: usize = 3;

/// Executes runs; cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Core>);

/// Why the engine did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The run has ended before; its status.
    #[error("the run has ended already ({})", .0.as_str())]
    RunEnded(RunStatus),
    /// The engine takes nothing more.
    #[error("Millrace is shutting down; try again when it is back")]
    ShuttingDown,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

struct Core {
    store: Store,
    journal: Journal,
    nodes: NodeRegistry,
    limits: EngineLimits,
    clock: Clock,
    /// Names this process in the leases of its runs.
    instance: String,
    turns: Arc<Semaphore>,
    driven: Mutex<HashMap<RunId, Handle>>,
    plans: Mutex<HashMap<VersionId, Arc<Plan>>>,
    /// Runs that cannot go on, and why.
    blocked: Mutex<HashMap<RunId, String>>,
    shutdown: CancellationToken,
    tasks: TaskTracker,
}

/// A run that this process goes on with.
#[derive(Clone)]
struct Handle {
    channel: Arc<Channel>,
    commands: mpsc::Sender<Command>,
}

impl Engine {
    /// Starts the engine and goes on with every run that has not ended.
    ///
    /// # Errors
    /// `Store` when the unfinished runs cannot be read.
    pub async fn start(
        store: Store,
        nodes: NodeRegistry,
        limits: EngineLimits,
        clock: Clock,
    ) -> Result<Self, EngineError> {
        let engine = Self(Arc::new(Core {
            journal: Journal::start(store.clone()),
            nodes,
            clock,
            instance: uuid::Uuid::now_v7().to_string(),
            turns: Arc::new(Semaphore::new(limits.parallel_runs.max(1))),
            limits,
            driven: Mutex::default(),
            plans: Mutex::default(),
            blocked: Mutex::default(),
            shutdown: CancellationToken::new(),
            tasks: TaskTracker::new(),
            store,
        }));
        let unfinished = engine_runs::unfinished_ids(&engine.0.store).await?;
        if !unfinished.is_empty() {
            tracing::info!(runs = unfinished.len(), "going on with unfinished runs");
        }
        for run in unfinished {
            engine.submit(run);
        }
        Ok(engine)
    }

    /// Takes up a run whose row is committed. Doing so twice does no harm.
    pub fn submit(&self, run: RunId) {
        self.handle(run);
    }

    /// Waits until the run has ended; `false` when it has not by then.
    pub async fn wait(&self, run: RunId, timeout: Duration) -> bool {
        let ended = async {
            loop {
                match self.channel(run) {
                    Some(channel) => channel.ended.cancelled().await,
                    None => tokio::time::sleep(POLL).await,
                }
                match engine_runs::status(&self.0.store, run).await {
                    Ok(status) if status.is_terminal() => return true,
                    Err(StoreError::NotFound(_)) => return false,
                    _ => {}
                }
            }
        };
        let at_once = engine_runs::status(&self.0.store, run).await;
        if at_once.is_ok_and(RunStatus::is_terminal) {
            return true;
        }
        tokio::time::timeout(timeout, ended).await.unwrap_or(false)
    }

    /// The events of a run after sequence number `after`: stored ones without gaps, then live ones, with `llm.token` in
    /// between. Ends after the terminal event. The caller has checked whose run it is.
    pub fn events(&self, run: RunId, after: Option<i64>) -> impl Stream<Item = RunEvent> + Send + use<> {
        let (engine, clock) = (self.clone(), self.0.clock.clone());
        events::stream(
            self.0.store.clone(),
            run,
            after.unwrap_or(0),
            move || engine.channel(run),
            move || clock.now(),
        )
    }

    /// Cancels a run; returns once that is durable.
    ///
    /// # Errors
    /// `RunEnded` when it was over before, `ShuttingDown`, `Store`.
    pub async fn cancel(&self, run: RunId) -> Result<(), EngineError> {
        loop {
            let status = engine_runs::status(&self.0.store, run).await?;
            if status.is_terminal() {
                return Err(EngineError::RunEnded(status));
            }
            let handle = self.handle(run).ok_or(EngineError::ShuttingDown)?;
            let (reply, answer) = oneshot::channel();
            // Both fail only when the run ends at this moment: then its status tells.
            if handle.commands.send(Command::Cancel(reply)).await.is_ok() && answer.await.is_ok() {
                return Ok(());
            }
            handle.channel.ended.cancelled().await;
        }
    }

    /// Why a run does not go on although it has not ended.
    #[must_use]
    pub fn blocked_reason(&self, run: RunId) -> Option<String> {
        lock(&self.0.blocked).get(&run).cloned()
    }

    /// Stops starting nodes and gives up those that execute; they run again at the next start. Returns when nothing of
    /// the engine writes any more.
    pub async fn shutdown(&self) {
        self.0.shutdown.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    fn channel(&self, run: RunId) -> Option<Arc<Channel>> {
        lock(&self.0.driven).get(&run).map(|handle| Arc::clone(&handle.channel))
    }

    /// The driver of a run, started if there is none; `None` while shutting down.
    fn handle(&self, run: RunId) -> Option<Handle> {
        if self.0.shutdown.is_cancelled() {
            return None;
        }
        let mut driven = lock(&self.0.driven);
        if let Some(handle) = driven.get(&run) {
            return Some(handle.clone());
        }
        let (commands, receiver) = mpsc::channel(8);
        let handle = Handle { channel: Arc::default(), commands };
        driven.insert(run, handle.clone());
        self.0.tasks.spawn(follow(Arc::clone(&self.0), run, Arc::clone(&handle.channel), receiver));
        Some(handle)
    }
}

/// The task of one run.
async fn follow(core: Arc<Core>, run: RunId, channel: Arc<Channel>, mut commands: mpsc::Receiver<Command>) {
    metrics::gauge!("millrace_runs_active").increment(1.0);
    let mut rounds = 0;
    while drive::drive(&core, run, &channel, &mut commands).await == Stopped::Lost {
        rounds += 1;
        if rounds == ROUNDS {
            tracing::error!(run_id = %run, "the run is left alone until the next start: its writes are refused");
            core.block(run, &StoreError::Unavailable("the database refuses what this run writes".to_owned()));
            break;
        }
    }
    metrics::gauge!("millrace_runs_active").decrement(1.0);
    lock(&core.driven).remove(&run);
    // Last: who waits looks for the driver again.
    channel.ended.cancel();
}

impl Core {
    /// The plan of a version; a version never changes.
    async fn plan(&self, version: VersionId) -> Result<Arc<Plan>, StoreError> {
        if let Some(plan) = lock(&self.plans).get(&version) {
            return Ok(Arc::clone(plan));
        }
        let document = engine_runs::document(&self.store, version).await?;
        let plan = Plan::of(&document).map_err(|error| StoreError::Damaged(error.to_string()))?;
        let plan = Arc::new(plan);
        let mut plans = lock(&self.plans);
        if plans.len() >= PLANS {
            plans.clear();
        }
        plans.insert(version, Arc::clone(&plan));
        Ok(plan)
    }

    fn block(&self, run: RunId, error: &StoreError) {
        let before = lock(&self.blocked).insert(run, error.to_string());
        if before.is_none() {
            tracing::warn!(run_id = %run, %error, "the run waits: the database cannot be used");
        }
    }

    fn unblock(&self, run: RunId) {
        lock(&self.blocked).remove(&run);
    }
}

/// A panic elsewhere leaves these maps as they were.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
