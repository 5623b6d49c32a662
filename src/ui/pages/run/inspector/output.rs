//! What came out, or why nothing did.

use super::super::live::Live;
use crate::{
    api::runs::{NodeExecutionView, RunStatus},
    ui::{
        components::{data::DataBox, empty::Notice, run_feed::RunFeed, time::Countdown},
        pages::{run::timeline::state_of, runs::short_id},
    },
};
use leptos::prelude::*;
use uuid::Uuid;

/// What the run as a whole gave.
#[component]
pub(super) fn RunOutput() -> impl IntoView {
    let live = expect_context::<Live>();
    let status = Memo::new(move |_| live.detail.with(|d| d.run.summary.status));
    move || match status.get() {
        RunStatus::Completed => {
            let value = live.detail.with_untracked(|d| d.run.output_data.clone());
            view! { <DataBox value testid="run-output" /> }.into_any()
        }
        RunStatus::Failed => {
            view! { <p class="muted">"The run failed, so it has no output. What its steps gave is kept."</p> }
                .into_any()
        }
        RunStatus::Cancelled => {
            view! { <p class="muted">"The run was cancelled. What its steps gave is kept."</p> }.into_any()
        }
        RunStatus::Pending => {
            view! { <p class="muted">"The run waits for its turn. Steps appear as they start."</p> }
                .into_any()
        }
        RunStatus::Running | RunStatus::Waiting => {
            view! { <p class="muted">"The output is known when the last step is done."</p> }.into_any()
        }
    }
}

/// What an attempt gave, or why it gave nothing.
#[component]
pub(super) fn StepOutput(step: NodeExecutionView) -> impl IntoView {
    let quiet = |text: &'static str| view! { <p class="muted">{text}</p> }.into_any();
    match state_of(&step) {
        "completed" | "reused" => {
            view! { <DataBox value=step.output_data testid="step-output" /> }.into_any()
        }
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
        "waiting" => view! { <Waiting step /> }.into_any(),
        "retrying" => view! {
            <p class="muted">
                "The attempt before failed. The next one starts "
                {step.due_at.map(|at| view! { <Countdown at /> })} "."
            </p>
        }
        .into_any(),
        "skipped" => quiet("No path of this run led here."),
        "cancelled" => quiet("The run was over before this step could finish."),
        "interrupted" => {
            quiet("Millrace stopped during this attempt, so its result is not known. The step ran again.")
        }
        _ => quiet("Nothing yet."),
    }
}

/// Where a reused output comes from.
#[component]
fn Earlier() -> impl IntoView {
    let live = expect_context::<Live>();
    let from = live.detail.with_untracked(|d| d.run.summary.forked_from);
    view! {
        <p class="muted">
            "This step did not run: its output was taken from "
            {match from {
                Some(run) => {
                    view! {
                        <a class="link" href=format!("/workflows/{}/runs/{run}", live.workflow)>
                            "run "
                            {short_id(run)}
                        </a>
                    }
                        .into_any()
                }
                None => "an earlier run".into_any(),
            }} "."
        </p>
    }
}

/// What a step waits for.
#[component]
fn Waiting(step: NodeExecutionView) -> impl IntoView {
    let due = step.due_at;
    match (step.asks_a_person(), step.waits_for_runs()) {
        (true, _) => view! {
            <p class="muted">
                "Waits for a person to decide, above"
                {due.map(|at| view! { "; gives up " <Countdown at /> })} "."
            </p>
        }
        .into_any(),
        (false, true) => view! { <p class="muted">"Waits for the runs that it started."</p> }.into_any(),
        _ => view! {
            <p class="muted">"Goes on by itself " {due.map(|at| view! { <Countdown at /> })} "."</p>
        }
        .into_any(),
    }
}

/// The text of a model while it writes.
#[component]
fn Streaming(node: Uuid) -> impl IntoView {
    let step = expect_context::<RunFeed>().step(node);
    view! {
        <div class="data-box">
            <div class="data-box__text caret" data-testid="stream-text" aria-live="polite">
                {move || step.shown()}
            </div>
        </div>
    }
}
