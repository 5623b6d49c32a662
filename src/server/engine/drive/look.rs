//! Commands, and what others have stored for this run to find.

use super::{AGAIN, Command, Draft, Driver, Stopped};
use crate::{
    server::{
        engine::step::{Event, NodeState, Wake},
        store::{StoreError, engine_runs},
    },
    workflow::ids::RunId,
};
use serde_json::{Value, json};
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
        if self.state.waiting().any(|(_, wake)| matches!(wake, Wake::Approval { .. })) {
            for decision in self.insist(|| engine_runs::decisions(&store, id)).await? {
                self.decided(&decision, draft);
            }
        }
        self.look_at_children(draft).await
    }

    fn decided(&mut self, decision: &engine_runs::Decision, draft: &mut Draft) {
        let Some(node) = self.plan.find(decision.node) else { return };
        let waits = matches!(self.state.node(node), NodeState::Waiting(Wake::Approval { .. }));
        let attempt = self.state.attempt(node);
        if draft.write.end.is_some() || !waits || i64::from(attempt) != decision.attempt {
            return;
        }
        let answer = |key: &str| decision.payload.get(key).cloned().unwrap_or(Value::Null);
        let approved = answer("approved") == Value::Bool(true);
        let output = json!({ "approved": approved, "comment": answer("comment") });
        let port = if approved { "approved" } else { "rejected" };
        self.complete_wait(node, port, output, draft);
    }

    /// Asks the database until it answers.
    pub(super) async fn insist<T, F: Future<Output = Result<T, StoreError>>>(
        &self,
        ask: impl Fn() -> F,
    ) -> Result<T, Stopped> {
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
                    let run: RunId = self.run.id;
                    tracing::error!(run_id = %run, %error, "what a run needs cannot be read");
                    return Err(Stopped::Lost);
                }
            }
        }
    }
}
