//! The attempts of a run as lanes of bars: one lane for each step, one bar for each attempt. Pure; times are
//! milliseconds since the origin of the axis.

use crate::{
    api::runs::{NodeExecutionView, NodeStatus, RunDetail},
    ui::{
        components::{bytes::bytes, time::duration},
        pages::run::inspector::facts::of_model,
    },
    workflow::catalog,
};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

/// All attempts of one step.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lane {
    pub name: String,
    pub node_type: String,
    /// The last attempt.
    pub latest: Uuid,
    /// How the step stands; a word of `status::look`.
    pub state: &'static str,
    pub attempts: i32,
    pub bars: Vec<Bar>,
    /// From the start of the first attempt.
    pub started_at: Option<DateTime<Utc>>,
    /// To the end of the last, if it has ended.
    pub completed_at: Option<DateTime<Utc>>,
    /// When a waiting step goes on by itself.
    pub due_at: Option<DateTime<Utc>>,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    pub id: Uuid,
    pub attempt: i32,
    pub state: &'static str,
    /// Where the wait before this attempt began, if it is a repetition.
    pub gap: Option<i64>,
    pub start: i64,
    /// `None`: goes on.
    pub end: Option<i64>,
    /// How much of its beginning it waited for a free place.
    pub queue: i64,
    /// It spent its time waiting, not working.
    pub waits: bool,
    /// Exact times: lines of a word, a tab and a value.
    pub tip: String,
}

/// How an attempt stands, as a word of `status::look`.
#[must_use]
pub fn state_of(step: &NodeExecutionView) -> &'static str {
    match step.status {
        _ if step.reused_from.is_some() => "reused",
        NodeStatus::Waiting if step.started_at.is_none() => "retrying",
        status => status.as_str(),
    }
}

/// Milliseconds that an attempt waited for a free place.
#[must_use]
pub fn queue_ms(step: &NodeExecutionView) -> i64 {
    step.usage.get("queue_ms").and_then(Value::as_f64).unwrap_or(0.0).max(0.0) as i64
}

/// When the axis begins: milliseconds since 1970.
#[must_use]
pub fn origin(detail: &RunDetail) -> i64 {
    let run = &detail.run.summary;
    let steps =
        detail.node_executions.iter().filter(|s| s.reused_from.is_none()).filter_map(|s| s.started_at);
    let first = steps.chain(run.started_at).min().unwrap_or(run.created_at);
    first.timestamp_millis()
}

/// How far the known times reach, in milliseconds from the origin.
#[must_use]
pub fn reach(detail: &RunDetail) -> i64 {
    let steps = detail.node_executions.iter().filter(|s| s.reused_from.is_none());
    let last = steps.flat_map(|s| [s.started_at, s.completed_at]).chain([detail.run.summary.completed_at]);
    let last = last.flatten().map(|t| t.timestamp_millis()).max();
    last.map_or(0, |last| last - origin(detail)).max(0)
}

/// The lanes by node, and the nodes in the order of their first attempts.
#[must_use]
pub fn lanes(detail: &RunDetail) -> (Vec<Uuid>, HashMap<Uuid, Lane>) {
    let origin = origin(detail);
    let mut order = Vec::new();
    let mut lanes: HashMap<Uuid, Lane> = HashMap::new();
    for step in &detail.node_executions {
        let lane = lanes.entry(step.node_id).or_insert_with(|| {
            order.push(step.node_id);
            Lane { name: step.node_name.clone(), node_type: step.node_type.clone(), ..Lane::default() }
        });
        add(lane, step, origin);
    }
    (order, lanes)
}

fn add(lane: &mut Lane, step: &NodeExecutionView, origin: i64) {
    let since = |t: DateTime<Utc>| t.timestamp_millis() - origin;
    let before = lane.bars.last().and_then(|bar| bar.end);
    lane.latest = step.id;
    lane.state = state_of(step);
    lane.attempts = lane.attempts.max(step.attempt);
    lane.due_at = step.due_at.filter(|_| step.status == NodeStatus::Waiting);
    if step.reused_from.is_some() || step.status == NodeStatus::Skipped {
        return;
    }
    lane.started_at = lane.started_at.or(step.started_at);
    lane.completed_at = step.completed_at;
    let bar = match step.started_at.map(since) {
        Some(start) => {
            let end = step.completed_at.map(|t| since(t).max(start));
            let whole = end.map_or(i64::MAX, |end| end - start);
            Bar {
                gap: before.filter(|end| step.attempt > 1 && *end < start),
                start,
                end,
                queue: queue_ms(step).min(whole),
                waits: step.status == NodeStatus::Waiting
                    || catalog::sketch(&step.node_type).is_some_and(|kind| kind.nature.waits),
                ..bar_of(step)
            }
        }
        // The wait before a repetition; cancelled with the run, it has an end and no start either.
        None => match before {
            Some(start) => Bar { start, end: step.completed_at.map(since), waits: true, ..bar_of(step) },
            None => return,
        },
    };
    lane.bars.push(Bar { tip: tip(step, &bar), ..bar });
}

fn bar_of(step: &NodeExecutionView) -> Bar {
    Bar {
        id: step.id,
        attempt: step.attempt,
        state: state_of(step),
        gap: None,
        start: 0,
        end: None,
        queue: 0,
        waits: false,
        tip: String::new(),
    }
}

/// What the bar says when it is pointed at.
fn tip(step: &NodeExecutionView, bar: &Bar) -> String {
    let clock = |t: DateTime<Utc>| t.format("%H:%M:%S%.3f UTC").to_string();
    let mut lines = Vec::new();
    if step.attempt > 1 || bar.state == "retrying" {
        lines.push(format!("Attempt\t{}", step.attempt));
    }
    if let Some(at) = step.started_at {
        lines.push(format!("Started\t{} (+{})", clock(at), duration(bar.start)));
    }
    if bar.queue > 0 {
        lines.push(format!("Queued\t{}", duration(bar.queue)));
    }
    if let Some(end) = bar.end {
        let word = if bar.waits { "Waited" } else { "Ran" };
        lines.push(format!("{word}\t{}", duration(end - bar.start - bar.queue)));
    }
    if let Some(at) = step.completed_at {
        lines.push(format!("Ended\t{}", clock(at)));
    } else if let Some(at) = step.due_at {
        lines.push(format!("Goes on\t{}", clock(at)));
    }
    for (key, word) in [("input_bytes", "In"), ("output_bytes", "Out")] {
        if let Some(n) = step.usage.get(key).and_then(Value::as_u64) {
            lines.push(format!("{word}\t{}", bytes(n)));
        }
    }
    lines.extend(of_model(&step.usage).into_iter().map(|(word, value)| format!("{word}\t{value}")));
    lines.join("\n")
}

#[cfg(test)]
mod tests;
