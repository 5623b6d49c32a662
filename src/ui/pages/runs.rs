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
        server_fns::{
            error::UiError,
            runs::{RunsWanted, list_runs},
            session::{encode, with_session},
            workflows::workflow_name,
        },
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use uuid::Uuid;

const PAGE: u32 = 50;
const FILTERS: [Option<RunStatus>; 6] = [
    None,
    Some(RunStatus::Running),
    Some(RunStatus::Waiting),
    Some(RunStatus::Completed),
    Some(RunStatus::Failed),
    Some(RunStatus::Cancelled),
];

/// What the address asks for. Runs that other runs started are left out until they are asked for: one `for_each` may
/// start thousands.
#[derive(Debug, Clone, Default, PartialEq)]
struct Wanted {
    workflow: Option<String>,
    status: Option<RunStatus>,
    children: bool,
    parent: Option<String>,
    node: Option<String>,
    after: Option<String>,
}

impl Wanted {
    fn read() -> Memo<Self> {
        let params = use_params_map();
        let query = use_query_map();
        Memo::new(move |_| {
            let word = |key: &str| query.with(|q| q.get(key));
            Self {
                workflow: params.with(|p| p.get("id")),
                status: word("status").and_then(|word| RunStatus::parse(&word)),
                children: word("children").is_some(),
                parent: word("parent"),
                node: word("node"),
                after: word("after"),
            }
        })
    }

    /// The address that asks for this, from the first page.
    fn href(&self) -> String {
        let path =
            self.workflow.as_ref().map_or_else(|| "/runs".to_owned(), |id| format!("/workflows/{id}/runs"));
        let words = [
            ("parent", self.parent.clone()),
            ("node", self.node.clone()),
            ("status", self.status.map(|s| s.as_str().to_owned())),
            ("children", self.children.then(|| "1".to_owned())),
        ];
        let words: Vec<_> =
            words.into_iter().filter_map(|(key, word)| Some(format!("{key}={}", encode(&word?)))).collect();
        if words.is_empty() { path } else { format!("{path}?{}", words.join("&")) }
    }

    /// The page after this one.
    fn older(&self, next: &str) -> String {
        let href = self.href();
        let joint = if href.contains('?') { '&' } else { '?' };
        format!("{href}{joint}after={}", encode(next))
    }

    fn request(&self) -> Result<RunsWanted, UiError> {
        let parent = parse_id(self.parent.as_deref())?;
        Ok(RunsWanted {
            workflow: parse_id(self.workflow.as_deref())?,
            status: self.status,
            parent,
            parent_node: parse_id(self.node.as_deref())?,
            top_level: !self.children && parent.is_none(),
        })
    }
}

/// `/runs` and `/workflows/:id/runs`; filter and page are in the address.
#[component]
pub fn RunsPage() -> impl IntoView {
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
                                    <nav class="pager" aria-label="Pages">
                                        {wanted
                                            .after
                                            .is_some()
                                            .then(|| view! { <a class="btn btn--sm" href=wanted.href()>"Newest"</a> })}
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
    let is_plain = run.forked_from.is_none() && run.parent.is_none();
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
            <td class="muted" class:wide-only=is_plain>
                <span class="origin">
                    <span class="wide-only">{trigger_word(&run.trigger).to_owned()}</span>
                    {run
                        .forked_from
                        .map(|from| {
                            view! {
                                <span class="chip chip--sm tone-violet" title=format!("Made from run {}", short_id(from))>
                                    <Icon name="fork" />
                                    "Fork"
                                </span>
                            }
                        })}
                    {run
                        .parent
                        .map(|parent| {
                            view! {
                                <span
                                    class="chip chip--sm"
                                    title=format!("Item {} of run {}", parent.item_index + 1, short_id(parent.run_id))
                                >
                                    <Icon name="workflow" />
                                    "Child"
                                </span>
                            }
                        })}
                </span>
            </td>
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
        "parent" => "Other run",
        other => other,
    }
}

/// The end of an id: v7 ids begin with the time, so that those of one hour look alike.
#[must_use]
pub fn short_id(id: Uuid) -> String {
    let text = id.simple().to_string();
    text[text.len() - 7..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_keep_what_was_asked_for() {
        let wanted = Wanted { status: Some(RunStatus::Failed), children: true, ..Wanted::default() };
        assert_eq!(wanted.href(), "/runs?status=failed&children=1");
        assert_eq!(wanted.older("a b"), "/runs?status=failed&children=1&after=a%20b");
        let of_one = Wanted { workflow: Some("w".to_owned()), ..Wanted::default() };
        assert_eq!(
            (of_one.href(), of_one.older("x")),
            ("/workflows/w/runs".into(), "/workflows/w/runs?after=x".into())
        );
    }

    #[test]
    fn children_come_only_when_asked_for() {
        assert!(Wanted::default().request().unwrap().top_level);
        assert!(!Wanted { children: true, ..Wanted::default() }.request().unwrap().top_level);
        let id = Uuid::from_u128(5);
        let of_parent = Wanted { parent: Some(id.to_string()), ..Wanted::default() }.request().unwrap();
        assert_eq!((of_parent.parent, of_parent.top_level), (Some(id), false));
        assert!(Wanted { parent: Some("x".to_owned()), ..Wanted::default() }.request().is_err());
    }
}
