//! The run as a whole: its output and input, the steps in time, what it asks a person.

use super::{super::running::Running, lanes::RunLanes, step::When, value::ValueView};
use crate::{
    api::runs::{NodeExecutionView, NodeStatus, RunDetail, RunStatus},
    ui::{components::empty::Notice, pages::run::approval::AskCard},
};
use leptos::prelude::*;
use std::sync::Arc;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Output,
    Input,
    Timeline,
}

#[component]
pub(super) fn WholePanel() -> impl IntoView {
    let running = expect_context::<Running>();
    let tab = RwSignal::new(Tab::Output);
    let button = move |(to, word, testid): (Tab, &'static str, &'static str)| {
        view! {
            <button
                type="button"
                class="segmented__item"
                aria-pressed=move || (tab.get() == to).to_string()
                data-testid=testid
                on:click=move |_| tab.set(to)
            >
                {word}
            </button>
        }
    };
    let tabs = [
        (Tab::Output, "Output", "whole-output"),
        (Tab::Input, "Input", "whole-input"),
        (Tab::Timeline, "Timeline", "whole-timeline"),
    ];
    // The output comes with the end; until then only how far it is changes.
    let stamp = Memo::new(move |_| {
        running.known.with(|d| d.as_ref().map(|d| (d.run.summary.id, d.run.summary.status)))
    });
    view! {
        <div class="dstep">
            <div class="dstep__head">
                <strong>"Whole run"</strong>
                <When />
                <div class="segmented" role="group" aria-label="What is shown of the run">
                    {tabs.into_iter().map(button).collect_view()}
                </div>
            </div>
            <Asks />
            {move || {
                let tab = tab.get();
                stamp.get();
                let detail = running.known.get_untracked()?;
                Some(
                    match tab {
                        Tab::Output => view! { <Output detail /> }.into_any(),
                        Tab::Input => {
                            let value = Arc::new(detail.run.input_data.clone());
                            view! { <ValueView id="run-in" value root=None label="Input of the run" testid="run-input-data" /> }
                                .into_any()
                        }
                        Tab::Timeline => view! { <RunLanes /> }.into_any(),
                    },
                )
            }}
        </div>
    }
    .into_any()
}

/// Steps that wait for a person, to be answered here.
#[component]
fn Asks() -> impl IntoView {
    let running = expect_context::<Running>();
    let asks = |s: &&NodeExecutionView| s.asks_a_person();
    let ids = Memo::new(move |_| {
        running.known.with(|d| {
            let steps = d.as_ref().map_or(&[] as &[NodeExecutionView], |d| d.node_executions.as_slice());
            steps.iter().filter(asks).map(|s| s.id).collect::<Vec<Uuid>>()
        })
    });
    move || {
        let ids = ids.get();
        running.known.with_untracked(|d| {
            let detail = d.as_ref()?;
            let run = detail.run.summary.id;
            let cards = detail.node_executions.iter().filter(|s| ids.contains(&s.id)).cloned().map(|step| {
                let done = Callback::new(move |()| running.read_again());
                view! { <AskCard step workflow=running.workflow run done /> }
            });
            Some(cards.collect_view())
        })
    }
}

#[component]
fn Output(detail: Arc<RunDetail>) -> impl IntoView {
    let running = expect_context::<Running>();
    match detail.run.summary.status {
        RunStatus::Completed => {
            let value = Arc::new(detail.run.output_data.clone());
            view! { <ValueView id="run-out" value root=None label="Output of the run" testid="run-output" /> }
                .into_any()
        }
        RunStatus::Failed => {
            let message = detail.run.summary.error_message.clone().unwrap_or_default();
            view! {
                <Notice tone="tone-red" icon="alert">
                    <span data-testid="run-error">{message}</span>
                </Notice>
            }
            .into_any()
        }
        RunStatus::Cancelled => {
            view! { <p class="dock__none muted">"The run was stopped. What had finished is kept."</p> }
                .into_any()
        }
        _ => {
            let words = move || {
                running.known.with(|d| {
                    let steps =
                        d.as_ref().map_or(&[] as &[NodeExecutionView], |d| d.node_executions.as_slice());
                    let taken = || steps.iter().filter(|s| s.status != NodeStatus::Skipped);
                    let done = taken().filter(|s| s.status == NodeStatus::Completed).count();
                    format!(
                        "{done} of {} started steps are done. Choose a step to look into it.",
                        taken().count()
                    )
                })
            };
            view! { <p class="dock__none muted">{words}</p> }.into_any()
        }
    }
}
