//! The panel at the bottom: what the run gives, and what is wrong with the workflow. What it shows (`body`) comes with
//! the second part of the editor.

mod body;
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

pub use body::{body, provide_choices};

use super::{
    keys::Desk,
    running::{DockTab, Running},
};
use crate::ui::{
    canvas::editing::Editing,
    components::{empty::SkeletonRows, icon::Icon, status::StatusChip, time::Elapsed},
};
use leptos::prelude::*;

/// Collapsed to its tabs until a run or a press opens it.
#[component]
pub fn Dock() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let running = expect_context::<Running>();
    let later = expect_context::<Desk>().later;
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
                {move || later.tools().map(|tools| (tools.run_word)())}
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
                    .map(|tab| {
                        view! {
                            <div class="dock__body">
                                {move || match later.tools() {
                                    Some(tools) => (tools.dock)(tab),
                                    None => view! { <SkeletonRows rows=4 /> }.into_any(),
                                }}
                            </div>
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
pub fn RunWord() -> impl IntoView {
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
