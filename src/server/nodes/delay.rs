//! `delay`: passes its input on, later.

use super::{
    NodeContext, NodeError, NodeFuture, NodeHandler, NodeOutput, NodeStep, Then, Wait, WaitKind, config,
};
use crate::workflow::catalog;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

pub struct Delay;

impl NodeHandler for Delay {
    fn run<'a>(&'a self, context: &'a NodeContext) -> NodeFuture<'a> {
        Box::pin(std::future::ready(step(context)))
    }
}

fn step(context: &NodeContext) -> Result<NodeStep, NodeError> {
    let now = context.now();
    let due_at = due_at(&config(&context.node_config)?, now)?;
    let value = Value::clone(&context.input);
    if due_at <= now {
        return Ok(NodeOutput::of(value).into());
    }
    Ok(NodeStep::Wait(Wait { due_at: Some(due_at), value, kind: WaitKind::Timer, then: Then::Done }))
}

fn due_at(config: &catalog::Delay, now: DateTime<Utc>) -> Result<DateTime<Utc>, NodeError> {
    match (config.seconds, config.until.as_deref()) {
        (Some(seconds), None) => after(now, seconds, "seconds"),
        (None, Some(until)) => {
            let time = catalog::parse_time(until)
                .ok_or_else(|| NodeError::permanent("invalid_time", catalog::not_a_time(until)))?;
            let longest = after(now, catalog::LONGEST_WAIT_SECONDS, "until")?;
            if time > longest { Err(too_long("until")) } else { Ok(time) }
        }
        _ => Err(NodeError::permanent(
            "bad_config",
            "a delay has either `seconds` or `until`; correct the settings of this step",
        )),
    }
}

/// The time so many seconds from now, to the millisecond; anything above zero is at least one.
pub(super) fn after(now: DateTime<Utc>, seconds: f64, field: &str) -> Result<DateTime<Utc>, NodeError> {
    if !seconds.is_finite() || seconds < 0.0 {
        let message = format!("`{field}` must be a number of seconds from 0 up; it is {seconds}");
        return Err(NodeError::permanent("out_of_range", message));
    }
    if seconds > catalog::LONGEST_WAIT_SECONDS {
        return Err(too_long(field));
    }
    let millis = (seconds * 1000.0).round() as i64;
    let millis = if seconds > 0.0 { millis.max(1) } else { 0 };
    now.checked_add_signed(TimeDelta::milliseconds(millis)).ok_or_else(|| too_long(field))
}

fn too_long(field: &str) -> NodeError {
    NodeError::permanent("out_of_range", catalog::too_long(field))
}
