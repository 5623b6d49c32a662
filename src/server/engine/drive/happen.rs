//! Takes in what happened and writes down what was decided.

use super::{Draft, Driver, NodeIx, Report, Stopped};
use crate::{
    api::runs::RunStatus,
    server::{
        engine::{
            data::Output,
            draft::Told,
            executor::{Finished, Made},
            recovery::{THEN_AGAIN, WAITS_FOR},
            step::{Event, Moment, NodeState, Outcome, Wake},
        },
        nodes::{NodeError, Then, Wait, WaitKind},
        store::journal::{Failure, Lease, TakeOver},
    },
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// Longest that a failed attempt may ask to be left alone.
const LONGEST_HOLD: Duration = Duration::from_secs(24 * 3600);

impl Driver {
    /// Takes the run over, tells what was interrupted, and decides what to start.
    pub(super) async fn first_draft(&mut self) -> Result<Draft, Stopped> {
        let mut draft = self.draft();
        let lease = TakeOver {
            owner: self.core.instance.clone(),
            expires_at: draft.now() + super::LEASE,
            started_at: self.global.run.started_at,
            seen_seq: self.next_seq,
            create: self.create.clone(),
        };
        draft.take_over(lease, self.run.started_at.is_none());
        for node in std::mem::take(&mut self.under_way) {
            self.interrupted(node, &mut draft);
        }
        if self.plan.nodes.is_empty() && self.failure.is_some() {
            draft.write.error.clone_from(&self.failure);
            draft.end(RunStatus::Failed, "null".to_owned(), self.failure.as_ref());
            return Ok(draft);
        }
        if self.create.is_none() {
            self.find_broods(&mut draft).await?;
            self.look(&mut draft).await?;
        }
        if draft.write.end.is_none() {
            self.happened(&Event::TimePassed, &mut draft);
        }
        Ok(draft)
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
            self.fail(node, &error, None, draft);
        }
    }

    pub(super) async fn reported(
        &mut self,
        node: NodeIx,
        attempt: i32,
        report: Report,
        draft: &mut Draft,
    ) -> Result<(), Stopped> {
        // A run that ended in this very draft takes nothing more.
        if draft.write.end.is_some() || *self.state.node(node) != NodeState::Running {
            return Ok(());
        }
        let Report { result, logs, elapsed, queued, input_bytes } = report;
        let told = Told { logs, elapsed, queued, input_bytes };
        match result {
            Ok(Made::Finished(finished)) => self.complete(node, attempt, finished, &told, draft),
            Ok(Made::Written(finished)) => self.completed(node, finished, draft),
            Ok(Made::Waits(wait)) => self.wait(node, attempt, wait, &told, draft),
            Ok(Made::Children(children)) => self.begin_brood(node, attempt, children, &told, draft).await?,
            Err(error) => self.fail_and_go_on(node, &error, Some(&told), draft),
        }
        Ok(())
    }

    pub(super) fn complete(
        &mut self,
        node: NodeIx,
        attempt: i32,
        finished: Finished,
        told: &Told,
        draft: &mut Draft,
    ) {
        draft.complete(&self.plan.nodes[node], attempt, &finished, told);
        self.completed(node, finished, draft);
    }

    /// Takes in a completion whose row is written.
    fn completed(&mut self, node: NodeIx, finished: Finished, draft: &mut Draft) {
        self.data.completed(node, Output { value: finished.output, text: Some(finished.output_json) });
        self.happened(&Event::Completed { node, port: finished.port }, draft);
    }

    /// The end of a waiting that is no failure.
    pub(super) fn complete_wait(&mut self, node: NodeIx, port: &str, output: Value, draft: &mut Draft) {
        self.store_wait(node, port, Arc::new(output), draft);
        self.happened(&Event::Completed { node, port: port.to_owned() }, draft);
    }

    fn store_wait(&mut self, node: NodeIx, port: &str, output: Arc<Value>, draft: &mut Draft) {
        self.kept.remove(&node);
        self.broods.remove(&node);
        let text: Arc<str> = output.to_string().into();
        draft.complete_wait(&self.plan.nodes[node], self.state.attempt(node), port, Arc::clone(&text));
        self.data.completed(node, Output { value: output, text: Some(text) });
    }

    fn wait(&mut self, node: NodeIx, attempt: i32, wait: Wait, told: &Told, draft: &mut Draft) {
        let due = wait.due_at.map(|due| due.timestamp_millis());
        let planned = &self.plan.nodes[node];
        let (wake, port, kept) = match (wait.kind, due) {
            (WaitKind::Timer, Some(due)) => {
                (Wake::Timer { due }, Some(planned.first_port.as_str()), wait.value)
            }
            (WaitKind::Timer, None) | (WaitKind::Approval, _) => {
                let mut kept = json!({ WAITS_FOR: "approval" });
                if let Then::Again(seq) = wait.then {
                    kept[THEN_AGAIN] = json!(seq);
                }
                if let (Value::Object(kept), Value::Object(shown)) = (&mut kept, wait.value) {
                    kept.extend(shown);
                }
                (Wake::Approval { due }, None, kept)
            }
        };
        draft.wait(planned, attempt, wait.due_at, port, &kept, told);
        self.kept.insert(node, Arc::new(kept));
        self.happened(&Event::Waits { node, wake }, draft);
    }

    pub(super) fn fail_and_go_on(
        &mut self,
        node: NodeIx,
        error: &NodeError,
        told: Option<&Told>,
        draft: &mut Draft,
    ) {
        self.fail(node, error, told, draft);
        let wait = error.retry_after.unwrap_or_default().min(LONGEST_HOLD);
        let hold = i64::try_from(wait.as_millis()).unwrap_or_default();
        let moment = Moment { hold, ..self.moment(draft.now()) };
        let decisions = self.state.decide(&self.plan, moment);
        self.follow(decisions, draft);
    }

    /// Takes a failure in; `told` is absent where no attempt reported it.
    fn fail(&mut self, node: NodeIx, error: &NodeError, told: Option<&Told>, draft: &mut Draft) {
        self.state.apply(&self.plan, &Event::Failed { node, retryable: error.retryable });
        let again = *self.state.node(node) == NodeState::Failing;
        draft.fail(&self.plan.nodes[node], self.state.attempt(node), error, told, again);
        self.kept.remove(&node);
        if let Some(brood) = self.broods.remove(&node) {
            self.give_up(node, brood, draft);
        }
        if again {
            self.errors.insert(node, error.clone());
        } else {
            self.failed_for_good(node, error, draft);
        }
    }

    fn failed_for_good(&mut self, node: NodeIx, error: &NodeError, draft: &mut Draft) {
        self.data.failed(&self.plan, node, &error.code, &error.message);
        if !self.plan.catches_errors(node) && self.failure.is_none() {
            let message = format!("{}: {}", self.plan.nodes[node].node.name, error.message);
            self.failure = Some(Failure { code: error.code.clone(), message });
            // Stored at once: it has to outlive a crash while other steps end.
            draft.write.error.clone_from(&self.failure);
        }
    }

    pub(super) fn time_out(&mut self, draft: &mut Draft) {
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

    pub(super) fn happened(&mut self, event: &Event, draft: &mut Draft) {
        let moment = self.moment(draft.now());
        let decisions = self.state.step(&self.plan, event, moment);
        self.follow(decisions, draft);
    }

    fn follow(&mut self, decisions: Vec<Event>, draft: &mut Draft) {
        for decision in decisions {
            match decision {
                Event::Started { node, attempt } => {
                    let input = self.data.input_of(&self.plan, &self.state, node, &self.input);
                    if self.has_row.remove(&node) {
                        draft.restart(node, &self.plan.nodes[node], attempt, input);
                    } else {
                        draft.start(node, &self.plan.nodes[node], attempt, self.next_order, input);
                        self.next_order += 1;
                    }
                }
                Event::Retrying { node, attempt, due } => self.retry(node, attempt, due, draft),
                Event::Skipped { node } => {
                    draft.skip(&self.plan.nodes[node], self.next_order);
                    self.next_order += 1;
                }
                Event::Cancelled { node } => {
                    draft.cancel(&self.plan.nodes[node], self.state.attempt(node));
                    // Released by this very write, it shall not begin.
                    draft.to_start.retain(|(started, ..)| *started != node);
                    self.kept.remove(&node);
                    if let Some(brood) = self.broods.remove(&node) {
                        self.give_up(node, brood, draft);
                    }
                }
                Event::Completed { node, port } => {
                    let output = self.kept.get(&node).cloned().unwrap_or_default();
                    self.store_wait(node, &port, output, draft);
                }
                Event::Failed { node, .. } => self.failed_by_decision(node, draft),
                Event::Ended(outcome) => self.end(outcome, draft),
                // From outside, never decided.
                Event::Waits { .. }
                | Event::Interrupted { .. }
                | Event::CancelRequested
                | Event::TimedOut
                | Event::TimePassed => {}
            }
        }
    }

    fn retry(&mut self, node: NodeIx, attempt: i32, due: i64, draft: &mut Draft) {
        let Some(error) = self.errors.remove(&node) else { return };
        let due = DateTime::from_timestamp_millis(due).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let input = self.data.input_of(&self.plan, &self.state, node, &self.input);
        draft.retry(&self.plan.nodes[node], attempt, self.next_order, due, &input, &error);
        self.next_order += 1;
        self.has_row.insert(node);
    }

    /// An approval that came too late, or a repetition that a run gives up because it stops.
    fn failed_by_decision(&mut self, node: NodeIx, draft: &mut Draft) {
        let attempt = self.state.attempt(node);
        if let Some(error) = self.errors.remove(&node) {
            draft.failed(&self.plan.nodes[node], attempt, &error, None);
            self.failed_for_good(node, &error, draft);
            return;
        }
        let error = NodeError::permanent(
            "approval_timeout",
            "nobody decided in time; raise `timeout_seconds`, or connect the `error` port",
        );
        self.kept.remove(&node);
        draft.fail(&self.plan.nodes[node], attempt, &error, None, false);
        self.failed_for_good(node, &error, draft);
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
        if matches!(draft.write.lease, Lease::Release) {
            draft.write.lease = Lease::Keep;
        }
    }
}
