//! How long a repetition waits.

use super::super::retry::{attempts, delay};
use crate::{
    server::engine::{
        plan::Plan,
        step::{Event, Millis, Moment, State},
    },
    workflow::{
        document::{Backoff, Node, Retry, Settings, Workflow},
        ids::NodeId,
    },
};

/// The jitter in the middle: nothing is added and nothing taken away.
const NONE: u16 = 500;

fn plan(retry: Option<Retry>) -> Plan {
    let node = Node {
        id: NodeId::new(),
        name: "n".to_owned(),
        node_type: "transform".to_owned(),
        config: serde_json::Map::new(),
        settings: Settings { retry, ..Settings::default() },
        position_x: 0.0,
        position_y: 0.0,
    };
    let document = Workflow {
        name: "w".to_owned(),
        description: String::new(),
        input_schema: None,
        vars: serde_json::Map::new(),
        nodes: vec![node],
        edges: Vec::new(),
        notes: Vec::new(),
    };
    Plan::of(&document).expect("one node is no cycle")
}

fn with(backoff: Backoff, delay_ms: u64, max_delay_ms: u64) -> Plan {
    plan(Some(Retry { max_attempts: 9, backoff, delay_ms, max_delay_ms }))
}

fn delays(plan: &Plan, failures: impl IntoIterator<Item = u32>) -> Vec<Millis> {
    failures.into_iter().map(|failures| delay(plan, 0, failures, NONE)).collect()
}

#[test]
fn a_fixed_delay_stays_as_it_is() {
    assert_eq!(delays(&with(Backoff::Fixed, 700, 60_000), [1, 2, 3, 30, u32::MAX]), [700; 5]);
}

#[test]
fn an_exponential_delay_doubles_until_it_is_capped() {
    let plan = with(Backoff::Exponential, 1000, 60_000);
    let expected = [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000];
    assert_eq!(delays(&plan, 1..=8), expected);
    assert_eq!(delays(&plan, [64, 65, 66, 1000, u32::MAX]), [60_000; 5]);
}

#[test]
fn the_cap_holds_from_the_first_failure_on() {
    assert_eq!(delays(&with(Backoff::Fixed, 9000, 400), [1, 2]), [400, 400]);
    assert_eq!(delays(&with(Backoff::Exponential, 9000, 400), [1, 2]), [400, 400]);
    assert_eq!(delays(&with(Backoff::Exponential, 9000, 0), [1, 2]), [0, 0]);
}

#[test]
fn jitter_spreads_a_delay_by_a_tenth_to_both_sides() {
    for set in [0, 1, 9, 10, 999, 1000, 1001, 12_345, 60_000, 86_400_000, 31_536_000_000] {
        let plan = with(Backoff::Fixed, set, u64::MAX);
        let spread: Vec<Millis> = (0..1000).map(|jitter| delay(&plan, 0, 1, jitter)).collect();
        let set = set as Millis;
        assert!(spread.is_sorted(), "{set} ms: more jitter gave less delay");
        let (soonest, latest) = (spread[0], spread[999]);
        // Rounding takes less than a millisecond from each of two parts.
        assert!(
            soonest >= set - set / 10 - 1 && soonest <= set - set / 10 + 1,
            "{set} ms came after {soonest} ms"
        );
        assert!(
            latest <= set + set / 10 && latest >= set + set / 10 - set / 5000 - 2,
            "{set} ms came after {latest} ms"
        );
    }
}

#[test]
fn no_setting_overflows() {
    for backoff in [Backoff::Fixed, Backoff::Exponential] {
        let plan = with(backoff, u64::MAX, u64::MAX);
        for failures in [0, 1, 2, 63, 64, 65, u32::MAX] {
            for jitter in [0, NONE, 999] {
                let delay = delay(&plan, 0, failures, jitter);
                assert!(delay > 0, "{backoff:?} after {failures} failures: {delay}");
                let last_moment = chrono::DateTime::<chrono::Utc>::MAX_UTC.timestamp_millis();
                assert!(last_moment.checked_add(delay).is_some());
            }
        }
    }
    // What does not fit is as much as can be, not nothing.
    let doubled = with(Backoff::Exponential, u64::MAX / 2 + 1, u64::MAX);
    assert!(delay(&doubled, 0, 2, NONE) >= delay(&doubled, 0, 1, NONE));
    let far = with(Backoff::Exponential, 1, u64::MAX);
    assert!(delays(&far, 1..=80).is_sorted());
}

#[test]
fn without_settings_nothing_is_repeated() {
    assert_eq!((attempts(&plan(None), 0), delay(&plan(None), 0, 1, 999)), (1, 0));
    let default = plan(Some(Retry::default()));
    assert_eq!(attempts(&default, 0), 1);
    assert_eq!(attempts(&with(Backoff::Fixed, 1, 1), 0), 9);
}

#[test]
fn what_failed_is_left_alone_for_as_long_as_it_asks() {
    let plan = with(Backoff::Fixed, 700, 60_000);
    for (hold, due) in [(0, 1_700), (699, 1_700), (5_000, 6_000), (120_000, 121_000)] {
        let mut state = State::new(&plan);
        let moment = Moment { at: 1_000, jitter: NONE, parallel: 1, hold };
        state.apply(&plan, &Event::Started { node: 0, attempt: 1 });
        let decisions = state.step(&plan, &Event::Failed { node: 0, retryable: true }, moment);
        assert_eq!(decisions, [Event::Retrying { node: 0, attempt: 2, due }], "held for {hold} ms");
    }
}
