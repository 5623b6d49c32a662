//! Drives one run from where it stands until it ends or waits: one task per run, which hands its writes to the journal
//! and starts nodes only after the commit. All decisions come from `step`.

mod again;
mod attempts;
mod begin;
mod children;
mod commit;
mod happen;
mod land;
mod look;
mod lost;
mod settle;

use super::{
    Core,
    attempt_steps::WantedStep,
    data::{Data, NodeInput, Output},
    draft::Draft,
    events::Channel,
    executor::Report,
    fair::Place,
    plan::{NodeIx, Plan},
    recovery::{Standing, replay},
    step::{Event, Moment, NodeState, State},
};
use crate::{
    api::runs::RunStatus,
    server::{
        nodes::{GlobalContext, NodeError, RunInfo},
        store::{
            StoreError,
            engine_runs::{self, EngineRun},
            journal::{Failure, Lease, NewRow},
        },
    },
    workflow::ids::{NodeId, RunId, UserId},
};
use children::Brood;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

/// How long a run belongs to a process that says nothing more.
pub const LEASE: TimeDelta = TimeDelta::seconds(5);
/// How long to wait before trying again when the database cannot be used.
pub const AGAIN: Duration = Duration::from_secs(1);
/// How long a run whose children run stays in memory when nothing happens.
const LINGER: Duration = Duration::from_secs(5);

/// A step that took less is not worth a task of its own the next time.
const QUICK: Duration = Duration::from_millis(1);

/// An attempt that is over.
type Ended = (NodeIx, i32, Report);

/// What others tell a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Somebody has stored a wish: to cancel it, or a decision.
    Look,
    /// A child run of that step has ended.
    Child { node: NodeId, item_index: i32, status: RunStatus },
}

/// Why a driver stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// The run has ended, waits, belongs to somebody else, or the process shuts down.
    Done,
    /// Something happened while the run was laid down: to be taken up again.
    Again,
    /// What is stored is not what the driver believes: to be read anew.
    Lost,
}

/// Goes on with a run until it ends or waits, or the engine shuts down.
pub async fn drive(
    core: &Arc<Core>,
    run: RunId,
    channel: &Arc<Channel>,
    commands: &mut mpsc::UnboundedReceiver<Command>,
) -> Stopped {
    // Whoever sends a command does not want to wait for the run's turn.
    let turn = tokio::select! {
        biased;
        () = core.shutdown.cancelled() => return Stopped::Done,
        Some(_) = commands.recv() => None,
        turn = turn(core, run) => Some(turn),
    };
    let mut driver = loop {
        match Driver::load(core, run, channel).await {
            Ok(Some(driver)) => break driver,
            Ok(None) | Err(StoreError::NotFound(_)) => return Stopped::Done,
            Err(error) if error.is_transient() => {
                core.block(run, &error);
                tokio::select! {
                    () = core.shutdown.cancelled() => return Stopped::Done,
                    () = tokio::time::sleep(AGAIN) => {}
                }
            }
            Err(error) => {
                tracing::error!(run_id = %run, %error, "a run cannot be read");
                return Stopped::Lost;
            }
        }
    };
    driver.turn = turn;
    match driver.first_draft().await {
        Ok(draft) => driver.go(draft, commands).await,
        Err(stopped) => stopped,
    }
}

/// A place among the runs that go on at once, in turn between owners.
async fn turn(core: &Core, run: RunId) -> Place {
    if let Some(place) = core.turns.try_take() {
        return place;
    }
    // An owner that cannot be read now queues with the others of that kind.
    let owner = engine_runs::owner(&core.store, run).await.unwrap_or(UserId(uuid::Uuid::nil()));
    core.turns.take(owner.0).await
}

/// How much time is left.
#[derive(Debug, Clone, Copy)]
enum Time {
    Until(DateTime<Utc>),
    Left(TimeDelta),
}

struct Driver {
    core: Arc<Core>,
    run: EngineRun,
    plan: Arc<Plan>,
    state: State,
    data: Data,
    input: Output,
    global: Arc<GlobalContext>,
    channel: Arc<Channel>,
    epoch: i64,
    next_seq: i64,
    next_order: i32,
    failure: Option<Failure>,
    time: Time,
    /// As it is stored.
    status: RunStatus,
    /// As it was stored when this process last looked.
    wake_at: Option<DateTime<Utc>>,
    tasks: JoinSet<Ended>,
    /// Attempts that were over as soon as they began.
    done: Vec<Ended>,
    cancel: CancellationToken,
    /// What the first write has to tell: attempts that the end of a process interrupted.
    under_way: Vec<NodeIx>,
    /// What waiting nodes keep.
    kept: HashMap<NodeIx, Arc<Value>>,
    /// Why nodes are tried again.
    errors: HashMap<NodeIx, NodeError>,
    /// Nodes whose next attempt has its row already.
    has_row: HashSet<NodeIx>,
    broods: HashMap<NodeIx, Brood>,
    /// Steps that have more children to make as soon as what was made is durable.
    growing: Vec<NodeIx>,
    /// Children that shall stop, to be told after the next write.
    unwanted: Vec<RunId>,
    /// Steps inside steps that attempts hand in.
    wanted: mpsc::UnboundedReceiver<WantedStep>,
    want: mpsc::UnboundedSender<WantedStep>,
    /// Who waits for those of the next write.
    writing: Vec<oneshot::Sender<()>>,
    /// The run's row, which the first write makes.
    create: Option<Arc<NewRow>>,
    turn: Option<Place>,
}

impl Driver {
    /// Reads where the run stands; `None` when it has ended or somebody else has it.
    async fn load(core: &Arc<Core>, id: RunId, channel: &Arc<Channel>) -> Result<Option<Self>, StoreError> {
        let run = engine_runs::get(&core.store, id).await?;
        let now = core.clock.now();
        let elsewhere = run.lease_owner.as_ref().is_some_and(|owner| *owner != core.instance)
            && run.lease_expires_at.is_some_and(|until| until > now);
        if run.status.is_terminal() || elsewhere {
            return Ok(None);
        }
        let mut failure = run
            .error_code
            .clone()
            .map(|code| Failure { code, message: run.error_message.clone().unwrap_or_default() });
        let plan = match core.plan(run.version_id).await {
            Ok(plan) => plan,
            Err(error) if error.is_transient() => return Err(error),
            // An empty plan ends at once, with this as the reason.
            Err(error) => {
                failure = Some(Failure { code: "bad_version".to_owned(), message: error.to_string() });
                Arc::new(Plan { nodes: Vec::new(), edges: Vec::new(), vars: serde_json::Map::new() })
            }
        };
        let history = match run.started_at {
            // It begins now, and nothing was copied into it.
            None if run.forked_from.is_none() => Vec::new(),
            _ => engine_runs::history(&core.store, id).await?,
        };
        let standing = replay(&plan, history);
        let input = Output { value: Arc::new(run.input_data.clone()), text: None };
        let mut driver = Self::of(core, run, plan, standing, input, channel);
        driver.failure = failure;
        Ok(Some(driver))
    }

    fn of(
        core: &Arc<Core>,
        run: EngineRun,
        plan: Arc<Plan>,
        standing: Standing,
        input: Output,
        channel: &Arc<Channel>,
    ) -> Self {
        let now = core.clock.now();
        let started_at = run.started_at.unwrap_or(now);
        let limit = TimeDelta::from_std(core.limits.run_timeout).unwrap_or(TimeDelta::MAX);
        let full = || started_at.checked_add_signed(limit).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let global = GlobalContext {
            owner: run.owner,
            vars: plan.vars.clone(),
            run: RunInfo {
                id: run.id,
                input: Arc::clone(&input.value),
                started_at,
                effect_root: run.effect_root.unwrap_or(run.id.0),
            },
        };
        let (want, wanted) = mpsc::unbounded_channel();
        let Standing { state, data, under_way, kept, next_order } = standing;
        let waits_for_time =
            |node: &NodeIx| matches!(state.node(*node), NodeState::Waiting(super::step::Wake::Retry { .. }));
        Self {
            core: Arc::clone(core),
            epoch: run.lease_epoch,
            next_seq: run.next_event_seq,
            time: match run.time_left_ms {
                Some(left) => Time::Left(TimeDelta::milliseconds(left)),
                None => Time::Until(run.deadline_at.unwrap_or_else(full)),
            },
            status: run.status,
            wake_at: run.wake_at,
            channel: Arc::clone(channel),
            global: Arc::new(global),
            has_row: (0..plan.nodes.len()).filter(waits_for_time).collect(),
            run,
            plan,
            state,
            data,
            input,
            next_order,
            failure: None,
            tasks: JoinSet::new(),
            done: Vec::new(),
            cancel: CancellationToken::new(),
            under_way,
            kept,
            errors: HashMap::new(),
            broods: HashMap::new(),
            growing: Vec::new(),
            unwanted: Vec::new(),
            wanted,
            want,
            writing: Vec::new(),
            create: None,
            turn: None,
        }
    }

    async fn go(&mut self, mut draft: Draft, commands: &mut mpsc::UnboundedReceiver<Command>) -> Stopped {
        loop {
            self.settle(&mut draft);
            let ended = draft.write.end.is_some();
            let laid_down = matches!(draft.write.lease, Lease::Release);
            if let Err(stopped) = self.commit(draft).await {
                return stopped;
            }
            if ended {
                self.tell_end();
                return Stopped::Done;
            }
            if laid_down {
                return self.lay_down().await;
            }
            draft = match self.next(commands).await {
                Ok(draft) => draft,
                Err(stopped) => return stopped,
            };
        }
    }

    /// Waits until something happens, and takes it in.
    async fn next(&mut self, commands: &mut mpsc::UnboundedReceiver<Command>) -> Result<Draft, Stopped> {
        let core = Arc::clone(&self.core);
        if !self.growing.is_empty() {
            let mut draft = self.draft();
            self.go_on_growing(&mut draft).await?;
            return Ok(draft);
        }
        let waiting = self.state.is_waiting();
        if waiting {
            // The children need the place.
            self.turn = None;
        }
        let deadline = match self.time {
            Time::Until(deadline) if !waiting => deadline,
            _ => DateTime::<Utc>::MAX_UTC,
        };
        let now = core.clock.now();
        let due = self.state.next_due(now.timestamp_millis()).and_then(DateTime::from_timestamp_millis);
        let alarm = due.unwrap_or(DateTime::<Utc>::MAX_UTC).min(deadline);
        tokio::select! {
            biased;
            () = core.shutdown.cancelled() => {
                self.abort();
                Err(Stopped::Done)
            }
            Some(command) = commands.recv() => {
                let mut draft = self.draft();
                self.heard(command, &mut draft).await?;
                while let Ok(command) = commands.try_recv() {
                    self.heard(command, &mut draft).await?;
                }
                Ok(draft)
            }
            () = core.clock.sleep_until(alarm) => {
                let mut draft = self.draft();
                if draft.now() >= deadline {
                    self.abort();
                    self.time_out(&mut draft);
                } else {
                    self.happened(&Event::TimePassed, &mut draft);
                }
                Ok(draft)
            }
            // Before the ends of attempts: what an attempt hands in comes before its end.
            Some(step) = self.wanted.recv() => Ok(self.take_steps(step)),
            Some(joined) = attempts::ended(&mut self.done, &mut self.tasks) => {
                let mut reports = Vec::new();
                let mut next = Some(joined);
                while let Some(joined) = next {
                    if let Ok((node, attempt, report)) = joined {
                        self.plan.nodes[node].quick.store(report.elapsed < QUICK, Ordering::Relaxed);
                        reports.push((node, attempt, self.land(node, attempt, report).await?));
                    }
                    next = self.tasks.try_join_next();
                }
                // Made now, not before the wait: its time is when the steps ended.
                let mut draft = self.draft();
                for (node, attempt, report) in reports {
                    self.reported(node, attempt, report, &mut draft).await?;
                }
                Ok(draft)
            }
            () = tokio::time::sleep(LINGER), if waiting => {
                let mut draft = self.draft();
                draft.write.lease = Lease::Release;
                Ok(draft)
            }
        }
    }

    fn draft(&self) -> Draft {
        Draft::new(self.run.id, self.epoch, self.next_seq, self.core.clock.now())
    }

    fn moment(&self, now: DateTime<Utc>) -> Moment {
        Moment {
            at: now.timestamp_millis(),
            jitter: rand::random_range(0..1000),
            parallel: self.core.limits.parallel_nodes,
            hold: 0,
        }
    }
}
