//! What one step took, gave and said.

use crate::{
    api::runs::NodeExecutionView,
    ui::components::{
        button::CopyButton,
        data::DataBox,
        empty::Notice,
        run_feed::RunFeed,
        time::{absolute, duration},
    },
    workflow::catalog,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use serde_json::Value;
use uuid::Uuid;

const TABS: [(&str, &str); 3] = [("output", "Output"), ("input", "Input"), ("logs", "Logs")];

#[component]
pub(super) fn Inspector(step: NodeExecutionView) -> impl IntoView {
    let query = use_query_map();
    let tab = Memo::new(move |_| query.with(|q| q.get("tab")).unwrap_or_else(|| "output".to_owned()));
    let id = step.id;
    let logs = step.logs.len();
    let title = step.node_name.clone();
    let kind = catalog::find(&step.node_type).map_or(step.node_type.clone(), |t| t.title.to_owned());
    let step = StoredValue::new(step);
    view! {
        <div class="card__head run__inspector-head">
            <div class="run__inspector-title">
                <h2 class="truncate">{title}</h2>
                <span class="faint">{kind}</span>
            </div>
            <nav class="segmented" aria-label="Data of the step">
                {TABS
                    .map(|(key, word)| {
                        view! {
                            <a
                                class="segmented__item"
                                href=format!("?step={id}&tab={key}")
                                aria-current=move || (tab.get() == key).then_some("true")
                                data-testid=format!("tab-{key}")
                            >
                                {word}
                                {(key == "logs" && logs > 0).then(|| view! { <span class="faint num">{logs}</span> })}
                            </a>
                        }
                    })
                    .into_iter()
                    .collect_view()}
            </nav>
        </div>
        <div class="card__body run__tab">
            {move || {
                let step = step.get_value();
                match tab.get().as_str() {
                    "input" => view! { <DataBox value=step.input_data testid="step-input" /> }.into_any(),
                    "logs" => view! { <Logs step /> }.into_any(),
                    _ => view! { <Output step /> }.into_any(),
                }
            }}
        </div>
    }
    .into_any()
}

#[component]
fn Output(step: NodeExecutionView) -> impl IntoView {
    let body = match step.status.as_str() {
        "completed" => view! { <DataBox value=step.output_data testid="step-output" /> }.into_any(),
        "failed" => {
            let message = step.error_message.unwrap_or_default();
            let code = step.error_code.unwrap_or_default();
            view! {
                <Notice tone="tone-red" icon="alert">
                    <p>{message}</p>
                    <p class="faint mono">{code}</p>
                </Notice>
            }
            .into_any()
        }
        "running" => view! { <Streaming node=step.node_id /> }.into_any(),
        "skipped" => view! { <p class="muted">"No path of this run led here."</p> }.into_any(),
        "cancelled" => {
            view! { <p class="muted">"The run was over before this step could finish."</p> }.into_any()
        }
        _ => view! { <p class="muted">"Nothing yet."</p> }.into_any(),
    };
    view! {
        {body}
        <Usage usage=step.usage port=step.port />
    }
    .into_any()
}

/// The text of a model while it writes.
#[component]
fn Streaming(node: Uuid) -> impl IntoView {
    let text = expect_context::<RunFeed>().step(node).text;
    view! {
        <div class="data-box">
            <div class="data-box__text caret" data-testid="stream-text" aria-live="polite">
                {move || text.get()}
            </div>
        </div>
    }
}

/// Tokens, speed and the like, by the names that steps give them.
#[component]
fn Usage(usage: Value, port: Option<String>) -> impl IntoView {
    let mut rows: Vec<(&'static str, String)> = Vec::new();
    if let Some(port) = port.filter(|p| p != "out") {
        rows.push(("Left by", port));
    }
    let number = |key: &str| usage.get(key).and_then(Value::as_f64);
    if let Some(model) = usage.get("model").and_then(Value::as_str) {
        rows.push(("Model", model.to_owned()));
    }
    if let (Some(prompt), Some(completion)) = (number("prompt_tokens"), number("completion_tokens")) {
        rows.push(("Tokens", format!("{prompt} read, {completion} written")));
    }
    if let Some(speed) = number("tokens_per_second") {
        rows.push(("Speed", format!("{speed:.1} tokens/s")));
    }
    for (key, word) in [("time_to_first_token_ms", "First token after"), ("queue_ms", "Waited in the queue")]
    {
        if let Some(ms) = number(key) {
            rows.push((word, duration(ms as i64)));
        }
    }
    (!rows.is_empty()).then(|| {
        view! {
            <dl class="kv run__usage" data-testid="usage">
                {rows
                    .into_iter()
                    .map(|(word, value)| {
                        view! {
                            <dt>{word}</dt>
                            <dd>{value}</dd>
                        }
                    })
                    .collect_view()}
            </dl>
        }
    })
}

#[component]
fn Logs(step: NodeExecutionView) -> impl IntoView {
    let started = step.started_at.map(absolute).unwrap_or_else(|| "–".to_owned());
    let text = step.logs.iter().map(|l| l.message.as_str()).collect::<Vec<_>>().join("\n");
    view! {
        <dl class="kv">
            <dt>"Started"</dt>
            <dd>{started}</dd>
            <dt>"Attempt"</dt>
            <dd>{step.attempt}</dd>
        </dl>
        {if step.logs.is_empty() {
            view! { <p class="muted">"This step wrote no log."</p> }.into_any()
        } else {
            view! {
                <div class="logs">
                    <span class="logs__copy">
                        <CopyButton text=move |()| text.clone() what="log" />
                    </span>
                    <ol>
                        {step
                            .logs
                            .into_iter()
                            .map(|line| {
                                let tone = match line.level.as_str() {
                                    "error" => "tone-red",
                                    "warn" => "tone-amber",
                                    _ => "tone-grey",
                                };
                                view! {
                                    <li class=tone>
                                        <span class="logs__level">{line.level}</span>
                                        <time datetime=line.at.to_rfc3339()>
                                            {line.at.format("%H:%M:%S%.3f").to_string()}
                                        </time>
                                        <span class="logs__text">{line.message}</span>
                                    </li>
                                }
                            })
                            .collect_view()}
                    </ol>
                </div>
            }
                .into_any()
        }}
    }
    .into_any()
}
