//! The runs that a step started: how many are in each state, the latest of them, the way to all.

use super::live::Live;
use crate::{
    api::runs::{ChildCount, RunStatus, RunSummary},
    ui::{
        components::{
            icon::Icon,
            status::{StatusMark, look},
            time::Elapsed,
        },
        pages::runs::short_id,
        server_fns::{
            error::UiError,
            runs::{RunsWanted, count_children, list_runs},
            session::with_session,
        },
    },
};
use leptos::prelude::*;
use std::time::Duration;
use uuid::Uuid;

/// Runs that are listed here; the others are behind the link.
const SHOWN: u32 = 20;

/// What is known of the runs of one step.
type Known = (Vec<ChildCount>, Vec<RunSummary>);

/// Read once the page is live; before that, and without a script, there is the way to the list.
#[component]
pub(super) fn ChildRuns(
    node: Uuid,
    #[prop(into)] is_waiting: Signal<bool>,
    /// The step may start none; then nothing is shown.
    may_be_none: bool,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let parent = live.run;
    let known = RwSignal::new(None::<Result<Known, UiError>>);
    let load = move || {
        leptos::task::spawn_local(async move {
            let read = read(parent, node).await;
            known.try_set(Some(read));
        });
    };
    // The parent tells nothing while its children work.
    Effect::new(move |_| {
        load();
        if is_waiting.get()
            && let Ok(handle) = set_interval_with_handle(load, Duration::from_secs(2))
        {
            on_cleanup(move || handle.clear());
        }
    });
    let href = format!("/runs?parent={parent}&node={node}");
    view! {
        <div
            class="children"
            data-testid="children"
            hidden=move || {
                may_be_none && known.with(|k| !matches!(k, Some(Ok((counts, _))) if !counts.is_empty()))
            }
        >
            {
                let href = href.clone();
                move || match known.get() {
                    Some(Ok((counts, runs))) => view! { <List href=href.clone() counts runs /> }.into_any(),
                    Some(Err(error)) => view! { <p class="muted">{error.message}</p> }.into_any(),
                    None => ().into_any(),
                }
            }
            <a class="btn btn--sm" href=href>
                "All runs it started"
                <Icon name="arrow-right" class="icon--sm" />
            </a>
        </div>
    }
    .into_any()
}

async fn read(parent: Uuid, node: Uuid) -> Result<Known, UiError> {
    let wanted = RunsWanted { parent: Some(parent), parent_node: Some(node), ..RunsWanted::default() };
    let counts = with_session(|| count_children(parent)).await?;
    let runs = with_session(|| list_runs(wanted.clone(), None, SHOWN)).await?;
    Ok((counts.into_iter().filter(|c| c.node_id == node).collect(), runs.items))
}

#[component]
fn List(href: String, counts: Vec<ChildCount>, runs: Vec<RunSummary>) -> impl IntoView {
    let order = [
        RunStatus::Failed,
        RunStatus::Waiting,
        RunStatus::Running,
        RunStatus::Pending,
        RunStatus::Completed,
        RunStatus::Cancelled,
    ];
    let chips = order.into_iter().filter_map(|status| {
        let count = counts.iter().find(|c| c.status == status)?.count;
        let (tone, icon, word) = look(status.as_str());
        let href = format!("{href}&status={}", status.as_str());
        Some(view! {
            <a class=format!("chip {tone}") href=href data-testid="child-count" data-state=status.as_str()>
                <Icon name=icon />
                {count}
                " "
                {word.to_lowercase()}
            </a>
        })
    });
    let rows = runs.into_iter().map(|run| {
        let item = run.parent.as_ref().map_or(0, |p| p.item_index) + 1;
        view! {
            <li>
                <a
                    class="child"
                    href=format!("/workflows/{}/runs/{}", run.workflow_id, run.id)
                    data-testid="child-run"
                >
                    <StatusMark status=run.status.as_str() />
                    <span class="num">"Item " {item}</span>
                    <span class="faint truncate">{run.error_message.unwrap_or_else(|| short_id(run.id))}</span>
                    <span class="faint">
                        <Elapsed started=run.started_at ended=run.completed_at />
                    </span>
                </a>
            </li>
        }
    });
    view! {
        <div class="children__head">
            <h3>"Runs it started"</h3>
            {chips.collect_view()}
        </div>
        <ol>{rows.collect_view()}</ol>
    }
    .into_any()
}
