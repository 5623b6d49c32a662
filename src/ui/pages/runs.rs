//! Run history: of all workflows, or of one.

use super::{error::ErrorView, layout::TopBar};
use crate::{
    api::runs::{RunStatus, RunSummary},
    ui::{
        components::{
            empty::{Empty, SkeletonRows},
            icon::Icon,
            status::{StatusChip, look},
            time::{Elapsed, RelativeTime},
        },
        server_fns::{error::UiError, runs::list_runs, session::with_session, workflows::get_workflow},
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use uuid::Uuid;

const PAGE: u32 = 50;
const FILTERS: [Option<RunStatus>; 5] = [
    None,
    Some(RunStatus::Running),
    Some(RunStatus::Completed),
    Some(RunStatus::Failed),
    Some(RunStatus::Cancelled),
];

/// `/runs` and `/workflows/:id/runs`; filter and page are in the address.
#[component]
pub fn RunsPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let workflow = Memo::new(move |_| params.with(|p| p.get("id")));
    let status = Memo::new(move |_| query.with(|q| q.get("status")).and_then(|word| RunStatus::parse(&word)));
    let after = Memo::new(move |_| query.with(|q| q.get("after")));

    let runs = Resource::new(
        move || (workflow.get(), status.get(), after.get()),
        |(workflow, status, after)| async move {
            let workflow = parse_id(workflow.as_deref())?;
            with_session(|| list_runs(workflow, status, after.clone(), PAGE)).await
        },
    );
    let name = Resource::new(
        move || workflow.get(),
        |workflow| async move {
            match parse_id(workflow.as_deref())? {
                Some(id) => with_session(|| get_workflow(id)).await.map(|w| Some((id, w.name))),
                None => Ok(None),
            }
        },
    );
    let path =
        move || workflow.get().map_or_else(|| "/runs".to_owned(), |id| format!("/workflows/{id}/runs"));

    // Runs that go on change by themselves.
    Effect::new(move |_| {
        let going_on = runs.with(|r| {
            r.as_ref().is_some_and(|r| {
                r.as_ref().is_ok_and(|p| p.items.iter().any(|run| !run.status.is_terminal()))
            })
        });
        if going_on {
            set_timeout(move || runs.refetch(), std::time::Duration::from_millis(2500));
        }
    });

    view! {
        <Title text="Runs" />
        <Transition>
            {move || Suspend::new(async move {
                let crumbs = match name.await {
                    Ok(Some((id, name))) => {
                        vec![("/".to_owned(), "Workflows".to_owned()), (format!("/workflows/{id}"), name)]
                    }
                    _ => Vec::new(),
                };
                view! { <TopBar title="Runs" crumbs /> }
            })}
        </Transition>
        <main class="content">
            <nav class="runs__filters" aria-label="Filter by state">
                <div class="segmented">
                    {FILTERS
                        .map(|filter| {
                            let word = filter.map_or("All", |s| look(s.as_str()).2);
                            let href = move || match filter {
                                Some(s) => format!("{}?status={}", path(), s.as_str()),
                                None => path(),
                            };
                            view! {
                                <a
                                    class="segmented__item"
                                    href=href
                                    aria-current=move || (status.get() == filter).then_some("true")
                                >
                                    {word}
                                </a>
                            }
                        })
                        .into_iter()
                        .collect_view()}
                </div>
            </nav>
            <Transition fallback=|| view! { <SkeletonRows rows=8 /> }>
                {move || {
                    let filtered = status.get().is_some();
                    let is_first = after.get().is_none();
                    let global = workflow.get().is_none();
                    let path = path();
                    let state = status.get();
                    Suspend::new(async move {
                        match runs.await {
                            Err(error) => view! { <ErrorView error /> }.into_any(),
                            Ok(page) if page.items.is_empty() => view! { <NoRuns filtered /> }.into_any(),
                            Ok(page) => {
                                let older = page
                                    .next
                                    .map(|next| {
                                        let state = state.map_or_else(String::new, |s| format!("&status={}", s.as_str()));
                                        format!("{path}?after={next}{state}")
                                    });
                                view! {
                                    <RunsTable runs=page.items show_workflow=global />
                                    <nav class="pager" aria-label="Pages">
                                        {(!is_first)
                                            .then(|| view! { <a class="btn btn--sm" href=path.clone()>"Newest"</a> })}
                                        {older
                                            .map(|href| {
                                                view! {
                                                    <a class="btn btn--sm" href=href rel="next">
                                                        "Older"
                                                        <Icon name="arrow-right" class="icon--sm" />
                                                    </a>
                                                }
                                            })}
                                    </nav>
                                }
                                    .into_any()
                            }
                        }
                    })
                }}
            </Transition>
        </main>
    }
    .into_any()
}

/// The id in an address; 404 if it is none.
pub(super) fn parse_id(text: Option<&str>) -> Result<Option<Uuid>, UiError> {
    text.map(|t| {
        t.parse()
            .map_err(|_| UiError::not_found("The address names no such thing. It may have been deleted."))
    })
    .transpose()
}

#[component]
fn NoRuns(filtered: bool) -> impl IntoView {
    let (title, text) = if filtered {
        ("No runs in this state", "Look at all of them, or choose another state.")
    } else {
        ("Nothing has run yet", "Open a workflow and press Run. Every step of it will be kept here.")
    };
    view! {
        <div class="table-wrap">
            <Empty icon="history" title text>
                <a class="btn" href="/">
                    "Go to your workflows"
                </a>
            </Empty>
        </div>
    }
}

/// Runs as rows, each a link to its detail.
#[component]
pub fn RunsTable(runs: Vec<RunSummary>, show_workflow: bool) -> impl IntoView {
    view! {
        <div class="table-wrap">
            <table class="table" data-testid="runs-table">
                <thead>
                    <tr>
                        <th>{if show_workflow { "Workflow" } else { "Run" }}</th>
                        <th>"State"</th>
                        <th>"Trigger"</th>
                        <th>"Version"</th>
                        <th class="end">"Duration"</th>
                        <th class="end">"Started"</th>
                    </tr>
                </thead>
                <tbody>
                    {runs.into_iter().map(|run| view! { <RunRow run show_workflow /> }).collect_view()}
                </tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn RunRow(run: RunSummary, show_workflow: bool) -> impl IntoView {
    let title = if show_workflow { run.workflow_name.clone() } else { format!("Run {}", short_id(run.id)) };
    view! {
        <tr data-testid="run-row">
            <td class="cell-main">
                <a class="row-link truncate" href=format!("/workflows/{}/runs/{}", run.workflow_id, run.id)>
                    {title}
                </a>
                {run.error_message.map(|text| view! { <small title=text.clone()>{text.clone()}</small> })}
            </td>
            <td>
                <StatusChip status=run.status.as_str() />
            </td>
            <td class="muted wide-only">{trigger_word(&run.trigger).to_owned()}</td>
            <td class="muted wide-only">{format!("v{}", run.version)}</td>
            <td class="end muted">
                <Elapsed started=run.started_at ended=run.completed_at />
            </td>
            <td class="end faint">
                <RelativeTime at=run.created_at />
            </td>
        </tr>
    }
    .into_any()
}

/// How a run was started, in words.
#[must_use]
pub fn trigger_word(trigger: &str) -> &str {
    match trigger {
        "manual" => "Manual",
        "api" => "API",
        "cli" => "Command line",
        other => other,
    }
}

/// The end of an id: v7 ids begin with the time, so that those of one hour look alike.
#[must_use]
pub fn short_id(id: Uuid) -> String {
    let text = id.simple().to_string();
    text[text.len() - 7..].to_owned()
}
