//! What the run or one step took, gave and said.

pub(super) mod facts;
pub(in crate::ui::pages) mod logs;
mod output;
mod steps;

use super::{
    children::ChildRuns,
    choice::{Choice, href},
    deed::{Deed, Press},
    fork::Fork,
    live::Live,
    timeline::state_of,
};
use crate::{
    api::runs::NodeExecutionView,
    ui::components::{data::DataBox, icon::Icon, status::StatusMark},
    workflow::catalog,
};
use facts::Facts;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use logs::Logs;
use output::{RunOutput, StepOutput};
use steps::Steps;
use uuid::Uuid;

#[component]
pub(super) fn Inspector(chosen: Memo<Choice>) -> impl IntoView {
    move || match chosen.get() {
        Choice::Run => view! { <OfRun /> }.into_any(),
        Choice::Step(id) => view! { <OfStep id /> }.into_any(),
    }
}

/// The tab that the address asks for, or that one.
fn tab(first: &'static str) -> Memo<String> {
    let query = use_query_map();
    Memo::new(move |_| query.with(|q| q.get("tab")).unwrap_or_else(|| first.to_owned()))
}

/// The tabs as links.
#[component]
fn Tabs(
    choice: Choice,
    tab: Memo<String>,
    tabs: Vec<(&'static str, &'static str, Signal<usize>)>,
) -> impl IntoView {
    let step = match choice {
        Choice::Run => "run".to_owned(),
        Choice::Step(id) => id.to_string(),
    };
    view! {
        <nav class="segmented" aria-label="Data of the step">
            {tabs
                .into_iter()
                .map(|(key, word, count)| {
                    view! {
                        <a
                            class="segmented__item"
                            href=format!("?step={step}&tab={key}")
                            data-noscroll=""
                            aria-current=move || (tab.get() == key).then_some("true")
                            data-testid=format!("tab-{key}")
                        >
                            {word}
                            {move || (count.get() > 0).then(|| view! { <span class="faint num">{count}</span> })}
                        </a>
                    }
                })
                .collect_view()}
        </nav>
    }
    .into_any()
}

#[component]
fn OfRun() -> impl IntoView {
    let live = expect_context::<Live>();
    let tab = tab("output");
    let none = Signal::stored(0);
    view! {
        <div class="card__head run__inspector-head">
            <div class="run__inspector-title">
                <h2>"Whole run"</h2>
            </div>
            <Tabs choice=Choice::Run tab tabs=vec![("output", "Output", none), ("input", "Input", none)] />
        </div>
        <div class="card__body run__tab">
            {move || match tab.get().as_str() {
                "input" => {
                    let value = live.detail.with(|d| d.run.input_data.clone());
                    view! { <DataBox value testid="run-input-data" /> }.into_any()
                }
                _ => view! { <RunOutput /> }.into_any(),
            }}
        </div>
    }
    .into_any()
}

#[component]
fn OfStep(id: Uuid) -> impl IntoView {
    let live = expect_context::<Live>();
    // Woken by a change to this attempt only.
    let step = Memo::new(move |before: Option<&Option<NodeExecutionView>>| {
        let found = live.detail.with(|d| d.node_executions.iter().find(|s| s.id == id).cloned());
        found.or_else(|| before.cloned().flatten())
    });
    let Some(first) = step.get_untracked() else { return ().into_any() };
    let is_agent = first.node_type == "agent";
    let tab = tab(if is_agent { "steps" } else { "output" });
    let kind = catalog::sketch(&first.node_type).map_or(first.node_type.clone(), |t| t.title.to_owned());
    let logs = Signal::derive(move || step.with(|s| s.as_ref().map_or(0, |s| s.logs.len())));
    let state = Signal::derive(move || step.with(|s| s.as_ref().map_or("", state_of)));
    let none = Signal::stored(0);
    let starts_runs = ["sub_workflow", "for_each", "agent"].contains(&first.node_type.as_str());
    let mut tabs = vec![("output", "Output", none), ("input", "Input", none), ("logs", "Logs", logs)];
    if is_agent {
        let feed = live.feed;
        let steps = Signal::derive(move || step.with(|s| s.as_ref().map_or(0, |s| steps::count(s, feed))));
        tabs.insert(0, ("steps", "Steps", steps));
    }
    let is_waiting = Signal::derive(move || state.get() == "waiting");
    view! {
        <div class="card__head run__inspector-head">
            <div class="run__inspector-title">
                <StatusMark status=state />
                <h2 class="truncate">{first.node_name.clone()}</h2>
                <span class="faint truncate">{kind}</span>
            </div>
            <Tabs choice=Choice::Step(id) tab tabs />
        </div>
        <Attempts node=first.node_id id />
        <div class="card__body run__tab">
            {move || step.get().map(|step| view! { <Facts step /> })}
            {move || {
                let tab = tab.get();
                step.get()
                    .map(|step| match tab.as_str() {
                        "input" => view! { <DataBox value=step.input_data testid="step-input" /> }.into_any(),
                        "logs" => view! { <Logs step /> }.into_any(),
                        "steps" if is_agent => view! { <Steps step /> }.into_any(),
                        _ => view! { <StepOutput step /> }.into_any(),
                    })
            }}
            {starts_runs.then(|| view! { <ChildRuns node=first.node_id is_waiting may_be_none=is_agent /> })}
        </div>
        <StepDeeds name=first.node_name state />
    }
    .into_any()
}

/// What can be done with a step of a run that has ended.
#[component]
fn StepDeeds(name: String, state: Signal<&'static str>) -> impl IntoView {
    let live = expect_context::<Live>();
    let fork = expect_context::<Fork>();
    move || {
        let name = name.clone();
        let was_done = matches!(state.get(), "completed" | "reused");
        live.is_over().then(|| {
            let of = StoredValue::new(name.clone());
            view! {
                <div class="run__deeds">
                    <Press
                        deed=Deed::Again(Some(name))
                        icon="play"
                        word="Run from here"
                        title="Start a new run that keeps what came before this step"
                        class="btn btn--sm"
                        testid="run-from"
                    />
                    {was_done
                        .then(|| {
                            view! {
                                <button
                                    type="button"
                                    class="btn btn--ghost btn--sm needs-script"
                                    title="Start a new run in which this step gives something else"
                                    data-testid="fork-output-open"
                                    on:click=move |_| of.with_value(|name| fork.open_with_output(name))
                                >
                                    <Icon name="pencil" class="icon--sm" />
                                    "Change its output"
                                </button>
                            }
                        })}
                    <button
                        type="button"
                        class="btn btn--ghost btn--sm needs-script"
                        title="Start a new run from this step, with something changed"
                        on:click=move |_| of.with_value(|name| fork.open_from(Some(name)))
                    >
                        <Icon name="fork" class="icon--sm" />
                        "Fork from here"
                    </button>
                </div>
            }
        })
    }
}

/// The attempts of a step, where there are several.
#[component]
fn Attempts(node: Uuid, id: Uuid) -> impl IntoView {
    let live = expect_context::<Live>();
    let query = use_query_map();
    let all = Memo::new(move |_| {
        live.detail.with(|d| {
            let mine = d.node_executions.iter().filter(|s| s.node_id == node);
            mine.map(|s| (s.id, s.attempt, state_of(s))).collect::<Vec<_>>()
        })
    });
    move || {
        let all = all.get();
        (all.len() > 1).then(|| {
            view! {
                <nav class="attempts" aria-label="Attempts">
                    <span class="faint">"Attempt"</span>
                    {all
                        .into_iter()
                        .map(|(other, attempt, state)| {
                            view! {
                                <a
                                    class="attempts__item num"
                                    href=move || href(query, Choice::Step(other))
                                    data-noscroll=""
                                    aria-current=(other == id).then_some("true")
                                    data-testid="attempt"
                                >
                                    {attempt}
                                    <StatusMark status=state />
                                </a>
                            }
                        })
                        .collect_view()}
                </nav>
            }
        })
    }
}
