//! What stands above the steps: the state of the run, where it comes from, what can be done with it.

use super::live::Live;
use crate::ui::{
    components::{
        empty::Notice,
        icon::Icon,
        status::StatusChip,
        time::{Elapsed, RelativeTime},
        toast::Toasts,
    },
    pages::{
        layout::TopBar,
        runs::{short_id, trigger_word},
    },
    server_fns::{runs::cancel_run, session::with_session},
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
            {move || (!live.is_over()).then(|| view! { <CancelButton /> })}
            <a class="btn" href=format!("/workflows/{}", live.workflow) data-testid="open-workflow">
                <Icon name="workflow" />
                <span class="wide-only">"Open workflow"</span>
            </a>
        </TopBar>
    }
    .into_any()
}

#[component]
fn CancelButton() -> impl IntoView {
    let live = expect_context::<Live>();
    let toasts = expect_context::<Toasts>();
    let cancel = Action::new(move |(): &()| async move {
        if let Err(error) = with_session(|| cancel_run(live.workflow, live.run)).await {
            toasts.failure(error.message);
        }
    });
    view! {
        <button
            type="button"
            class="btn btn--danger"
            data-testid="cancel-run"
            on:click=move |_| {
                cancel.dispatch(());
            }
        >
            <Icon name="stop" />
            "Stop"
        </button>
    }
}

/// State, time, version, trigger.
#[component]
pub(super) fn Facts() -> impl IntoView {
    let live = expect_context::<Live>();
    let summary = live.summary();
    let first = summary.get_untracked();
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
            <span>"Version " {first.version}</span>
            <span>{trigger_word(&first.trigger).to_owned()} " run"</span>
            <RelativeTime at=first.created_at />
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
