//! What stands above the steps: the state of the run, where it comes from, what can be done with it.

use super::{
    deed::{Deed, Press},
    fork::Fork,
    live::Live,
};
use crate::{
    api::runs::RunStatus,
    ui::{
        components::{
            empty::Notice,
            icon::Icon,
            status::StatusChip,
            time::{Elapsed, RelativeTime},
        },
        pages::{
            layout::TopBar,
            runs::{short_id, trigger_word},
        },
    },
};
use leptos::prelude::*;
use leptos_meta::Title;

/// Title and actions.
#[component]
pub(super) fn RunBar() -> impl IntoView {
    let live = expect_context::<Live>();
    let summary = live.summary().get_untracked();
    let crumbs = vec![
        (format!("/workflows/{}", live.workflow), summary.workflow_name.clone()),
        (format!("/workflows/{}/runs", live.workflow), "Runs".to_owned()),
    ];
    view! {
        <Title text=format!("Run of {}", summary.workflow_name) />
        <TopBar title=format!("Run {}", short_id(live.run)) crumbs>
            <Actions />
            <a
                class="btn"
                // The editor goes on following this run.
                href=format!("/workflows/{}?run={}", live.workflow, live.run)
                title="Open the workflow and follow this run there"
                aria-label="Open workflow"
                data-testid="open-workflow"
            >
                <Icon name="workflow" />
                <span class="wide-only">"Open workflow"</span>
            </a>
        </TopBar>
    }
    .into_any()
}

/// What can be done with a run in its state.
#[component]
fn Actions() -> impl IntoView {
    let live = expect_context::<Live>();
    let fork = expect_context::<Fork>();
    let status = Memo::new(move |_| live.detail.with(|d| d.run.summary.status));
    move || {
        let status = status.get();
        if !status.is_terminal() {
            return view! {
                <Press
                    deed=Deed::Cancel
                    icon="stop"
                    word="Cancel"
                    title="End this run now"
                    class="btn btn--danger"
                    testid="cancel-run"
                />
            }
            .into_any();
        }
        let can_resume = matches!(status, RunStatus::Failed | RunStatus::Cancelled);
        view! {
            <button
                type="button"
                class="btn needs-script"
                title="Start a new run from this one, with something changed"
                aria-label="Fork"
                data-testid="fork-open"
                on:click=move |_| fork.open_from(None)
            >
                <Icon name="fork" />
                <span class="wide-only">"Fork"</span>
            </button>
            <Press
                deed=Deed::Again(None)
                icon="repeat"
                word="Run again"
                title="Start a new run with the same input, from the beginning"
                is_brief=true
                testid="run-again"
            />
            {can_resume
                .then(|| {
                    view! {
                        <Press
                            deed=Deed::Resume
                            icon="play"
                            word="Resume"
                            title="Start a new run that keeps what is done and goes on from there"
                            class="btn btn--primary"
                            testid="resume-run"
                        />
                    }
                })}
        }
        .into_any()
    }
}

/// State, time, version, what started it, where it comes from.
#[component]
pub(super) fn Facts() -> impl IntoView {
    let live = expect_context::<Live>();
    let summary = live.summary();
    let first = summary.get_untracked();
    let pinned = live.detail.with_untracked(|d| d.run.use_pinned);
    let forked = first.forked_from.map(|run| {
        let href = format!("/workflows/{}/runs/{run}", live.workflow);
        view! {
            <span>
                <Icon name="fork" class="icon--sm" />
                "From run "
                <a class="link" href=href data-testid="forked-from">
                    {short_id(run)}
                </a>
            </span>
        }
    });
    let parent = first.parent.map(|parent| {
        let href = format!("/workflows/{}/runs/{}", parent.workflow_id, parent.run_id);
        view! {
            <span>
                <Icon name="workflow" class="icon--sm" />
                "Item "
                {parent.item_index + 1}
                " of run "
                <a class="link" href=href data-testid="parent-run">
                    {short_id(parent.run_id)}
                </a>
            </span>
        }
    });
    view! {
        <div class="run__head" data-testid="run-header">
            <StatusChip status=Signal::derive(move || summary.with(|s| s.status.as_str())) />
            <span>
                <Icon name="clock" class="icon--sm" />
                <Elapsed
                    started=Signal::derive(move || summary.with(|s| s.started_at))
                    ended=Signal::derive(move || summary.with(|s| s.completed_at))
                />
            </span>
            <a href=format!("/workflows/{}/versions/{}", live.workflow, first.version) class="run__version">
                "Version "
                {first.version}
            </a>
            <span>{trigger_word(&first.trigger).to_owned()} " run"</span>
            <RelativeTime at=first.created_at />
            {forked}
            {parent}
            {pinned
                .then(|| {
                    view! {
                        <span>
                            <Icon name="pin" class="icon--sm" />
                            "With pinned outputs"
                        </span>
                    }
                })}
        </div>
    }
    .into_any()
}

/// Why the run failed, or why it does not go on.
#[component]
pub(super) fn Remarks() -> impl IntoView {
    let live = expect_context::<Live>();
    let error = Memo::new(move |_| live.detail.with(|d| d.run.summary.error_message.clone()));
    let blocked = Memo::new(move |_| live.detail.with(|d| d.run.blocked_reason.clone()));
    view! {
        {move || {
            error
                .get()
                .map(|text| {
                    view! {
                        <Notice tone="tone-red" icon="alert">
                            <span data-testid="run-error">{text}</span>
                        </Notice>
                    }
                })
        }}
        {move || {
            blocked
                .get()
                .map(|text| {
                    view! {
                        <Notice tone="tone-amber" icon="pause">
                            {text}
                        </Notice>
                    }
                })
        }}
    }
    .into_any()
}
