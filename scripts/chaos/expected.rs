//! The pure function that a run computes, written down a second time, by hand.

use crate::{outside, shape::Shape};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a node must come to.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Completed on this port with this output.
    Gives(&'static str, Value),
    Skipped,
}

/// The outcome of each node, and the output of the run.
#[derive(Debug)]
pub struct Expected {
    pub nodes: BTreeMap<&'static str, Outcome>,
    pub output: Value,
}

/// The input of the run with that number.
pub fn input(number: usize, pause_ms: u64) -> Value {
    let n = i64::try_from(number).unwrap_or(0) * 37 + 5;
    let items: Vec<i64> = (0..1 + n % 4).map(|i| (n + i * 11) % 97).collect();
    json!({ "n": n, "items": items, "pause_ms": pause_ms })
}

/// What a run of the workflow comes to.
pub fn of_run(shape: &Shape, input: &Value) -> Expected {
    let n = input["n"].as_i64().unwrap_or_default();
    let items: Vec<i64> = input["items"].as_array().into_iter().flatten().filter_map(Value::as_i64).collect();
    let out = |value: Value| Outcome::Gives("out", value);
    let (each, sum): (Value, i64) = if shape.child.is_some() {
        let labels = items.iter().map(|item| of_item(*item).output).collect::<Vec<_>>();
        (json!(labels), items.iter().map(|item| weight(*item)).sum())
    } else {
        (json!(items), items.iter().sum())
    };
    let flaky = n * 3 + n + 7 + sum;
    let is_even = flaky % 2 == 0;
    let branch = if is_even { flaky / 2 } else { flaky * 3 + 1 };
    let last = json!({ "result": branch, "n": n });
    let mut nodes = BTreeMap::from([
        ("Start", out(json!({ "n": n, "items": items }))),
        ("Left", out(json!(n * 3))),
        ("Right", out(json!(n + 7))),
        ("Join", out(json!(n * 3 + n + 7))),
        ("Each", out(each)),
        ("Sum", out(json!(sum))),
        ("Flaky", out(json!(flaky))),
        ("Check", Outcome::Gives(if is_even { "true" } else { "false" }, json!(flaky))),
        ("Even", if is_even { out(json!(branch)) } else { Outcome::Skipped }),
        ("Odd", if is_even { Outcome::Skipped } else { out(json!(branch)) }),
        ("Merge", out(json!({ "value": branch, "start": n }))),
        ("Write", out(json!({ "rows": 1 }))),
        ("Last", out(last.clone())),
    ]);
    if shape.child.is_some() {
        nodes.insert("Agent", out(json!(outside::answer(n))));
    }
    Expected { nodes, output: json!({ "Last": last }) }
}

/// What the child run of an item comes to.
pub fn of_item(item: i64) -> Expected {
    let label = json!({ "weight": weight(item), "even": weight(item) % 2 == 0 });
    let nodes = BTreeMap::from([
        ("Weigh", Outcome::Gives("out", json!(weight(item)))),
        ("Label", Outcome::Gives("out", label.clone())),
        ("Note", Outcome::Gives("out", json!({ "rows": 1 }))),
    ]);
    Expected { nodes, output: json!({ "Label": label, "Note": { "rows": 1 } }) }
}

fn weight(item: i64) -> i64 {
    item * item + 1
}
