//! Lanes of made-up runs.

use super::*;
use serde_json::json;

const NODE: Uuid = Uuid::from_u128(1);

/// A run that began at 1 s after 1970, with steps given as fields over a plain completed one.
fn run(steps: &[Value]) -> RunDetail {
    let steps: Vec<Value> = steps
        .iter()
        .zip(1u128..)
        .map(|(given, n)| {
            let mut step = json!({
                "id": Uuid::from_u128(100 + n), "node_id": NODE, "node_name": "Fetch", "node_type": "transform",
                "attempt": 1, "status": "completed", "port": null, "input_data": null, "output_data": null,
                "error_code": null, "error_message": null, "logs": [], "usage": null, "execution_order": n,
                "due_at": null, "reused_from": null, "started_at": null, "completed_at": null,
            });
            for (key, value) in given.as_object().unwrap() {
                step[key] = match value.as_i64() {
                    Some(ms) if key.ends_with("_at") => json!(DateTime::from_timestamp_millis(ms).unwrap()),
                    _ => value.clone(),
                };
            }
            step
        })
        .collect();
    serde_json::from_value(json!({
        "run": {
            "id": Uuid::from_u128(9), "workflow_id": Uuid::from_u128(8), "workflow_name": "w", "version": 1,
            "status": "running", "trigger": "manual", "forked_from": null, "parent": null, "error_code": null,
            "error_message": null, "created_at": "1970-01-01T00:00:00.900Z", "started_at": "1970-01-01T00:00:01Z",
            "completed_at": null, "input_data": null, "output_data": null,
        },
        "node_executions": steps,
    }))
    .unwrap()
}

fn lane(steps: &[Value]) -> Lane {
    let detail = run(steps);
    lanes(&detail).1.remove(&NODE).unwrap()
}

#[test]
fn queue_time_is_the_beginning_of_the_bar() {
    let lane = lane(&[json!({"started_at": 1_200, "completed_at": 1_700, "usage": {"queue_ms": 120.4}})]);
    let bar = &lane.bars[0];
    assert_eq!((bar.start, bar.end, bar.queue, bar.waits), (200, Some(700), 120, false));
    assert!(bar.tip.contains("Queued\t120 ms") && bar.tip.contains("Ran\t380 ms"), "{}", bar.tip);
}

#[test]
fn a_queue_time_longer_than_the_attempt_does_not_stick_out() {
    let lane = lane(&[json!({"started_at": 1_200, "completed_at": 1_210, "usage": {"queue_ms": 12}})]);
    assert_eq!(lane.bars[0].queue, 10);
}

#[test]
fn repetitions_share_a_lane_and_show_the_wait_between_them() {
    let lane = lane(&[
        json!({"attempt": 1, "status": "failed", "started_at": 1_000, "completed_at": 1_100}),
        json!({"attempt": 2, "status": "completed", "started_at": 2_100, "completed_at": 2_150}),
    ]);
    assert_eq!((lane.attempts, lane.state), (2, "completed"));
    assert_eq!((lane.bars[0].gap, lane.bars[0].state), (None, "failed"));
    assert_eq!((lane.bars[1].gap, lane.bars[1].start), (Some(100), 1_100));
}

#[test]
fn the_wait_before_a_repetition_begins_where_the_failure_ended() {
    let lane = lane(&[
        json!({"attempt": 1, "status": "failed", "started_at": 1_000, "completed_at": 1_100}),
        json!({"attempt": 2, "status": "waiting", "due_at": 5_000}),
    ]);
    let bar = &lane.bars[1];
    assert_eq!((lane.state, bar.state), ("retrying", "retrying"));
    assert_eq!((bar.start, bar.end, bar.waits), (100, None, true));
    assert_eq!(lane.due_at, DateTime::from_timestamp_millis(5_000));
    assert_eq!(lane.completed_at, None);
}

#[test]
fn steps_that_wait_are_told_from_steps_that_work() {
    let waits = |step| lane(&[step]).bars[0].waits;
    assert!(waits(json!({"node_type": "delay", "started_at": 1_000, "completed_at": 2_000})));
    assert!(waits(json!({"status": "waiting", "started_at": 1_000})));
    assert!(!waits(json!({"status": "running", "started_at": 1_000})));
}

#[test]
fn reused_and_skipped_steps_have_a_lane_without_a_bar() {
    let reused = lane(&[json!({"attempt": 0, "reused_from": NODE, "started_at": 0, "completed_at": 500})]);
    assert_eq!((reused.state, reused.bars.len()), ("reused", 0));
    let skipped = lane(&[json!({"attempt": 0, "status": "skipped", "completed_at": 1_500})]);
    assert_eq!((skipped.state, skipped.bars.len()), ("skipped", 0));
}

#[test]
fn the_axis_starts_with_the_run_whatever_reused_steps_say() {
    let detail = run(&[
        json!({"attempt": 0, "reused_from": NODE, "started_at": 0, "completed_at": 500}),
        json!({"node_id": Uuid::from_u128(2), "started_at": 1_300, "completed_at": 1_900}),
    ]);
    assert_eq!((origin(&detail), reach(&detail)), (1_000, 900));
    let empty = run(&[]);
    assert_eq!((origin(&empty), reach(&empty)), (1_000, 0));
}
