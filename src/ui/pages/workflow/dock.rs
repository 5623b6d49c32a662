//! The panel at the bottom: what the run gives, and what is wrong with the workflow.

use super::{
    problems::ProblemList,
    running::{DockTab, Running},
};
use crate::{
    api::runs::{NodeExecutionView, NodeStatus, RunDetail},
    ui::{
        canvas::editing::Editing,
        components::{
            data::DataBox,
            empty::Notice,
            icon::Icon,
            status::StatusChip,
            time::{Countdown, Elapsed},
        },
        pages::stand_in,
    },
    workflow::ids::NodeId,
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// Collapsed to its tabs until a run or a press opens it.
#[component]
pub fn Dock() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let running = expect_context::<Running>();
    let open = Memo::new(move |_| running.dock.get());
    let count = move || editing.problems.with(Vec::len);
    Effect::new(move |_| {
        open.track();
        editing.layout.update(|n| *n += 1);
    });
    let toggle = move |tab: DockTab| {
        running.dock.update(|dock| *dock = if *dock == Some(tab) { None } else { Some(tab) });
    };
    view! {
        <section class="dock" class:is-open=move || open.get().is_some() aria-label="Run and problems" data-testid="dock">
            <div class="dock__bar">
                <DockButton tab=DockTab::Run word="Run" toggle=Callback::new(toggle) />
                <DockButton tab=DockTab::Problems word="Problems" toggle=Callback::new(toggle) />
                <span class="faint num dock__count">{count}</span>
                <span class="spacer"></span>
                <RunWord />
                <button
                    type="button"
                    class="btn btn--ghost btn--icon btn--sm"
                    aria-label=move || if open.get().is_some() { "Close the panel" } else { "Open the panel" }
                    aria-expanded=move || open.get().is_some().to_string()
                    on:click=move |_| {
                        running
                            .dock
                            .update(|dock| *dock = if dock.is_some() { None } else { Some(DockTab::Run) });
                    }
                >
                    <span class="dock__chevron">
                        <Icon name="chevron-down" class="icon--sm" />
                    </span>
                </button>
            </div>
            {move || {
                open.get()
                    .map(|tab| match tab {
                        DockTab::Run => {
                            view! {
                                <div class="dock__body">
                                    <RunPanel />
                                </div>
                            }
                                .into_any()
                        }
                        DockTab::Problems => {
                            view! {
                                <div class="dock__body">
                                    <ProblemList />
                                </div>
                            }
                                .into_any()
                        }
                    })
            }}
        </section>
    }
    .into_any()
}

#[component]
fn DockButton(tab: DockTab, word: &'static str, toggle: Callback<DockTab>) -> impl IntoView {
    let running = expect_context::<Running>();
    view! {
        <button
            type="button"
            class="dock__tab"
            aria-pressed=move || (running.dock.get() == Some(tab)).to_string()
            on:click=move |_| toggle.run(tab)
        >
            {word}
        </button>
    }
}

/// State and time of the run, and the way to its page.
#[component]
fn RunWord() -> impl IntoView {
    let running = expect_context::<Running>();
    let summary = move || running.detail.with(|d| d.as_ref().map(|d| d.run.summary.clone()));
    move || {
        let status = running.feed.status.get()?;
        let run = running.feed.run.get()?;
        Some(view! {
            <span class="dock__run">
                <StatusChip status=status.as_str() small=true />
                <Elapsed
                    started=Signal::derive(move || summary().and_then(|s| s.started_at))
                    ended=Signal::derive(move || summary().and_then(|s| s.completed_at))
                />
                <a class="link" href=format!("/workflows/{}/runs/{run}", running.workflow) data-testid="run-link">
                    "Open run"
                </a>
            </span>
        })
    }
}

#[component]
fn RunPanel() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let running = expect_context::<Running>();
    let chosen = editing.single_node();
    move || {
        if running.feed.run.get().is_none() {
            return view! {
                <p class="dock__none muted">"Run the workflow, and what its steps took and gave is shown here."</p>
            }
            .into_any();
        }
        let node = chosen.get();
        match (running.detail.get(), node) {
            (Some(detail), Some(node)) => view! { <StepData detail=(*detail).clone() node /> }.into_any(),
            (Some(detail), None) => view! { <RunOutput detail=(*detail).clone() /> }.into_any(),
            (None, _) => view! { <p class="dock__none muted">"The run is about to start."</p> }.into_any(),
        }
    }
}

/// What the whole run gave.
#[component]
fn RunOutput(detail: RunDetail) -> impl IntoView {
    let status = detail.run.summary.status;
    match status.as_str() {
        "completed" => view! {
            <h3>"Output"</h3>
            <DataBox value=detail.run.output_data testid="run-output" />
        }
        .into_any(),
        "failed" => view! {
            <Notice tone="tone-red" icon="alert">
                <span data-testid="run-error">{detail.run.summary.error_message.unwrap_or_default()}</span>
            </Notice>
        }
        .into_any(),
        "cancelled" => {
            view! { <p class="dock__none muted">"The run was stopped. What had finished is kept."</p> }
                .into_any()
        }
        _ => {
            let taken =
                || detail.node_executions.iter().map(|s| s.status.as_str()).filter(|s| *s != "skipped");
            let (done, all) = (taken().filter(|s| *s == "completed").count(), taken().count());
            view! {
                <p class="dock__none muted">
                    {format!("{done} of {all} started steps are done. Choose a step to look into it.")}
                </p>
            }
            .into_any()
        }
    }
}

/// Keeps what a step gave as its pinned output, or lets it go.
#[component]
fn PinButton(step: NodeExecutionView) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let node = NodeId(step.node_id);
    let output = StoredValue::new(stand_in::value(&step));
    let is_pinned = Memo::new(move |_| {
        editing.version.track();
        editing.read(|d| {
            d.node(node).is_some_and(|n| output.with_value(|o| n.settings.pinned_output.as_ref() == Some(o)))
        })
    });
    view! {
        <button
            type="button"
            class="btn btn--ghost btn--sm"
            aria-pressed=move || is_pinned.get().to_string()
            title="Runs that use pinned outputs take this instead of running the step (P)"
            data-testid="pin-output"
            on:click=move |_| {
                let next = (!is_pinned.get_untracked()).then(|| output.get_value());
                editing.set_settings(node, None, |s| s.pinned_output = next);
            }
        >
            <Icon name="pin" class="icon--sm" />
            {move || if is_pinned.get() { "Pinned" } else { "Pin this output" }}
        </button>
    }
}

/// What a step waits for, in a line.
#[component]
fn Waits(node_type: String, due_at: Option<DateTime<Utc>>) -> impl IntoView {
    let for_what = match node_type.as_str() {
        "approval" => "Waits for a decision: open the run to give it",
        "sub_workflow" | "for_each" => "Waits for the runs that it started",
        _ => "Waits",
    };
    let word = if node_type == "approval" { "; gives up " } else { "; goes on " };
    view! {
        <p class="muted">
            {for_what} {due_at.map(|at| view! { <span>{word} <Countdown at /></span> })} "."
        </p>
    }
}

/// What one step took and gave.
#[component]
fn StepData(detail: RunDetail, node: NodeId) -> impl IntoView {
    let running = expect_context::<Running>();
    let step = detail.node_executions.into_iter().rfind(|s| s.node_id == node.0);
    let Some(step) = step else {
        return view! { <p class="dock__none muted">"The run has not reached this step."</p> }.into_any();
    };
    let pin = (step.status == NodeStatus::Completed).then(|| view! { <PinButton step=step.clone() /> });
    let NodeExecutionView { status, input_data, output_data, error_message, due_at, node_type, .. } = step;
    let text = running.feed.step(node.0).text;
    view! {
        <div class="dock__columns">
            <div>
                <h3>"Input"</h3>
                <DataBox value=input_data testid="step-input" />
            </div>
            <div>
                <h3>
                    "Output"
                    {pin}
                </h3>
                {match (status.as_str(), error_message) {
                    ("completed", _) => view! { <DataBox value=output_data testid="step-output" /> }.into_any(),
                    (_, Some(message)) => {
                        view! {
                            <Notice tone="tone-red" icon="alert">
                                {message}
                            </Notice>
                        }
                            .into_any()
                    }
                    ("waiting", _) => view! { <Waits node_type due_at /> }.into_any(),
                    ("running", None) => {
                        view! {
                            <div class="data-box">
                                <div class="data-box__text caret" aria-live="polite">
                                    {move || text.get()}
                                </div>
                            </div>
                        }
                            .into_any()
                    }
                    _ => view! { <p class="muted">"Nothing."</p> }.into_any(),
                }}
            </div>
        </div>
    }
    .into_any()
}
