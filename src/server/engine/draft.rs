//! Collects what becomes true of a run at once: rows, events with their numbers, and what may start after the commit.

use super::{data::NodeInput, plan::NodeIx, plan::PlanNode};
use crate::{
    api::{
        events::{EventKind, RunEvent},
        runs::{NodeStatus, RunStatus},
    },
    server::{
        nodes::{LogLine, NodeError},
        store::journal::{End, EndedAttempt, Failure, RunWrite, StartedAttempt, TakeOver},
    },
    workflow::ids::RunId,
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::executor::Finished;

/// One write of a run in the making.
pub struct Draft {
    pub write: RunWrite,
    /// Attempts that start once this is durable.
    pub to_start: Vec<(NodeIx, i32, NodeInput)>,
    now: DateTime<Utc>,
    next_seq: i64,
}

impl Draft {
    /// An empty write by the owner of that epoch.
    pub fn new(run: RunId, epoch: i64, next_seq: i64, now: DateTime<Utc>) -> Self {
        let write = RunWrite {
            run,
            epoch,
            status: RunStatus::Running,
            take_over: None,
            error: None,
            end: None,
            started: Vec::new(),
            ended: Vec::new(),
            events: Vec::new(),
        };
        Self { write, to_start: Vec::new(), now, next_seq }
    }

    /// The number of the event after those of this write.
    pub fn next_seq(&self) -> i64 {
        self.next_seq
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub fn take_over(&mut self, lease: TakeOver, is_first: bool) {
        self.write.take_over = Some(lease);
        if is_first {
            self.event(EventKind::RunStarted, json!({}));
        }
    }

    pub fn start(&mut self, node: NodeIx, planned: &PlanNode, attempt: i32, order: i32, input: NodeInput) {
        let input_data = text(&*input.input);
        self.row(planned, attempt, NodeStatus::Running, order, input_data);
        self.node_event(EventKind::NodeStarted, planned, attempt, json!({}));
        self.to_start.push((node, attempt, input));
    }

    pub fn skip(&mut self, planned: &PlanNode, order: i32) {
        self.row(planned, 0, NodeStatus::Skipped, order, "null".to_owned());
        self.node_event(EventKind::NodeSkipped, planned, 0, json!({}));
    }

    pub fn complete(
        &mut self,
        planned: &PlanNode,
        attempt: i32,
        finished: Finished,
        logs: &[LogLine],
        duration_ms: u64,
    ) {
        self.log_events(planned, attempt, logs);
        let payload = json!({ "port": finished.port, "duration_ms": duration_ms });
        let usage = usage(finished.usage, finished.output_json.len());
        let mut row = self.end_of(planned, attempt, NodeStatus::Completed, logs);
        row.port = Some(finished.port);
        row.output_data = finished.output_json;
        row.usage = text(&usage);
        self.write.ended.push(row);
        self.node_event(EventKind::NodeCompleted, planned, attempt, payload);
    }

    pub fn fail(
        &mut self,
        planned: &PlanNode,
        attempt: i32,
        error: &NodeError,
        logs: &[LogLine],
        duration_ms: u64,
    ) {
        self.log_events(planned, attempt, logs);
        let mut row = self.end_of(planned, attempt, NodeStatus::Failed, logs);
        row.error = Some(Failure { code: error.code.clone(), message: error.message.clone() });
        self.write.ended.push(row);
        let payload = json!({ "code": error.code, "message": error.message, "duration_ms": duration_ms });
        self.node_event(EventKind::NodeFailed, planned, attempt, payload);
    }

    pub fn interrupt(&mut self, planned: &PlanNode, attempt: i32) {
        let row = self.end_of(planned, attempt, NodeStatus::Interrupted, &[]);
        self.write.ended.push(row);
        self.node_event(EventKind::NodeInterrupted, planned, attempt, json!({}));
    }

    pub fn cancel(&mut self, planned: &PlanNode, attempt: i32) {
        let row = self.end_of(planned, attempt, NodeStatus::Cancelled, &[]);
        self.write.ended.push(row);
        self.node_event(EventKind::NodeCancelled, planned, attempt, json!({}));
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

    fn row(&mut self, planned: &PlanNode, attempt: i32, status: NodeStatus, order: i32, input_data: String) {
        self.write.started.push(StartedAttempt {
            node: planned.node.id,
            node_name: planned.node.name.clone(),
            node_type: planned.node.node_type.clone(),
            attempt,
            status,
            input_data,
            execution_order: order,
            started_at: self.now,
            completed_at: (status == NodeStatus::Skipped).then_some(self.now),
        });
    }

    fn end_of(&self, planned: &PlanNode, attempt: i32, status: NodeStatus, logs: &[LogLine]) -> EndedAttempt {
        EndedAttempt {
            node: planned.node.id,
            attempt,
            status,
            port: None,
            output_data: "null".to_owned(),
            error: None,
            logs: text(&logs),
            usage: "null".to_owned(),
            completed_at: self.now,
        }
    }

    fn log_events(&mut self, planned: &PlanNode, attempt: i32, logs: &[LogLine]) {
        for line in logs {
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

/// JSON text of what is JSON already or derives it; both cannot fail.
fn text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

fn usage(usage: Value, output_bytes: usize) -> Value {
    match usage {
        Value::Object(mut fields) => {
            fields.insert("output_bytes".to_owned(), json!(output_bytes));
            Value::Object(fields)
        }
        Value::Null => json!({ "output_bytes": output_bytes }),
        other => other,
    }
}
