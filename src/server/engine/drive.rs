//! Drives one run from where it stands to its end: one task per run, which hands its writes to the journal and starts
//! nodes only after the commit. All decisions come from `step`.

use super::{
    Core,
    data::Data,
    draft::Draft,
    events::Channel,
    executor::{Attempt, Report},
    plan::{NodeIx, Plan},
    recovery::{Standing, replay},
    step::{Event, NodeState, Outcome, State},
};
use crate::{
    api::runs::RunStatus,
    server::{
        nodes::{GlobalContext, NodeError, RunInfo, TokenSink},
        store::{
            StoreError, engine_runs,
            engine_runs::EngineRun,
            journal::{Failure, TakeOver, Verdict},
        },
    },
    workflow::ids::RunId,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

/// How long a run belongs to a process that says nothing more.
const LEASE: TimeDelta = TimeDelta::seconds(5);
/// How long to wait before trying again when the database cannot write.
const AGAIN: Duration = Duration::from_secs(1);
/// Longest wait of a timer; a deadline further away is looked at again then.
const FAR: Duration = Duration::from_secs(3600);

/// What others may ask of a run.
#[derive(Debug)]
pub enum Command {
    /// Answered once the run is durably cancelled; dropped unanswered when it had ended before.
    Cancel(oneshot::Sender<()>),
}

/// Why a driver stopped.
#[derive(Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The run has ended, belongs to somebody else, or the process shuts down.
    Done,
    /// What is stored is not what the driver believes: to be read anew.
    Lost,
}

/// Goes on with a run until it ends or the engine shuts down.
pub async fn drive(
    core: &Core,
    run: RunId,
    channel: &Arc<Channel>,
    commands: &mut mpsc::Receiver<Command>,
) -> Stopped {
    let mut cancels = Vec::new();
    // Pending runs wait for their turn; a cancel does not wait for it.
    let _turn = tokio::select! {
        biased;
        () = core.shutdown.cancelled() => return Stopped::Done,
        Some(Command::Cancel(reply)) = commands.recv() => {
            cancels.push(reply);
            None
        }
        turn = Arc::clone(&core.turns).acquire_owned() => turn.ok(),
    };
    let mut driver = loop {
        match Driver::load(core, run, channel).await {
            Ok(Some(driver)) => break driver,
            Ok(None) | Err(StoreError::NotFound(_)) => return Stopped::Done,
            Err(error) => {
                core.block(run, &error);
                tokio::select! {
                    () = core.shutdown.cancelled() => return Stopped::Done,
                    () = tokio::time::sleep(AGAIN) => {}
                }
            }
        }
    };
    driver.go(cancels, commands).await
}

struct Driver<'c> {
    core: &'c Core,
    run: EngineRun,
    plan: Arc<Plan>,
    state: State,
    data: Data,
    input: Arc<serde_json::Value>,
    global: Arc<GlobalContext>,
    channel: Arc<Channel>,
    epoch: i64,
    next_seq: i64,
    next_order: i32,
    failure: Option<Failure>,
    deadline: DateTime<Utc>,
    tasks: JoinSet<(NodeIx, i32, Report)>,
    cancel: CancellationToken,
    /// What the first write has to tell: attempts that the end of a process interrupted.
    under_way: Vec<NodeIx>,
}

impl<'c> Driver<'c> {
    /// Reads where the run stands; `None` when it has ended.
    async fn load(core: &'c Core, id: RunId, channel: &Arc<Channel>) -> Result<Option<Self>, StoreError> {
        let run = engine_runs::get(&core.store, id).await?;
        if run.status.is_terminal() {
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
        let Standing { state, data, under_way, next_order } =
            replay(&plan, engine_runs::history(&core.store, id).await?);
        let now = core.clock.now();
        let input = Arc::new(run.input_data.clone());
        let started_at = run.started_at.unwrap_or(now);
        let limit = TimeDelta::from_std(core.limits.run_timeout).unwrap_or(TimeDelta::MAX);
        let global = GlobalContext {
            vars: plan.vars.clone(),
            run: RunInfo { id, input: Arc::clone(&input), started_at },
        };
        Ok(Some(Self {
            core,
            epoch: run.lease_epoch,
            next_seq: run.next_event_seq,
            deadline: run
                .deadline_at
                .or_else(|| started_at.checked_add_signed(limit))
                .unwrap_or(DateTime::<Utc>::MAX_UTC),
            channel: Arc::clone(channel),
            global: Arc::new(global),
            run,
            plan,
            state,
            data,
            input,
            next_order,
            failure,
            tasks: JoinSet::new(),
            cancel: CancellationToken::new(),
            under_way,
        }))
    }

    async fn go(
        &mut self,
        mut cancels: Vec<oneshot::Sender<()>>,
        commands: &mut mpsc::Receiver<Command>,
    ) -> Stopped {
        let mut draft = self.first_draft(!cancels.is_empty());
        loop {
            let ended = draft.write.end.is_some();
            if let Some(stopped) = self.commit(draft).await {
                return stopped;
            }
            if ended {
                for reply in cancels {
                    // The caller may have given up waiting.
                    let _ = reply.send(());
                }
                return Stopped::Done;
            }
            let left = (self.deadline - self.core.clock.now()).to_std().unwrap_or_default();
            tokio::select! {
                biased;
                () = self.core.shutdown.cancelled() => {
                    self.abort();
                    return Stopped::Done;
                }
                Some(Command::Cancel(reply)) = commands.recv() => {
                    draft = self.draft();
                    cancels.push(reply);
                    self.abort();
                    self.happened(&Event::CancelRequested, &mut draft);
                }
                () = tokio::time::sleep(left.min(FAR)) => {
                    draft = self.draft();
                    if self.core.clock.now() >= self.deadline {
                        self.abort();
                        self.time_out(&mut draft);
                    }
                }
                Some(joined) = self.tasks.join_next() => {
                    // Made now, not before the wait: its time is when the step ended.
                    draft = self.draft();
                    let mut next = Some(joined);
                    while let Some(joined) = next {
                        if let Ok((node, attempt, report)) = joined {
                            self.reported(node, attempt, report, &mut draft);
                        }
                        next = self.tasks.try_join_next();
                    }
                }
            }
        }
    }

    fn draft(&self) -> Draft {
        Draft::new(self.run.id, self.epoch, self.next_seq, self.core.clock.now())
    }

    /// Takes the run over, tells what was interrupted, and decides what to start.
    fn first_draft(&mut self, cancelled: bool) -> Draft {
        let mut draft = self.draft();
        let lease = TakeOver {
            owner: self.core.instance.clone(),
            lease_expires_at: draft.now() + LEASE,
            deadline_at: self.deadline,
            started_at: self.global.run.started_at,
        };
        draft.take_over(lease, self.run.started_at.is_none());
        for node in std::mem::take(&mut self.under_way) {
            self.interrupted(node, &mut draft);
        }
        if self.plan.nodes.is_empty() && self.failure.is_some() {
            draft.write.error.clone_from(&self.failure);
            draft.end(RunStatus::Failed, "null".to_owned(), self.failure.as_ref());
        } else if cancelled {
            self.happened(&Event::CancelRequested, &mut draft);
        } else {
            let decisions = self.state.decide(&self.plan, self.core.limits.parallel_nodes);
            self.follow(decisions, &mut draft);
        }
        draft
    }

    fn interrupted(&mut self, node: NodeIx, draft: &mut Draft) {
        let attempt = self.state.attempt(node);
        if self.state.interruptions(node) + 1 < self.core.limits.interruptions {
            draft.interrupt(&self.plan.nodes[node], attempt);
            self.state.apply(&self.plan, &Event::Interrupted { node });
        } else {
            let error = NodeError::permanent(
                "crashed_repeatedly",
                format!(
                    "Millrace ended {} times while this step ran; look into the server's log, or remove the step",
                    self.core.limits.interruptions
                ),
            );
            self.failed(node, attempt, &error, &[], 0, draft);
            self.state.apply(&self.plan, &Event::Failed { node });
        }
    }

    fn reported(&mut self, node: NodeIx, attempt: i32, report: Report, draft: &mut Draft) {
        // A run that ended in this very draft takes nothing more.
        if draft.write.end.is_some() || *self.state.node(node) != NodeState::Running {
            return;
        }
        let duration_ms = u64::try_from(report.elapsed.as_millis()).unwrap_or(u64::MAX);
        let event = match report.result {
            Ok(finished) => {
                self.data.completed(node, Arc::clone(&finished.output));
                let port = finished.port.clone();
                draft.complete(&self.plan.nodes[node], attempt, finished, &report.logs, duration_ms);
                Event::Completed { node, port }
            }
            Err(error) => {
                self.failed(node, attempt, &error, &report.logs, duration_ms, draft);
                Event::Failed { node }
            }
        };
        self.happened(&event, draft);
    }

    fn failed(
        &mut self,
        node: NodeIx,
        attempt: i32,
        error: &NodeError,
        logs: &[crate::server::nodes::LogLine],
        duration_ms: u64,
        draft: &mut Draft,
    ) {
        let planned = &self.plan.nodes[node];
        draft.fail(planned, attempt, error, logs, duration_ms);
        self.data.failed(&self.plan, node, &error.code, &error.message);
        if !self.plan.catches_errors(node) && self.failure.is_none() {
            let message = format!("{}: {}", planned.node.name, error.message);
            self.failure = Some(Failure { code: error.code.clone(), message });
            // Stored at once: it has to outlive a crash while other steps end.
            draft.write.error.clone_from(&self.failure);
        }
    }

    fn time_out(&mut self, draft: &mut Draft) {
        let failure = Failure {
            code: "run_timeout".to_owned(),
            message: format!(
                "the run took longer than {} s; raise the limit of the configuration, or split the workflow",
                self.core.limits.run_timeout.as_secs()
            ),
        };
        draft.write.error = Some(failure.clone());
        self.failure = Some(failure);
        self.happened(&Event::TimedOut, draft);
    }

    fn happened(&mut self, event: &Event, draft: &mut Draft) {
        let decisions = self.state.step(&self.plan, event, self.core.limits.parallel_nodes);
        self.follow(decisions, draft);
    }

    fn follow(&mut self, decisions: Vec<Event>, draft: &mut Draft) {
        for decision in decisions {
            match decision {
                Event::Started { node, attempt } => {
                    let input = self.data.input_of(&self.plan, &self.state, node, &self.input);
                    draft.start(node, &self.plan.nodes[node], attempt, self.next_order, input);
                    self.next_order += 1;
                }
                Event::Skipped { node } => {
                    draft.skip(&self.plan.nodes[node], self.next_order);
                    self.next_order += 1;
                }
                Event::Cancelled { node } => draft.cancel(&self.plan.nodes[node], self.state.attempt(node)),
                Event::Ended(outcome) => self.end(outcome, draft),
                // From outside, never decided.
                Event::Completed { .. }
                | Event::Failed { .. }
                | Event::Interrupted { .. }
                | Event::CancelRequested
                | Event::TimedOut => {}
            }
        }
    }

    fn end(&self, outcome: Outcome, draft: &mut Draft) {
        let (status, output) = match outcome {
            Outcome::Completed => {
                (RunStatus::Completed, self.data.run_output(&self.plan, &self.state).to_string())
            }
            Outcome::Failed => (RunStatus::Failed, "null".to_owned()),
            Outcome::Cancelled => (RunStatus::Cancelled, "null".to_owned()),
        };
        draft.end(status, output, self.failure.as_ref());
    }

    /// Makes a draft durable, then tells it and starts what it releases. Gives why the driver has to stop, if so.
    async fn commit(&mut self, draft: Draft) -> Option<Stopped> {
        if draft.write.events.is_empty() && draft.write.take_over.is_none() {
            return None;
        }
        let next_seq = draft.next_seq();
        let Draft { write, to_start, .. } = draft;
        let write = Arc::new(write);
        let mut unsure = false;
        loop {
            match self.core.journal.commit(Arc::clone(&write)).await {
                Ok(Verdict::Written) => break,
                Ok(Verdict::Fenced) => {
                    self.abort();
                    // After a lost answer the earlier try may have been written.
                    return Some(if unsure { Stopped::Lost } else { Stopped::Done });
                }
                Err(error) if error.is_transient() => {
                    unsure = true;
                    self.core.block(self.run.id, &error);
                    tokio::select! {
                        () = self.core.shutdown.cancelled() => {
                            self.abort();
                            return Some(Stopped::Done);
                        }
                        () = tokio::time::sleep(AGAIN) => {}
                    }
                }
                Err(error) => {
                    tracing::error!(run_id = %self.run.id, %error, "a write of a run was refused");
                    self.abort();
                    return Some(Stopped::Lost);
                }
            }
        }
        self.core.unblock(self.run.id);
        self.epoch += i64::from(write.take_over.is_some());
        self.next_seq = next_seq;
        if write.end.is_some() {
            metrics::counter!("millrace_runs_total", "status" => write.status.as_str()).increment(1);
        }
        match Arc::try_unwrap(write) {
            Ok(write) => self.channel.publish(write.events),
            Err(shared) => self.channel.publish(shared.events.clone()),
        }
        for (node, attempt, input) in to_start {
            self.start(node, attempt, input);
        }
        None
    }

    fn start(&mut self, node: NodeIx, attempt: i32, input: super::data::NodeInput) {
        let planned = &self.plan.nodes[node];
        let limits = &self.core.limits;
        let settings = &planned.node.settings;
        let work = Attempt {
            node: planned.node.clone(),
            attempt,
            first_port: planned.first_port.clone(),
            input,
            global: Arc::clone(&self.global),
            use_pinned: self.run.use_pinned,
            registry: self.core.nodes.clone(),
            clock: self.core.clock.clone(),
            tokens: self.token_sink(&planned.node.name, attempt),
            cancel: self.cancel.child_token(),
            timeout: settings.timeout_ms.map_or(limits.node_timeout, Duration::from_millis),
            output_bytes: limits.output_bytes,
        };
        self.tasks.spawn(async move { (node, attempt, work.run().await) });
    }

    fn token_sink(&self, node: &str, attempt: i32) -> TokenSink {
        let (channel, clock, node) = (Arc::clone(&self.channel), self.core.clock.clone(), node.to_owned());
        Arc::new(move |text: &str| channel.token(&node, attempt, clock.now(), text))
    }

    /// Nobody wants what executes any more.
    fn abort(&mut self) {
        self.cancel.cancel();
        self.tasks.abort_all();
    }
}
