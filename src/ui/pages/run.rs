//! One run taken apart: the steps on an axis of time, and what one of them took, gave and said. The chosen step and
//! tab are in the address, so that links to them work, also without a script.

pub(in crate::ui::pages) mod approval;
mod children;
mod choice;
mod deed;
mod fork;
mod header;
pub(in crate::ui::pages) mod inspector;
mod live;
pub(in crate::ui::pages) mod timeline;

use super::{
    runs::parse_id,
    whole::{FailedPage, WaitingPage},
};
use crate::{
    api::runs::RunDetail,
    ui::{
        components::announce::AnnounceRun,
        server_fns::{error::UiError, runs::get_run, session::with_session},
    },
};
use fork::Fork;
use inspector::Inspector;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use live::Live;
use timeline::Timeline;

/// `/workflows/:id/runs/:run_id`.
#[component]
pub fn RunPage() -> impl IntoView {
    // Not in a closure, which the server would call several times: what the page reads is read once.
    view! { <Suspense fallback=Waiting>{Suspend::new(run_page())}</Suspense> }.into_any()
}

#[component]
fn Waiting() -> impl IntoView {
    view! { <WaitingPage title="Run" rows=6 /> }
}

/// The page with what it reads. The browser loads it when it first opens a run.
#[lazy]
pub fn run_page() -> AnyView {
    let params = use_params_map();
    let ids = Memo::new(move |_| params.with(|p| (p.get("id"), p.get("run_id"))));
    let run = Resource::new(
        move || ids.get(),
        |(workflow, run)| async move {
            let both = parse_id(workflow.as_deref())?.zip(parse_id(run.as_deref())?);
            let (workflow, run) = both.ok_or_else(|| UiError::not_found("There is no such run."))?;
            with_session(|| get_run(workflow, run)).await
        },
    );
    view! {
        <Transition fallback=Waiting>
            {move || Suspend::new(async move {
                match run.await {
                    Ok(detail) => run_view(detail),
                    Err(error) => view! { <FailedPage title="Run" crumbs=vec![("/runs".to_owned(), "Runs".to_owned())] error /> }.into_any(),
                }
            })}
        </Transition>
    }
    .into_any()
}

/// What happened in a run.
fn run_view(detail: RunDetail) -> AnyView {
    let live = Live::start(detail);
    provide_context(live);
    provide_context(live.feed);
    provide_context(Fork::new(live));
    let chosen = choice::chosen(live);
    view! {
        <header::RunBar />
        <main class="content content--wide">
            <header::Facts />
            <deed::Refusals />
            <header::Remarks />
            <approval::Approvals />
            <div class="run__body">
                <Timeline chosen />
                <section class="card run__inspector" id="inspector" aria-label="Chosen step" aria-live="off">
                    <Inspector chosen />
                </section>
            </div>
        </main>
        <fork::ForkDialog />
        <AnnounceRun feed=live.feed />
    }
    .into_any()
}
