//! What this process keeps of its runs in memory, and who goes on with them.

use super::{
    Core, DRIVEN, Handle, PLANS, ROUNDS,
    drive::{self, Command, Stopped},
    events::Channel,
    lock,
    plan::Plan,
    survive,
};
use crate::{
    server::store::{StoreError, engine_runs},
    workflow::{
        document::Workflow,
        ids::{RunId, VersionId},
    },
};
use chrono::{DateTime, Utc};
use std::sync::{Arc, Weak};
use tokio::sync::mpsc;

impl Core {
    /// Where a run tells what happens, whether or not it goes on in this process now.
    pub(super) fn channel(&self, run: RunId) -> Arc<Channel> {
        let mut channels = lock(&self.channels);
        if let Some(channel) = channels.get(&run).and_then(Weak::upgrade) {
            return channel;
        }
        let channel = Arc::default();
        channels.insert(run, Arc::downgrade(&channel));
        channel
    }

    pub(super) fn submit(self: &Arc<Self>, run: RunId) {
        self.send(run, None);
    }

    /// Tells a run, which is taken up for it if nobody has it.
    pub(super) fn tell(self: &Arc<Self>, run: RunId, command: Command) {
        self.send(run, Some(command));
    }

    pub(super) fn send(self: &Arc<Self>, run: RunId, command: Option<Command>) {
        if self.shutdown.is_cancelled() {
            return;
        }
        let mut driven = lock(&self.driven);
        if let Some(handle) = driven.get(&run) {
            if let Some(command) = command {
                // Its receiver is dropped only after the handle was taken away, under this lock.
                let _ = handle.commands.send(command);
            }
            return;
        }
        // It waits in the database: who looks around finds it when there is room.
        if driven.len() >= DRIVEN && command.is_none() {
            return;
        }
        let (commands, receiver) = mpsc::unbounded_channel();
        if let Some(command) = command {
            let _ = commands.send(command);
        }
        driven.insert(run, Handle { commands });
        drop(driven);
        let (core, channel) = (Arc::clone(self), self.channel(run));
        self.tasks.spawn(async move {
            core.follow_on(run, &channel, receiver, Stopped::Again).await;
        });
    }

    /// Makes room for a run that begins in this process.
    pub(super) fn register(&self, run: RunId) -> (Arc<Channel>, mpsc::UnboundedReceiver<Command>) {
        let (commands, receiver) = mpsc::unbounded_channel();
        lock(&self.driven).insert(run, Handle { commands });
        (self.channel(run), receiver)
    }

    /// Goes on with a run whose last driver `stopped`, until there is nothing to do for it here.
    pub(super) async fn follow_on(
        self: &Arc<Self>,
        run: RunId,
        channel: &Arc<Channel>,
        mut commands: mpsc::UnboundedReceiver<Command>,
        mut stopped: Stopped,
    ) {
        let mut rounds = 0;
        loop {
            match stopped {
                Stopped::Done => {
                    // Whatever kept it: it is over, or somebody else's now.
                    self.unblock(run);
                    let mut driven = lock(&self.driven);
                    if commands.is_empty() || self.shutdown.is_cancelled() || channel.ended.is_cancelled() {
                        driven.remove(&run);
                        if driven.len() + 1 == DRIVEN {
                            self.look_around.notify_one();
                        }
                        return;
                    }
                }
                Stopped::Again => {}
                Stopped::Lost if rounds < ROUNDS => rounds += 1,
                Stopped::Lost => {
                    tracing::error!(run_id = %run, "the run is left alone for now: its writes are refused");
                    let reason =
                        "the database refuses what this run writes; look into the server's log".to_owned();
                    self.block(run, &StoreError::Unavailable(reason));
                    lock(&self.driven).remove(&run);
                    return;
                }
            }
            stopped = survive(run, drive::drive(self, run, channel, &mut commands)).await;
        }
    }

    /// The plan of a version; a version never changes.
    pub(super) async fn plan(&self, version: VersionId) -> Result<Arc<Plan>, StoreError> {
        if let Some(plan) = lock(&self.plans).get(&version) {
            return Ok(Arc::clone(plan));
        }
        let document = engine_runs::document(&self.store, version).await?;
        self.plan_of(version, &document)
    }

    pub(super) fn plan_of(&self, version: VersionId, document: &Workflow) -> Result<Arc<Plan>, StoreError> {
        if let Some(plan) = lock(&self.plans).get(&version) {
            return Ok(Arc::clone(plan));
        }
        let plan = Plan::of(document).map_err(|error| StoreError::Damaged(error.to_string()))?;
        let plan = Arc::new(plan);
        let mut plans = lock(&self.plans);
        if plans.len() >= PLANS {
            plans.clear();
        }
        plans.insert(version, Arc::clone(&plan));
        Ok(plan)
    }

    /// A waiting run has to be looked at then.
    pub(super) fn wake_by(&self, at: DateTime<Utc>) {
        let mut next = lock(&self.next_wake);
        if next.is_none_or(|known| at < known) {
            *next = Some(at);
            self.look_around.notify_one();
        }
    }

    pub(super) fn block(&self, run: RunId, error: &StoreError) {
        let before = lock(&self.blocked).insert(run, error.to_string());
        if before.is_none() {
            tracing::warn!(run_id = %run, %error, "the run waits: the database cannot be used");
        }
    }

    pub(super) fn unblock(&self, run: RunId) {
        let mut blocked = lock(&self.blocked);
        if !blocked.is_empty() {
            blocked.remove(&run);
        }
    }
}
