//! The panel at the bottom: what the run gives, and what is wrong with the workflow.

mod changes;
mod columns;
mod deeds;
mod differences;
mod lanes;
mod only;
mod rows;
mod step;
mod tree;
mod value;
mod whole;

use super::{
    problems::ProblemList,
    running::{DockTab, Running},
};
use crate::{
    ui::{
        canvas::editing::Editing,
        components::{icon::Icon, status::StatusChip, time::Elapsed},
    },
    workflow::ids::NodeId,
};
use leptos::prelude::*;
use step::{StepPanel, Tab};
use value::Look;
use whole::WholePanel;

/// Collapsed to its tabs until a run or a press opens it.
#[component]
pub fn Dock() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let running = expect_context::<Running>();
    // Stays as it was chosen, whichever step is looked at.
    provide_context(RwSignal::new(Tab::Data));
    provide_context(RwSignal::new(Look::Tree));
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
                {move || {
                    summary()
                        .map(|s| {
                            view! {
                                <a
                                    class="link wide-only"
                                    href=format!("/workflows/{}/versions/{}", running.workflow, s.version)
                                    title="The workflow as it was when this run began"
                                    data-testid="run-version"
                                >
                                    "Version "
                                    {s.version}
                                </a>
                            }
                        })
                }}
            </span>
        })
    }
}

/// Which part of the run is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Nothing,
    /// It has no state yet.
    Soon,
    Whole,
    Step(NodeId),
}

#[component]
fn RunPanel() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let running = expect_context::<Running>();
    running.need_last();
    let chosen = editing.single_node();
    let shown = Memo::new(move |_| {
        let is_followed = running.feed.run.get().is_some();
        match chosen.get() {
            _ if is_followed && running.detail.with(Option::is_none) => Shown::Soon,
            Some(node) => Shown::Step(node),
            None if running.known.with(Option::is_some) => Shown::Whole,
            None => Shown::Nothing,
        }
    });
    move || {
        match shown.get() {
        Shown::Nothing => {
            view! { <p class="dock__none muted">"Run the workflow, and what its steps took and gave is shown here."</p> }
                .into_any()
        }
        Shown::Soon => view! { <p class="dock__none muted">"The run is about to start."</p> }.into_any(),
        Shown::Whole => view! { <WholePanel /> }.into_any(),
        Shown::Step(node) => view! { <StepPanel node /> }.into_any(),
    }
    }
}
