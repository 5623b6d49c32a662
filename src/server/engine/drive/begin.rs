//! A new run: its row, its first events and its first attempts become durable in one write.

use super::{Command, Draft, Driver, Output, Stopped};
use crate::{
    api::runs::RunStatus,
    server::{
        engine::{Core, EngineError, events::Channel, plan::Plan, recovery::replay, survive},
        store::{
            StoreError,
            engine_runs::EngineRun,
            journal::{NewRow, Verdict},
            runs::{self, CreatedRun, NewRun},
        },
    },
    workflow::ids::{RunId, UserId},
};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

impl Core {
    /// Makes a run and goes on with it. The answer comes once it is durable; the run goes on whether or not somebody
    /// waits for the answer.
    pub(in crate::server::engine) async fn begin(
        self: &Arc<Self>,
        owner: UserId,
        new: NewRun,
        plan: Arc<Plan>,
    ) -> Result<CreatedRun, EngineError> {
        if self.shutdown.is_cancelled() {
            return Err(EngineError::ShuttingDown);
        }
        let Some(turn) = self.turns.try_take() else { return self.queue(owner, new).await };
        let id = RunId::new();
        let (channel, commands) = self.register(id);
        let mut driver = Driver::fresh(self, id, owner, &new, plan, &channel);
        driver.turn = Some(turn);
        let (reply, answer) = oneshot::channel();
        self.tasks.spawn(follow(driver, commands, reply));
        match answer.await {
            Ok(Begun::Written(status)) => Ok(CreatedRun { id, status, is_new: true }),
            Ok(Begun::Existed) => Ok(runs::existing(&self.store, owner, &new).await?),
            Ok(Begun::Failed(error)) => Err(error.into()),
            Err(_) if self.shutdown.is_cancelled() => Err(EngineError::ShuttingDown),
            Err(_) => Err(StoreError::Unavailable("the run could not begin; try again".to_owned()).into()),
        }
    }

    /// Makes a pending run that waits for its turn.
    async fn queue(self: &Arc<Self>, owner: UserId, new: NewRun) -> Result<CreatedRun, EngineError> {
        let write = self.store.write().await?;
        let run = runs::create(&write, owner, new, self.clock.now()).await?;
        write.commit().await?;
        if run.is_new {
            self.submit(run.id);
        }
        Ok(run)
    }
}

/// What the first write came to.
enum Begun {
    Written(RunStatus),
    /// Its idempotency key made a run before.
    Existed,
    Failed(StoreError),
}

async fn follow(
    mut driver: Driver,
    mut commands: mpsc::UnboundedReceiver<Command>,
    reply: oneshot::Sender<Begun>,
) {
    let core = Arc::clone(&driver.core);
    let id = driver.run.id;
    let stopped = survive(id, async {
        match driver.first_draft().await {
            Ok(draft) => driver.begin(draft, &mut commands, reply).await,
            Err(stopped) => stopped,
        }
    })
    .await;
    let channel = Arc::clone(&driver.channel);
    drop(driver);
    core.follow_on(id, &channel, commands, stopped).await;
}

impl Driver {
    fn fresh(
        core: &Arc<Core>,
        id: RunId,
        owner: UserId,
        new: &NewRun,
        plan: Arc<Plan>,
        channel: &Arc<Channel>,
    ) -> Self {
        let now = core.clock.now();
        let input = Output { value: Arc::new(new.input_data.clone()), text: None };
        let input = Output { text: Some(input.text()), ..input };
        let row = NewRow {
            workflow_id: new.workflow_id,
            owner,
            version_id: new.version_id,
            trigger: new.trigger.clone(),
            trigger_id: new.trigger_id,
            input_data: input.text(),
            use_pinned: new.use_pinned,
            idempotency_key: new.idempotency_key.clone(),
            created_at: now,
        };
        let standing = replay(&plan, Vec::new());
        let run = EngineRun::new(id, owner, new);
        let mut driver = Self::of(core, run, plan, standing, input, channel);
        driver.create = Some(Arc::new(row));
        driver
    }

    /// The first write, told to whoever waits, and then the rest of the run.
    async fn begin(
        &mut self,
        mut draft: Draft,
        commands: &mut mpsc::UnboundedReceiver<Command>,
        reply: oneshot::Sender<Begun>,
    ) -> Stopped {
        if let Err(stopped) = self.start_ahead(&mut draft).await {
            return stopped;
        }
        self.settle(&mut draft);
        let ended = draft.write.end.is_some();
        let status = draft.write.status;
        let next_seq = draft.next_seq();
        let Draft { write, to_start, .. } = draft;
        let write = Arc::new(write);
        let begun = match self.core.journal.commit(Arc::clone(&write)).await {
            Ok(Verdict::Written) => Begun::Written(status),
            // A first write has no effect that could be refused.
            Ok(Verdict::Fenced | Verdict::Refused(_)) => Begun::Existed,
            // Whoever asked for the run is told, and may ask again.
            Err(error) => Begun::Failed(error),
        };
        if !matches!(begun, Begun::Written(_)) {
            // The answer may have been lost on the way after all: then the run is there, and is this process's.
            let stopped = if matches!(begun, Begun::Failed(_)) { Stopped::Again } else { Stopped::Done };
            // Nobody waits when the request was given up.
            let _ = reply.send(begun);
            return stopped;
        }
        self.create = None;
        self.run.started_at = Some(self.global.run.started_at);
        let _ = reply.send(begun);
        self.tell_and_start(write, next_seq, to_start);
        if ended {
            self.tell_end();
            return Stopped::Done;
        }
        match self.next(commands).await {
            Ok(draft) => self.go(draft, commands).await,
            Err(stopped) => stopped,
        }
    }
}
