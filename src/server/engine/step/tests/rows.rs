//! The rows that the journal would hold of a run: what a draft writes, in the order in which a write is applied.

use super::{definition::wake_due, graph::Graph};
use crate::{
    api::runs::NodeStatus,
    server::{
        engine::{
            recovery::{CHILDREN, WAITS_FOR},
            step::{Event, Millis, State, Wake},
        },
        store::engine_runs::PastAttempt,
    },
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::collections::HashSet;

/// What one write changes of a row.
struct Change {
    node: usize,
    attempt: i32,
    status: NodeStatus,
    port: Option<String>,
    output: Value,
    due: Option<Millis>,
    error: Option<&'static str>,
}

/// The table, and a write in the making.
pub struct Rows<'a> {
    graph: &'a Graph,
    /// In the order of their starting; by step, where its rows are.
    stored: Vec<PastAttempt>,
    of: Vec<Vec<usize>>,
    next_order: i32,
    now: Millis,
    started: Vec<(usize, PastAttempt)>,
    restarted: Vec<(usize, i32)>,
    changed: Vec<Change>,
    /// Steps whose next attempt has its row already.
    has_row: HashSet<usize>,
}

impl<'a> Rows<'a> {
    pub fn new(graph: &'a Graph) -> Self {
        Self {
            graph,
            stored: Vec::new(),
            of: vec![Vec::new(); graph.steps.len()],
            next_order: 1,
            now: 0,
            started: Vec::new(),
            restarted: Vec::new(),
            changed: Vec::new(),
            has_row: HashSet::new(),
        }
    }

    pub fn stored(&self) -> &[PastAttempt] {
        &self.stored
    }

    pub fn of(&self, node: usize) -> impl Iterator<Item = &PastAttempt> {
        self.of[node].iter().map(|row| &self.stored[*row])
    }

    /// A completed attempt of the run before.
    pub fn reused(&mut self, node: usize, port: &str) {
        let mut row = self.row(node, 0, NodeStatus::Completed);
        row.port = Some(port.to_owned());
        self.insert(node, row);
    }

    /// Writes down what happened or was decided; `attempt` is the number of the step's last attempt.
    pub fn write(&mut self, event: &Event, attempt: i32, now: Millis) {
        self.now = now;
        match event {
            Event::Started { node, attempt } if self.has_row.remove(node) => {
                self.restarted.push((*node, *attempt));
            }
            Event::Started { node, attempt } => self.start(*node, *attempt, NodeStatus::Running, None),
            Event::Skipped { node } => self.start(*node, 0, NodeStatus::Skipped, None),
            Event::Retrying { node, attempt, due } => {
                self.start(*node, *attempt, NodeStatus::Waiting, Some(*due));
                self.has_row.insert(*node);
            }
            Event::Completed { node, port } => {
                self.change(*node, attempt, NodeStatus::Completed).port = Some(port.clone());
            }
            Event::Failed { node, .. } => {
                self.change(*node, attempt, NodeStatus::Failed).error = Some("broken");
            }
            Event::Interrupted { node } => {
                self.change(*node, attempt, NodeStatus::Interrupted);
            }
            Event::Cancelled { node } => {
                self.change(*node, attempt, NodeStatus::Cancelled);
            }
            Event::Waits { node, wake } => {
                let first = self.graph.steps[*node].kind.ports()[0];
                let change = self.change(*node, attempt, NodeStatus::Waiting);
                change.due = wake_due(*wake);
                match wake {
                    Wake::Timer { .. } => change.port = Some(first.to_owned()),
                    Wake::Approval { .. } => change.output = json!({ WAITS_FOR: "approval", "message": "?" }),
                    Wake::Children => change.output = json!({ WAITS_FOR: CHILDREN, "total": 1 }),
                    Wake::Retry { .. } => panic!("no attempt reports {wake:?}"),
                }
            }
            Event::Ended(_) | Event::CancelRequested | Event::TimedOut | Event::TimePassed => {}
        }
    }

    /// The write is durable.
    pub fn commit(&mut self) {
        for (node, row) in std::mem::take(&mut self.started) {
            self.insert(node, row);
        }
        let now = time(self.now);
        for (node, attempt) in std::mem::take(&mut self.restarted) {
            if let Some(row) = self.find(node, attempt) {
                row.status = NodeStatus::Running;
                row.started_at = Some(now);
            }
        }
        for change in std::mem::take(&mut self.changed) {
            if let Some(row) = self.find(change.node, change.attempt) {
                row.status = change.status;
                row.port = change.port;
                row.output_data = change.output;
                row.due_at = change.due.map(time);
                row.error_code = change.error.map(str::to_owned);
                row.error_message = row.error_code.clone();
            }
        }
    }

    /// Another process read the table: the write in the making is lost, and this is where the run stands.
    pub fn taken_over(&mut self, state: &State, next_order: i32) {
        assert!(self.started.is_empty() && self.restarted.is_empty() && self.changed.is_empty());
        let expected = self.stored.iter().map(|row| row.execution_order + 1).max().unwrap_or(1);
        assert_eq!(next_order, expected, "the next place in the order");
        self.next_order = next_order;
        let waits = |(node, wake): (usize, Wake)| matches!(wake, Wake::Retry { .. }).then_some(node);
        self.has_row = state.waiting().filter_map(waits).collect();
    }

    fn find(&mut self, node: usize, attempt: i32) -> Option<&mut PastAttempt> {
        let row = self.of[node].iter().copied().find(|row| self.stored[*row].attempt == attempt)?;
        self.stored.get_mut(row)
    }

    fn insert(&mut self, node: usize, row: PastAttempt) {
        assert!(
            self.find(node, row.attempt).is_none(),
            "attempt {} of n{node} is there already",
            row.attempt
        );
        self.of[node].push(self.stored.len());
        self.stored.push(row);
    }

    fn start(&mut self, node: usize, attempt: i32, status: NodeStatus, due: Option<Millis>) {
        let mut row = self.row(node, attempt, status);
        row.due_at = due.map(time);
        if due.is_none() {
            row.started_at = Some(time(self.now));
        }
        self.started.push((node, row));
    }

    fn row(&mut self, node: usize, attempt: i32, status: NodeStatus) -> PastAttempt {
        let execution_order = self.next_order;
        self.next_order += 1;
        PastAttempt {
            node: self.graph.plan.nodes[node].node.id,
            attempt,
            status,
            port: None,
            output_data: Value::Null,
            due_at: None,
            started_at: None,
            error_code: None,
            error_message: None,
            execution_order,
        }
    }

    fn change(&mut self, node: usize, attempt: i32, status: NodeStatus) -> &mut Change {
        let change =
            Change { node, attempt, status, port: None, output: Value::Null, due: None, error: None };
        self.changed.push(change);
        self.changed.last_mut().expect("just pushed")
    }
}

fn time(at: Millis) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at).expect("a time that has a date")
}
