//! The chosen step in the run that is shown: what it took and gave, its logs, its place in time, what changed.

use super::{
    super::{
        code::{Knowing, path_text},
        running::Running,
    },
    changes::Changes,
    deeds::{PinButton, StepDeeds},
    lanes::RunLanes,
    value::ValueView,
};
use crate::{
    api::runs::{NodeExecutionView, NodeStatus},
    ui::{
        canvas::editing::Editing,
        components::{
            empty::Notice,
            field::Select,
            status::StatusChip,
            time::{Countdown, RelativeTime},
        },
        pages::run::{approval::AskCard, inspector::logs::Logs, timeline::state_of},
    },
    workflow::{expression::PathStep, ids::NodeId},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde_json::Value;
use std::sync::Arc;
use uuid::Uuid;

/// What is shown of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Data,
    Logs,
    Timeline,
    Changes,
}

impl Tab {
    const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Data, "Data", "dock-data"),
        (Self::Logs, "Logs", "dock-logs"),
        (Self::Timeline, "Timeline", "dock-timeline"),
        (Self::Changes, "Changes", "dock-changes"),
    ];
}

/// What a view of an attempt depends on: built anew only when one of these has changed.
type Stamp = (Uuid, NodeStatus, Option<DateTime<Utc>>, usize);

#[component]
pub(super) fn StepPanel(node: NodeId) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let running = expect_context::<Running>();
    let tab = expect_context::<RwSignal<Tab>>();
    let stamp = Memo::new(move |_| {
        running.known.with(|detail| {
            let last = detail.as_ref()?.node_executions.iter().rfind(|s| s.node_id == node.0)?;
            Some::<Stamp>((last.id, last.status, last.due_at, last.logs.len()))
        })
    });
    let step = move || {
        stamp.get()?;
        running.known.with_untracked(|detail| {
            detail.as_ref()?.node_executions.iter().rfind(|s| s.node_id == node.0).cloned()
        })
    };
    let name = editing.card(node).map(|card| card.node);
    let tabs = move |(to, word, testid): (Tab, &'static str, &'static str)| {
        let count = move || stamp.get().map(|s| s.3).filter(|n| to == Tab::Logs && *n > 0);
        view! {
            <button
                type="button"
                class="segmented__item"
                aria-pressed=move || (tab.get() == to).to_string()
                data-testid=testid
                on:click=move |_| tab.set(to)
            >
                {word}
                {move || count().map(|n| view! { <span class="faint num">{n}</span> })}
            </button>
        }
    };
    view! {
        <div class="dstep">
            <div class="dstep__head">
                <strong class="truncate">{move || name.as_ref().map(|n| n.with(|n| n.name.clone()))}</strong>
                {move || step().map(|step| view! { <StatusChip status=state_of(&step) small=true /> })}
                <When />
                <div class="segmented" role="group" aria-label="What is shown of the step">
                    {Tab::ALL.into_iter().map(tabs).collect_view()}
                </div>
                <span class="spacer"></span>
                <StepDeeds node />
            </div>
            {move || match tab.get() {
                Tab::Data => {
                    view! {
                        <div class="dock__columns">
                            <InputPane node />
                            {move || view! { <OutputPane step=step() /> }}
                        </div>
                    }
                        .into_any()
                }
                Tab::Logs => {
                    (move || match step() {
                        Some(step) => view! { <Logs step /> }.into_any(),
                        None => unreached(),
                    })
                        .into_any()
                }
                Tab::Timeline => view! { <RunLanes /> }.into_any(),
                Tab::Changes => {
                    (move || {
                        let run = running.known.with_untracked(|d| d.as_ref().map(|d| d.run.summary.id));
                        match step().filter(|s| s.status == NodeStatus::Completed).zip(run) {
                            Some((step, run)) => view! { <Changes step run /> }.into_any(),
                            None => {
                                view! { <p class="muted">"The step has given nothing in this run, so there is nothing to compare."</p> }
                                    .into_any()
                            }
                        }
                    })
                        .into_any()
                }
            }}
        </div>
    }
    .into_any()
}

fn unreached() -> AnyView {
    view! { <p class="muted">"The run has not reached this step."</p> }.into_any()
}

/// Which run it is, where that is not the one that was just started.
#[component]
pub(super) fn When() -> impl IntoView {
    let running = expect_context::<Running>();
    move || {
        if running.feed.run.get().is_some() {
            return None;
        }
        let at = running.known.with(|d| d.as_ref().map(|d| d.run.summary.created_at))?;
        Some(view! { <span class="faint dstep__when">"Last run, " <RelativeTime at /></span> })
    }
}

/// What can be read in the step's fields: its input, and the outputs of all steps before it. Values can be dragged from
/// here into a field.
#[component]
fn InputPane(node: NodeId) -> impl IntoView {
    let knowing = expect_context::<Knowing>();
    let editing = expect_context::<Editing>();
    let chosen = RwSignal::new("input".to_owned());
    let data = move || {
        knowing.sample.track();
        editing.wires.track();
        knowing.data(node)
    };
    let all = move || {
        let data = data();
        let mut all: Vec<(String, Option<Arc<Value>>)> = vec![("input".to_owned(), data.input)];
        for (name, value) in data.nodes {
            all.push((path_text("nodes", &[PathStep::Name(name)]), value));
        }
        if !data.vars.is_empty() {
            all.push(("vars".to_owned(), Some(Arc::new(Value::Object(data.vars)))));
        }
        if let Some(item) = data.item {
            all.push(("item".to_owned(), Some(item)));
        }
        let input = data.run.get("input").cloned().map(Arc::new);
        all.push(("run.input".to_owned(), input));
        all
    };
    let all = Memo::new(move |_| Shared(all()));
    let names =
        Memo::new(move |_| all.with(|all| all.0.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()));
    let value = move || {
        let wanted = chosen.get();
        all.with(|all| all.0.iter().find(|(name, _)| *name == wanted).or(all.0.first()).cloned())
    };
    view! {
        <div class="dpane">
            <h3>
                <span>"Input"</span>
                <Select id="dock-source" label="Which data" on_change=Callback::new(move |name| chosen.set(name))>
                    {move || {
                        names
                            .get()
                            .into_iter()
                            .map(|name| {
                                let mine = name.clone();
                                view! {
                                    <option value=name.clone() prop:selected=move || chosen.with(|c| *c == mine)>
                                        {name.clone()}
                                    </option>
                                }
                            })
                            .collect_view()
                    }}
                </Select>
                <small class="faint wide-only">"Drag a value into a field, or press Enter on it"</small>
            </h3>
            {move || match value() {
                Some((name, Some(value))) => {
                    view! { <ValueView id="input" value root=Some(name) label="Input of the step" testid="step-input" /> }
                        .into_any()
                }
                _ => {
                    view! {
                        <p class="muted">
                            "Not known yet: run the workflow, or pin an output of the step before this one."
                        </p>
                    }
                        .into_any()
                }
            }}
        </div>
    }
    .into_any()
}

/// Equal only where the values are the very same: nothing large is compared.
#[derive(Clone)]
struct Shared(Vec<(String, Option<Arc<Value>>)>);

impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        let same = |a: &Option<Arc<Value>>, b: &Option<Arc<Value>>| match (a, b) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        self.0.len() == other.0.len()
            && self.0.iter().zip(&other.0).all(|((n, a), (m, b))| n == m && same(a, b))
    }
}

/// What the step gave, or why it gave nothing.
#[component]
fn OutputPane(step: Option<NodeExecutionView>) -> impl IntoView {
    let running = expect_context::<Running>();
    let Some(step) = step else {
        return view! {
            <div class="dpane">
                <h3>"Output"</h3>
                {if running.known.with_untracked(Option::is_some) {
                    unreached()
                } else {
                    view! { <p class="muted">"Run the workflow, and what this step gave is shown here."</p> }.into_any()
                }}
            </div>
        }
        .into_any();
    };
    let pin = (step.status == NodeStatus::Completed).then(|| view! { <PinButton step=step.clone() /> });
    let run = running.known.with_untracked(|d| d.as_ref().map(|d| d.run.summary.id)).unwrap_or_default();
    let feed = running.feed.step(step.node_id);
    let body = match (step.status, step.error_message.clone()) {
        (NodeStatus::Completed, _) => {
            let value = Arc::new(step.output_data);
            view! { <ValueView id="output" value root=None label="Output of the step" testid="step-output" /> }
                .into_any()
        }
        (_, Some(message)) => view! {
            <Notice tone="tone-red" icon="alert">
                <p>{message}</p>
                <p class="faint mono">{step.error_code}</p>
            </Notice>
        }
        .into_any(),
        (NodeStatus::Waiting, _) if step.asks_a_person() => {
            let done = Callback::new(move |()| running.read_again());
            view! { <AskCard step workflow=running.workflow run done /> }.into_any()
        }
        (NodeStatus::Waiting, _) => {
            view! { <Waits for_runs=step.waits_for_runs() due_at=step.due_at /> }.into_any()
        }
        (NodeStatus::Running, None) => view! {
            <div class="data-box">
                <div class="data-box__text caret" aria-live="polite">
                    {move || feed.shown()}
                </div>
            </div>
        }
        .into_any(),
        _ => view! { <p class="muted">"Nothing."</p> }.into_any(),
    };
    view! {
        <div class="dpane">
            <h3>
                <span>"Output"</span>
                {pin}
            </h3>
            {body}
        </div>
    }
    .into_any()
}

/// What a step waits for, in a line.
#[component]
fn Waits(for_runs: bool, due_at: Option<DateTime<Utc>>) -> impl IntoView {
    let for_what = if for_runs { "Waits for the runs that it started" } else { "Waits" };
    view! {
        <p class="muted">
            {for_what} {due_at.map(|at| view! { <span>"; goes on " <Countdown at /></span> })} "."
        </p>
    }
}
