//! The durable engine. `plan` and `step` are pure and decide; `drive` follows a run, `executor` runs its nodes,
//! `journal` makes what happened durable, `recovery` finds out where a run stands, `events` tells who watches.

mod attempt_steps;
mod core;
mod data;
mod draft;
mod drive;
mod events;
mod executor;
mod fair;
mod journal;
mod limits;
pub mod plan;
mod recovery;
pub mod step;
mod watch;

pub use limits::EngineLimits;

use crate::server::locked::lock;
use crate::{
    api::{events::RunEvent, runs::RunStatus},
    server::{
        clock::Clock,
        nodes::NodeRegistry,
        store::{
            Store, StoreError, engine_runs,
            runs::{CreatedRun, NewRun},
        },
    },
    workflow::{
        document::Workflow,
        ids::{RunId, UserId, VersionId},
    },
};
use chrono::{DateTime, Utc};
use drive::{Command, Stopped};
use events::Channel;
use executor::ResourcePlaces;
use fair::FairPlaces;
use futures::{FutureExt as _, Stream};
use journal::Journal;
use plan::Plan;
use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, Weak},
    time::Duration,
};
use tokio::sync::{Notify, mpsc};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Plans kept in memory.
const PLANS: usize = 256;
/// How often a run that another process may execute is looked at.
const POLL: Duration = Duration::from_millis(500);
/// How often a run is read anew after its driver found that it was wrong about what is stored.
const ROUNDS: usize = 3;
/// Runs in memory; what is beyond waits in the database.
const DRIVEN: usize = 2048;
/// How long a cancel waits for the run to end.
const CANCEL: Duration = Duration::from_secs(5);

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
    /// Names this process, or the data folder that it has for itself, in the leases of its runs.
    instance: String,
    /// Runs that go on at once, in turn between owners.
    turns: FairPlaces,
    places: Arc<ResourcePlaces>,
    driven: Mutex<HashMap<RunId, Handle>>,
    /// Where runs tell what happens; kept by whoever listens or tells.
    channels: Mutex<HashMap<RunId, Weak<Channel>>>,
    plans: Mutex<HashMap<VersionId, Arc<Plan>>>,
    /// Runs that cannot go on, and why.
    blocked: Mutex<HashMap<RunId, String>>,
    /// When the next waiting run has to be looked at, as far as this process knows.
    next_wake: Mutex<Option<DateTime<Utc>>>,
    look_around: Notify,
    /// Told of each run that fails here and is no part of another one.
    failures: Arc<Notify>,
    shutdown: CancellationToken,
    tasks: TaskTracker,
}

/// A run that this process goes on with.
struct Handle {
    commands: mpsc::UnboundedSender<Command>,
}

impl Engine {
    /// Starts the engine and goes on with every run that is this instance's or nobody's. `instance` names the data
    /// folder that this process has for itself: what it left behind it takes back at once.
    ///
    /// # Errors
    /// `Store` when the unfinished runs cannot be read.
    pub async fn start(
        store: Store,
        nodes: NodeRegistry,
        limits: EngineLimits,
        clock: Clock,
        instance: String,
    ) -> Result<Self, EngineError> {
        let core = Arc::new(Core {
            journal: Journal::start(store.clone()),
            nodes,
            clock,
            instance,
            turns: FairPlaces::new(limits.parallel_runs),
            places: Arc::new(ResourcePlaces::new(&limits)),
            limits,
            driven: Mutex::default(),
            channels: Mutex::default(),
            plans: Mutex::default(),
            blocked: Mutex::default(),
            next_wake: Mutex::default(),
            look_around: Notify::new(),
            failures: Arc::default(),
            shutdown: CancellationToken::new(),
            tasks: TaskTracker::new(),
            store,
        });
        let taken = core.store.at_start(|| watch::take_back(&core)).await?;
        if taken > 0 {
            tracing::info!(runs = taken, "going on with unfinished runs");
        }
        core.tasks.spawn(watch::watch(Arc::clone(&core)));
        Ok(Self(core))
    }

    /// Makes a run of a version whose document this is, and goes on with it; returns once it is durable.
    ///
    /// # Errors
    /// `ShuttingDown`; `Store`, also for an idempotency key that was used with another body.
    pub async fn begin(
        &self,
        owner: UserId,
        new: NewRun,
        document: &Workflow,
    ) -> Result<CreatedRun, EngineError> {
        let plan = self.0.plan_of(new.version_id, document)?;
        self.0.begin(owner, new, plan).await
    }

    /// Takes up a run whose row is committed. Doing so twice does no harm.
    pub fn submit(&self, run: RunId) {
        self.0.submit(run);
    }

    /// Lets a run find what was stored for it, such as a person's decision.
    pub fn poke(&self, run: RunId) {
        self.0.tell(run, Command::Look);
    }

    /// Waits until the run has ended; `false` when it has not by then.
    pub async fn wait(&self, run: RunId, timeout: Duration) -> bool {
        let ended = async {
            loop {
                // Before the status is read: so that an end in between is not missed.
                let channel = self.0.channel(run);
                // What this process goes on with has not ended, or tells at once that it has.
                if !lock(&self.0.driven).contains_key(&run) {
                    match engine_runs::status(&self.0.store, run).await {
                        Ok(status) if status.is_terminal() => return true,
                        Err(StoreError::NotFound(_)) => return false,
                        _ => {}
                    }
                }
                tokio::select! {
                    () = channel.ended.cancelled() => return true,
                    () = tokio::time::sleep(POLL) => {}
                }
            }
        };
        tokio::time::timeout(timeout, ended).await.unwrap_or(false)
    }

    /// The events of a run after sequence number `after`: stored ones without gaps, then live ones, with `llm.token` in
    /// between. Ends after the terminal event. The caller has checked whose run it is.
    pub fn events(&self, run: RunId, after: Option<i64>) -> impl Stream<Item = RunEvent> + Send + use<> {
        let (here, elsewhere) = (self.clone(), self.clone());
        events::stream(
            self.0.store.clone(),
            run,
            after.unwrap_or(0),
            self.0.channel(run),
            move || here.0.clock.now(),
            // On one SQLite folder there is one process.
            move || elsewhere.0.store.is_shared() && !lock(&elsewhere.0.driven).contains_key(&run),
        )
    }

    /// Cancels a run; returns once that is durable and, where this process has the run, once it has ended.
    ///
    /// # Errors
    /// `RunEnded` when it was over before, `Store`.
    pub async fn cancel(&self, run: RunId) -> Result<(), EngineError> {
        let write = self.0.store.write().await?;
        let stored = engine_runs::request_cancel(&write, run, self.0.clock.now()).await?;
        write.commit().await?;
        if !stored {
            return Err(EngineError::RunEnded(engine_runs::status(&self.0.store, run).await?));
        }
        self.poke(run);
        // A run of another process ends when that one looks.
        self.wait(run, CANCEL).await;
        Ok(())
    }

    /// Told of each run that fails in this process and is no part of another one, once that is durable.
    #[must_use]
    pub fn failures(&self) -> Arc<Notify> {
        Arc::clone(&self.0.failures)
    }

    /// Why a run does not go on although it has not ended.
    #[must_use]
    pub fn blocked_reason(&self, run: RunId) -> Option<String> {
        lock(&self.0.blocked).get(&run).cloned()
    }

    /// Why runs of this process do not go on: the reason of one of them.
    #[must_use]
    pub fn blocked(&self) -> Option<String> {
        lock(&self.0.blocked).values().next().cloned()
    }

    /// Stops starting nodes and gives up those that execute; they run again at the next start. Returns when nothing of
    /// the engine writes any more.
    pub async fn shutdown(&self) {
        self.0.shutdown.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }
}

/// What a driver came to. A panic of it is a bug, and the run is read anew rather than left hanging.
async fn survive(run: RunId, driver: impl Future<Output = Stopped>) -> Stopped {
    AssertUnwindSafe(driver).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!(run_id = %run, "a run was thrown off by a panic; it is read anew");
        Stopped::Lost
    })
}
