//! Times, sizes and what else is counted of an attempt, by the names that steps give them.

use super::super::timeline::queue_ms;
use crate::{
    api::runs::NodeExecutionView,
    ui::components::{
        bytes::bytes,
        time::{Elapsed, duration},
    },
};
use leptos::prelude::*;
use serde_json::Value;

/// The counted facts as a line of small pairs.
#[component]
pub(super) fn Facts(step: NodeExecutionView) -> impl IntoView {
    let rows = rows(&step);
    let (started, ended) = (step.started_at, step.completed_at);
    if started.is_none() && rows.is_empty() {
        return ().into_any();
    }
    let queued = queue_ms(&step);
    let took = match (started, ended) {
        (Some(from), Some(to)) => {
            let whole = (to - from).num_milliseconds();
            view! { <span class="num">{duration((whole - queued).max(0))}</span> }.into_any()
        }
        _ => view! { <Elapsed started=started ended=ended /> }.into_any(),
    };
    view! {
        <dl class="facts" data-testid="usage">
            {started
                .map(|_| {
                    view! {
                        <div>
                            <dt>{if ended.is_some() { "Took" } else { "So far" }}</dt>
                            <dd data-testid="took">{took}</dd>
                        </div>
                    }
                })}
            {rows
                .into_iter()
                .map(|(word, value)| {
                    view! {
                        <div>
                            <dt>{word}</dt>
                            <dd class="num">{value}</dd>
                        </div>
                    }
                })
                .collect_view()}
        </dl>
    }
    .into_any()
}

fn rows(step: &NodeExecutionView) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    let usage = &step.usage;
    let number = |key: &str| usage.get(key).and_then(Value::as_f64);
    if let Some(ms) = number("queue_ms") {
        rows.push(("Queued", duration(ms as i64)));
    }
    for (key, word) in [("input_bytes", "In"), ("output_bytes", "Out")] {
        if let Some(n) = usage.get(key).and_then(Value::as_u64) {
            rows.push((word, bytes(n)));
        }
    }
    if let Some(port) = step.port.as_ref().filter(|p| *p != "out") {
        rows.push(("Left by", port.clone()));
    }
    rows.extend(of_model(usage));
    rows
}

/// What a model did, and how fast.
pub(in crate::ui::pages::run) fn of_model(usage: &Value) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    let number = |key: &str| usage.get(key).and_then(Value::as_f64);
    if let Some(model) = usage.get("model").and_then(Value::as_str) {
        rows.push(("Model", model.to_owned()));
    }
    if usage.get("cached").and_then(Value::as_bool) == Some(true) {
        rows.push(("From the cache", "nothing was computed".to_owned()));
    }
    if let (Some(prompt), Some(completion)) = (number("prompt_tokens"), number("completion_tokens")) {
        rows.push(("Tokens", format!("{prompt} read, {completion} written")));
    }
    if let Some(speed) = number("tokens_per_second") {
        rows.push(("Speed", format!("{speed:.1} tokens/s")));
    }
    if let Some(ms) = number("time_to_first_token_ms") {
        rows.push(("First token after", duration(ms as i64)));
    }
    rows
}
