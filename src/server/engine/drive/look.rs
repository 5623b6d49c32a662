//! Commands, and what others have stored for this run to find.

use super::{AGAIN, Command, Draft, Driver, NodeIx, Stopped};
use crate::server::{
    engine::step::{Event, NodeState, Wake},
    nodes::Then,
    store::{
        StoreError,
        approvals::{self, Decision},
        engine_runs,
    },
};
use serde_json::json;
use std::future::Future;

impl Driver {
    pub(super) async fn heard(&mut self, command: Command, draft: &mut Draft) -> Result<(), Stopped> {
        if draft.write.end.is_some() {
            return Ok(());
        }
        match command {
            Command::Look => self.look(draft).await,
            Command::Child { node, item_index, status } => {
                self.child_ended(node, item_index, status, draft).await
            }
        }
    }

    /// Reads what others want: that the run stops, persons' decisions, the ends of children.
    pub(super) async fn look(&mut self, draft: &mut Draft) -> Result<(), Stopped> {
        let store = self.core.store.clone();
        let id = self.run.id;
        let (cancel, wake_at) = self.insist(|| engine_runs::signals(&store, id)).await?;
        self.wake_at = wake_at;
        if cancel {
            self.abort();
            self.happened(&Event::CancelRequested, draft);
            return Ok(());
        }
        let asks = |(node, wake)| matches!(wake, Wake::Approval { .. }).then_some(node);
        for node in self.state.waiting().filter_map(asks).collect::<Vec<_>>() {
            let at = self.plan.nodes[node].node.id;
            let seq = match self.then(node) {
                Then::Again(seq) => seq,
                Then::Done => i64::from(self.state.attempt(node)),
            };
            if let Some(decision) = self.insist(|| approvals::decision(&store, id, at, seq)).await? {
                self.decided(node, decision, draft);
            }
        }
        self.look_at_children(draft).await
    }

    fn decided(&mut self, node: NodeIx, decision: Decision, draft: &mut Draft) {
        // What another decision led to may have ended the waiting.
        let waits = matches!(self.state.node(node), NodeState::Waiting(Wake::Approval { .. }));
        if draft.write.end.is_some() || !waits {
            return;
        }
        draft.catch_up(self.core.clock.now());
        if self.then(node) == Then::Done {
            let port = if decision.approved { "approved" } else { "rejected" };
            let output = json!({ "approved": decision.approved, "comment": decision.comment });
            self.complete_wait(node, port, output, draft);
        } else {
            // The decision is the step that was waited for.
            self.call_again(node, draft);
        }
    }

    /// Asks the database until it answers.
    pub(super) async fn insist<T, F: Future<Output = Result<T, StoreError>>>(
        &self,
        ask: impl Fn() -> F,
    ) -> Result<T, Stopped> {
        let id = self.run.id;
        loop {
            match ask().await {
                Ok(answer) => return Ok(answer),
                Err(error) if error.is_transient() => {
                    self.core.block(self.run.id, &error);
                    tokio::select! {
                        () = self.core.shutdown.cancelled() => return Err(Stopped::Done),
                        () = tokio::time::sleep(AGAIN) => {}
                    }
                }
                Err(error) => {
                    tracing::error!(run_id = %id, %error, "what a run needs cannot be read");
                    return Err(Stopped::Lost);
                }
            }
        }
    }
}
