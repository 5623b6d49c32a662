//! The attempts of a run's steps: each a task of its own, unless it is over sooner than a task would begin.

use super::{Draft, Driver, Ended, NodeInput, NodeIx, Stopped};
use crate::server::{
    engine::{attempt_steps::AttemptSteps, executor::Attempt},
    nodes::{NodeHandler, TokenSink, WaitingSink},
};
use futures::FutureExt as _;
use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};
use tokio::task::{JoinError, JoinSet};

/// The next attempt that is over; `None` when none is under way.
pub(super) async fn ended(
    done: &mut Vec<Ended>,
    tasks: &mut JoinSet<Ended>,
) -> Option<Result<Ended, JoinError>> {
    match done.pop() {
        Some(ended) => Some(Ok(ended)),
        None => tasks.join_next().await,
    }
}

impl Driver {
    /// Starts an attempt. One that is `alone` in its run, and of a step that was quick before, is begun here: most are
    /// over at once, and a change of threads costs more than they do.
    pub(super) fn start(
        &mut self,
        node: NodeIx,
        attempt: i32,
        input: NodeInput,
        released: Instant,
        alone: bool,
    ) {
        let mut work = Box::pin(self.attempt(node, attempt, input, released).run());
        if alone
            && self.is_quick(node)
            && let Some(report) = (&mut work).now_or_never()
        {
            self.done.push((node, attempt, report));
            return;
        }
        self.tasks.spawn(async move { (node, attempt, work.await) });
    }

    /// Takes the first step of a new run into the write that makes the run, if that step only computes and was quick
    /// before: one commit less to wait for. What is lost with the process then was never told to anybody.
    pub(super) async fn start_ahead(&mut self, draft: &mut Draft) -> Result<(), Stopped> {
        let [(node, ..)] = draft.to_start.as_slice() else { return Ok(()) };
        let is_pure = |handler: Arc<dyn NodeHandler>| handler.is_pure();
        let node_type = &self.plan.nodes[*node].node.node_type;
        if !self.is_quick(*node) || !self.core.nodes.get(node_type).is_some_and(is_pure) {
            return Ok(());
        }
        for (node, attempt, input) in draft.to_start.split_off(0) {
            self.start(node, attempt, input, Instant::now(), true);
        }
        while let Some((node, attempt, report)) = self.done.pop() {
            self.reported(node, attempt, report, draft).await?;
        }
        Ok(())
    }

    fn is_quick(&self, node: NodeIx) -> bool {
        self.plan.nodes[node].quick.load(Ordering::Relaxed)
    }

    pub(super) fn attempt(&self, node: NodeIx, attempt: i32, input: NodeInput, released: Instant) -> Attempt {
        let planned = &self.plan.nodes[node];
        let limits = &self.core.limits;
        let settings = &planned.node.settings;
        Attempt {
            node: planned.node.clone(),
            attempt,
            first_port: planned.first_port.clone(),
            input,
            global: Arc::clone(&self.global),
            use_pinned: self.run.use_pinned,
            registry: self.core.nodes.clone(),
            clock: self.core.clock.clone(),
            tokens: self.token_sink(&planned.node.name, attempt),
            waiting: self.waiting_sink(&planned.node.name, attempt),
            cancel: self.cancel.child_token(),
            timeout: settings.timeout_ms.map_or(limits.node_timeout, Duration::from_millis),
            output_bytes: limits.output_bytes,
            released,
            places: Arc::clone(&self.core.places),
            steps: AttemptSteps {
                store: self.core.store.clone(),
                run: self.run.id,
                id: planned.node.id,
                node,
                attempt,
                wanted: Some(self.want.clone()),
            },
        }
    }

    fn token_sink(&self, node: &str, attempt: i32) -> TokenSink {
        let (channel, clock, node) = (Arc::clone(&self.channel), self.core.clock.clone(), node.to_owned());
        Arc::new(move |text: &str| channel.token(&node, attempt, clock.now(), text))
    }

    fn waiting_sink(&self, node: &str, attempt: i32) -> WaitingSink {
        let (channel, clock, node) = (Arc::clone(&self.channel), self.core.clock.clone(), node.to_owned());
        Arc::new(move |message: Option<&str>| channel.waiting(&node, attempt, clock.now(), message))
    }

    /// Nobody wants what executes any more.
    pub(super) fn abort(&mut self) {
        self.cancel.cancel();
        self.tasks.abort_all();
    }
}
