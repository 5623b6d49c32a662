//! Run history: of all workflows, or of one.

mod table;
mod wanted;

pub use table::RunsTable;

use super::{error::ErrorView, layout::TopBar};
use crate::{
    api::runs::RunStatus,
    ui::{
        components::{
            empty::{Empty, SkeletonRows},
            icon::Icon,
            pager::Pager,
            status::look,
        },
        server_fns::{error::UiError, runs::list_runs, session::with_session, workflows::workflow_name},
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use uuid::Uuid;
use wanted::Wanted;

const PAGE: u32 = 50;
const FILTERS: [Option<RunStatus>; 6] = [
    None,
    Some(RunStatus::Running),
    Some(RunStatus::Waiting),
    Some(RunStatus::Completed),
    Some(RunStatus::Failed),
    Some(RunStatus::Cancelled),
];

/// `/runs` and `/workflows/:id/runs`; filter and page are in the address.
pub fn runs_page() -> AnyView {
    let wanted = Wanted::read();
    let runs = Resource::new(
        move || wanted.get(),
        |wanted| async move {
            let request = wanted.request()?;
            with_session(|| list_runs(request.clone(), wanted.after.clone(), PAGE)).await
        },
    );
    let workflow = Memo::new(move |_| wanted.with(|w| w.workflow.clone()));
    let name = Resource::new(
        move || workflow.get(),
        |workflow| async move {
            match parse_id(workflow.as_deref())? {
                Some(id) => with_session(|| workflow_name(id)).await.map(|name| Some((id, name))),
                None => Ok(None),
            }
        },
    );

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
            <Filters wanted />
            <Transition fallback=|| view! { <SkeletonRows rows=8 /> }>
                {move || {
                    let wanted = wanted.get();
                    Suspend::new(async move {
                        match runs.await {
                            Err(error) => view! { <ErrorView error /> }.into_any(),
                            Ok(page) if page.items.is_empty() => {
                                let filtered = wanted.status.is_some() || wanted.parent.is_some();
                                let children = (!wanted.children && wanted.parent.is_none())
                                    .then(|| Wanted { children: true, after: None, ..wanted }.href());
                                view! { <NoRuns filtered children /> }.into_any()
                            }
                            Ok(page) => {
                                let older = page.next.map(|next| wanted.older(&next));
                                view! {
                                    <RunsTable runs=page.items show_workflow=wanted.workflow.is_none() />
                                    <Pager first=wanted.after.is_some().then(|| wanted.href()) next=older />
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

/// State, and whether the runs that other runs started are shown.
#[component]
fn Filters(wanted: Memo<Wanted>) -> impl IntoView {
    let children = move || {
        let with = |children| wanted.with(|w| Wanted { children, after: None, ..w.clone() }.href());
        let shown = wanted.with(|w| w.children);
        view! {
            <a
                class="btn btn--sm btn--ghost"
                href=with(!shown)
                aria-pressed=shown.to_string()
                role="button"
                title="Runs that steps of other runs started"
                data-testid="show-children"
            >
                <Icon name=if shown { "check" } else { "workflow" } class="icon--sm" />
                "Child runs"
            </a>
        }
    };
    let parent = move |parent: String| {
        let all = wanted.with(|w| Wanted { parent: None, node: None, after: None, ..w.clone() }.href());
        let short = parent.parse().map(short_id).unwrap_or_default();
        view! {
            <span class="chip tone-accent" data-testid="of-parent">
                <Icon name="workflow" />
                "Started by run "
                {short}
            </span>
            <a class="btn btn--sm btn--ghost" href=all>
                <Icon name="x" class="icon--sm" />
                "All runs"
            </a>
        }
    };
    view! {
        <nav class="runs__filters" aria-label="Filter">
            <div class="segmented">
                {FILTERS
                    .map(|status| {
                        let word = status.map_or("All", |s| look(s.as_str()).2);
                        view! {
                            <a
                                class="segmented__item"
                                href=move || wanted.with(|w| Wanted { status, after: None, ..w.clone() }.href())
                                aria-current=move || wanted.with(|w| w.status == status).then_some("true")
                            >
                                {word}
                            </a>
                        }
                    })
                    .into_iter()
                    .collect_view()}
            </div>
            {move || match wanted.with(|w| w.parent.clone()) {
                Some(id) => parent(id).into_any(),
                None => children().into_any(),
            }}
        </nav>
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
fn NoRuns(filtered: bool, children: Option<String>) -> impl IntoView {
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
                {children
                    .map(|href| {
                        view! {
                            <a class="link" href=href>
                                "Show those that other runs started"
                            </a>
                        }
                    })}
            </Empty>
        </div>
    }
}

/// How a run was started, in words.
#[must_use]
pub fn trigger_word(trigger: &str) -> &str {
    match trigger {
        "manual" => "Manual",
        "api" => "API",
        "cli" => "Command line",
        "parent" => "Other run",
        "schedule" => "Schedule",
        "webhook" => "Webhook",
        other => other,
    }
}

/// The end of an id: v7 ids begin with the time, so that those of one hour look alike.
#[must_use]
pub fn short_id(id: Uuid) -> String {
    let text = id.simple().to_string();
    text[text.len() - 7..].to_owned()
}
