//! Collects what becomes true of a run at once: rows, events with their numbers, and what may start after the commit.

use super::{data::NodeInput, executor::Finished, plan::NodeIx, plan::PlanNode};
use crate::{
    api::{
        events::{EventKind, RunEvent},
        runs::{NodeStatus, RunStatus},
    },
    server::{
        nodes::{LogLine, NewStep, NodeError},
        store::journal::{
            ChangedAttempt, End, Failure, Lease, NewCheckpoint, RestartedAttempt, RunWrite, StartedAttempt,
            TakeOver,
        },
    },
    workflow::ids::RunId,
};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use std::{sync::Arc, time::Duration};

/// One write of a run in the making.
pub struct Draft {
    pub write: RunWrite,
    /// Attempts that start once this is durable.
    pub to_start: Vec<(NodeIx, i32, NodeInput)>,
    now: DateTime<Utc>,
    next_seq: i64,
}

/// What an attempt tells besides its result.
#[derive(Debug, Clone, Default)]
pub struct Told {
    pub logs: Vec<LogLine>,
    pub elapsed: Duration,
    pub queued: Duration,
    pub input_bytes: usize,
}

impl Draft {
    /// An empty write by the owner of that epoch.
    pub fn new(run: RunId, epoch: i64, next_seq: i64, now: DateTime<Utc>) -> Self {
        let write = RunWrite::new(run, epoch);
        Self { write, to_start: Vec::new(), now, next_seq }
    }

    /// There is nothing to write.
    pub fn is_empty(&self) -> bool {
        let write = &self.write;
        let same_row = matches!(write.lease, Lease::Keep) && write.clock.is_none() && write.wake.is_none();
        same_row
            && write.events.is_empty()
            && write.checkpoints.is_empty()
            && write.children.is_empty()
            && write.cancel_children.is_empty()
    }

    /// The number of the event after those of this write.
    pub fn next_seq(&self) -> i64 {
        self.next_seq
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// What is written from here on follows from something that was only read by `now`, such as the end of a child.
    pub fn catch_up(&mut self, now: DateTime<Utc>) {
        self.now = self.now.max(now);
    }

    pub fn take_over(&mut self, lease: TakeOver, is_first: bool) {
        self.write.lease = Lease::Take(lease);
        if is_first {
            self.event(EventKind::RunStarted, json!({}));
        }
    }

    /// A new attempt.
    pub fn start(&mut self, node: NodeIx, planned: &PlanNode, attempt: i32, order: i32, input: NodeInput) {
        let mut row = self.row(planned, attempt, NodeStatus::Running, order, Arc::clone(&input.text));
        row.started_at = Some(self.now);
        self.write.started.push(row);
        self.node_event(EventKind::NodeStarted, planned, attempt, json!({}));
        self.to_start.push((node, attempt, input));
    }

    /// The attempt whose row has waited for its time.
    pub fn restart(&mut self, node: NodeIx, planned: &PlanNode, attempt: i32, input: NodeInput) {
        let row = RestartedAttempt { node: planned.node.id, attempt, started_at: self.now };
        self.write.restarted.push(row);
        self.node_event(EventKind::NodeStarted, planned, attempt, json!({}));
        self.to_start.push((node, attempt, input));
    }

    /// An attempt that will start at `due`, after one that failed with `error`.
    pub fn retry(
        &mut self,
        planned: &PlanNode,
        attempt: i32,
        order: i32,
        due: DateTime<Utc>,
        input: &NodeInput,
        error: &NodeError,
    ) {
        let mut row = self.row(planned, attempt, NodeStatus::Waiting, order, Arc::clone(&input.text));
        row.due_at = Some(due);
        self.write.started.push(row);
        let payload =
            json!({ "code": error.code, "message": error.message, "due_at": due, "next_attempt": attempt });
        self.node_event(EventKind::NodeRetrying, planned, attempt - 1, payload);
    }

    /// The handler of an attempt that waited is called again.
    pub fn call_again(&mut self, node: NodeIx, planned: &PlanNode, attempt: i32, input: NodeInput) {
        let row = ChangedAttempt { completed_at: None, ..self.end_of(planned, attempt, NodeStatus::Running) };
        self.change(row);
        self.node_event(EventKind::NodeStarted, planned, attempt, json!({}));
        self.to_start.push((node, attempt, input));
    }

    /// A step inside a step.
    pub fn checkpoint(&mut self, planned: &PlanNode, attempt: i32, step: NewStep) {
        let NewStep { seq, kind, payload, line, at } = step;
        let payload = payload.to_string();
        self.write.checkpoints.push(NewCheckpoint { node: planned.node.id, seq, kind, payload, at });
        if let Some(line) = line {
            self.log_events(planned, attempt, &[LogLine { is_told: false, ..line }]);
        }
    }

    pub fn skip(&mut self, planned: &PlanNode, order: i32) {
        let mut row = self.row(planned, 0, NodeStatus::Skipped, order, "null".into());
        (row.started_at, row.completed_at) = (Some(self.now), Some(self.now));
        self.write.started.push(row);
        self.node_event(EventKind::NodeSkipped, planned, 0, json!({}));
    }

    pub fn complete(&mut self, planned: &PlanNode, attempt: i32, finished: &Finished, told: &Told) {
        self.log_events(planned, attempt, &told.logs);
        let payload = json!({ "port": finished.port, "duration_ms": millis(told.elapsed), "queue_ms": millis(told.queued) });
        let mut row = self.end_of(planned, attempt, NodeStatus::Completed);
        row.logs = Some(text(&told.logs));
        row.usage = Some(text(&told.usage(finished.usage.clone(), Some(finished.output_json.len()))));
        row.port = Some(finished.port.clone());
        row.output_data = Arc::clone(&finished.output_json);
        self.change(row);
        self.node_event(EventKind::NodeCompleted, planned, attempt, payload);
    }

    /// The end of a waiting; its logs and usage are stored already.
    pub fn complete_wait(&mut self, planned: &PlanNode, attempt: i32, port: &str, output: Arc<str>) {
        let mut row = self.end_of(planned, attempt, NodeStatus::Completed);
        row.port = Some(port.to_owned());
        row.output_data = output;
        self.change(row);
        self.node_event(EventKind::NodeCompleted, planned, attempt, json!({ "port": port }));
    }

    /// `told` is absent for the end of a waiting. The event comes later where another attempt follows.
    pub fn fail(
        &mut self,
        planned: &PlanNode,
        attempt: i32,
        error: &NodeError,
        told: Option<&Told>,
        again: bool,
    ) {
        let mut row = self.end_of(planned, attempt, NodeStatus::Failed);
        row.error = Some(Failure { code: error.code.clone(), message: error.message.clone() });
        if let Some(told) = told {
            self.log_events(planned, attempt, &told.logs);
            row.logs = Some(text(&told.logs));
            row.usage = Some(text(&told.usage(Value::Null, None)));
        }
        self.change(row);
        if !again {
            self.failed(planned, attempt, error, told.map(|told| told.elapsed));
        }
    }

    /// Tells of a failure whose row is written.
    pub fn failed(&mut self, planned: &PlanNode, attempt: i32, error: &NodeError, elapsed: Option<Duration>) {
        let mut payload = json!({ "code": error.code, "message": error.message });
        if let Some(elapsed) = elapsed {
            payload["duration_ms"] = json!(millis(elapsed));
        }
        self.node_event(EventKind::NodeFailed, planned, attempt, payload);
    }

    /// The attempt has done what it can and waits; `kept` is what it needs afterwards.
    pub fn wait(
        &mut self,
        planned: &PlanNode,
        attempt: i32,
        due_at: Option<DateTime<Utc>>,
        port: Option<&str>,
        kept: &Value,
        told: &Told,
    ) {
        self.log_events(planned, attempt, &told.logs);
        let mut row = self.end_of(planned, attempt, NodeStatus::Waiting);
        row.completed_at = None;
        row.due_at = due_at;
        row.port = port.map(str::to_owned);
        row.output_data = kept.to_string().into();
        row.logs = Some(text(&told.logs));
        row.usage = Some(text(&told.usage(Value::Null, None)));
        self.change(row);
        let kind = match (port, kept.get(super::recovery::WAITS_FOR).and_then(Value::as_str)) {
            (Some(_), _) => "timer",
            (None, Some(kind)) => kind,
            (None, None) => "approval",
        };
        let mut payload = json!({ "kind": kind, "due_at": due_at });
        if let (true, Some(message)) = (port.is_none(), kept.get("message")) {
            payload["message"] = message.clone();
        }
        self.node_event(EventKind::NodeWaiting, planned, attempt, payload);
    }

    pub fn interrupt(&mut self, planned: &PlanNode, attempt: i32) {
        let row = self.end_of(planned, attempt, NodeStatus::Interrupted);
        self.change(row);
        self.node_event(EventKind::NodeInterrupted, planned, attempt, json!({}));
    }

    pub fn cancel(&mut self, planned: &PlanNode, attempt: i32) {
        let row = self.end_of(planned, attempt, NodeStatus::Cancelled);
        self.change(row);
        self.node_event(EventKind::NodeCancelled, planned, attempt, json!({}));
    }

    /// The run waits: nothing of it runs.
    pub fn waiting(&mut self) {
        self.event(EventKind::RunWaiting, json!({}));
    }

    /// `output_data` is JSON text; `failure` is why, for a run that failed.
    pub fn end(&mut self, status: RunStatus, output_data: String, failure: Option<&Failure>) {
        self.write.status = status;
        self.write.end = Some(End { at: self.now, output_data });
        match (status, failure) {
            (RunStatus::Completed, _) => self.event(EventKind::RunCompleted, json!({})),
            (RunStatus::Cancelled, _) => self.event(EventKind::RunCancelled, json!({})),
            (_, Some(failure)) => {
                let payload = json!({ "code": failure.code, "message": failure.message });
                self.event(EventKind::RunFailed, payload);
            }
            (_, None) => self.event(EventKind::RunFailed, json!({})),
        }
    }

    fn row(
        &self,
        planned: &PlanNode,
        attempt: i32,
        status: NodeStatus,
        order: i32,
        input_data: Arc<str>,
    ) -> StartedAttempt {
        StartedAttempt {
            node: planned.node.id,
            node_name: planned.node.name.clone(),
            node_type: planned.node.node_type.clone(),
            attempt,
            status,
            input_data,
            execution_order: order,
            due_at: None,
            started_at: None,
            completed_at: None,
        }
    }

    fn end_of(&self, planned: &PlanNode, attempt: i32, status: NodeStatus) -> ChangedAttempt {
        ChangedAttempt {
            node: planned.node.id,
            attempt,
            status,
            port: None,
            output_data: "null".into(),
            error: None,
            logs: None,
            usage: None,
            due_at: None,
            completed_at: Some(self.now),
        }
    }

    /// What became of an attempt; what this very write said of it before is overtaken.
    fn change(&mut self, mut row: ChangedAttempt) {
        let is_same = |other: &ChangedAttempt| (other.node, other.attempt) == (row.node, row.attempt);
        if let Some(at) = self.write.changed.iter().position(is_same) {
            let before = self.write.changed.remove(at);
            row.logs = row.logs.or(before.logs);
            row.usage = row.usage.or(before.usage);
        }
        self.write.changed.push(row);
    }

    fn log_events(&mut self, planned: &PlanNode, attempt: i32, logs: &[LogLine]) {
        for line in logs.iter().filter(|line| !line.is_told) {
            let payload = json!({ "level": line.level, "message": line.message });
            self.node_event(EventKind::Log, planned, attempt, payload);
        }
    }

    /// An event about a node: its name, id and attempt, and what else there is to tell.
    fn node_event(&mut self, kind: EventKind, planned: &PlanNode, attempt: i32, more: Value) {
        let mut payload =
            json!({ "node": planned.node.name, "node_id": planned.node.id, "attempt": attempt });
        if let (Value::Object(all), Value::Object(more)) = (&mut payload, more) {
            all.extend(more);
        }
        self.event(kind, payload);
    }

    fn event(&mut self, kind: EventKind, payload: Value) {
        self.write.events.push(RunEvent { seq: Some(self.next_seq), at: self.now, kind, payload });
        self.next_seq += 1;
    }
}

impl Told {
    /// What the step used: its own account, and what the engine measured.
    fn usage(&self, own: Value, output_bytes: Option<usize>) -> Value {
        let mut fields = match own {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        fields.insert("queue_ms".to_owned(), json!(millis(self.queued)));
        fields.insert("input_bytes".to_owned(), json!(self.input_bytes));
        if let Some(bytes) = output_bytes {
            fields.insert("output_bytes".to_owned(), json!(bytes));
        }
        Value::Object(fields)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// JSON text of what derives it; that cannot fail.
fn text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}
