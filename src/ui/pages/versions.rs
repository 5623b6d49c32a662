//! The snapshots of a workflow: what each was, what changed, and the way back. Which one, and compared with what, is in
//! the address, so that everything here works without a script.

mod changes;
pub mod compared;
mod contents;
mod fields;
mod lines;
mod list;
mod restore;

use super::{
    beside::{Beside, beside_page},
    layout::TopBar,
    runs::parse_id,
    whole::{FailedPage, WaitingPage},
};
use crate::{
    api::workflows::{VersionDetail, VersionSummary},
    ui::{
        canvas::compare::Words,
        components::{empty::Empty, icon::Icon, time::RelativeTime},
        server_fns::{
            error::UiError,
            session::with_session,
            versions::{diff_versions, get_version, list_versions},
            workflows::{get_workflow, workflow_name},
        },
    },
    workflow::{diff::WorkflowDiff, document::Workflow},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const PAGE: u32 = 100;

/// What the address asks for.
#[derive(Debug, Clone, PartialEq)]
struct Wanted {
    workflow: Option<String>,
    /// The version that is looked at; none: the newest.
    number: Option<String>,
    compare: Compare,
    after: Option<String>,
    /// Something was restored: what was read before is out of date.
    kept: Option<String>,
}

/// What is shown of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Compare {
    /// What changed from it to the workflow as it is now.
    Draft,
    /// What changed between it and another one.
    With(i32),
    /// Nothing: what it holds.
    Alone,
}

impl Compare {
    fn read(word: Option<&str>) -> Self {
        match word {
            Some("none") => Self::Alone,
            Some(word) => word.parse().map_or(Self::Draft, Self::With),
            None => Self::Draft,
        }
    }

    /// The address of this look at a version.
    fn href(self, workflow: Uuid, number: i32) -> String {
        let path = format!("/workflows/{workflow}/versions/{number}");
        match self {
            Self::Draft => path,
            Self::With(other) => format!("{path}?with={other}"),
            Self::Alone => format!("{path}?with=none"),
        }
    }
}

/// Everything that the page shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Shown {
    workflow: Uuid,
    name: String,
    versions: Vec<VersionSummary>,
    /// Where older ones begin.
    next: Option<String>,
    chosen: Option<VersionDetail>,
    compare: Compare,
    /// From the older to the newer.
    changes: Option<WorkflowDiff>,
    /// What the chosen one is compared with.
    other: Option<Workflow>,
}

/// `/workflows/:id/versions` and `/workflows/:id/versions/:number`.
#[component]
pub fn VersionsPage() -> impl IntoView {
    // Not in a closure, which the server would call several times: what the page reads is read once.
    view! { <Suspense fallback=Waiting>{Suspend::new(beside_page(Beside::Versions))}</Suspense> }.into_any()
}

#[component]
fn Waiting() -> impl IntoView {
    view! { <WaitingPage title="Versions" rows=6 /> }
}

/// The page with what it reads.
pub fn versions_page() -> AnyView {
    let params = use_params_map();
    let query = use_query_map();
    let wanted = Memo::new(move |_| Wanted {
        workflow: params.with(|p| p.get("id")),
        number: params.with(|p| p.get("number")),
        compare: Compare::read(query.with(|q| q.get("with")).as_deref()),
        after: query.with(|q| q.get("after")),
        kept: query.with(|q| q.get("kept")),
    });
    let shown = Resource::new(move || wanted.get(), read);
    view! {
        <Transition fallback=Waiting>
            {move || Suspend::new(async move {
                match shown.await {
                    Ok(shown) => versions_view(shown),
                    Err(error) => view! { <FailedPage title="Versions" crumbs=vec![("/".to_owned(), "Workflows".to_owned())] error /> }.into_any(),
                }
            })}
        </Transition>
    }
    .into_any()
}

async fn read(wanted: Wanted) -> Result<Shown, UiError> {
    let nowhere = || UiError::not_found("There is no such version.");
    let workflow = parse_id(wanted.workflow.as_deref())?.ok_or_else(nowhere)?;
    let number = wanted.number.map(|text| text.parse::<i32>().map_err(|_| nowhere())).transpose()?;
    let name = with_session(|| workflow_name(workflow)).await?;
    let page = with_session(|| list_versions(workflow, wanted.after.clone(), PAGE)).await?;
    let number = number.or(page.items.first().map(|v| v.number));
    let mut shown = Shown {
        workflow,
        name,
        versions: page.items,
        next: page.next,
        chosen: None,
        compare: wanted.compare,
        changes: None,
        other: None,
    };
    if let Some(number) = number {
        shown.chosen = Some(with_session(|| get_version(workflow, number)).await?);
        match wanted.compare {
            Compare::Alone => {}
            Compare::Draft => {
                shown.changes = Some(with_session(|| diff_versions(workflow, number, None)).await?);
                shown.other = Some(with_session(|| get_workflow(workflow)).await?.document);
            }
            Compare::With(other) => {
                let (from, to) = (number.min(other), number.max(other));
                shown.changes = Some(with_session(|| diff_versions(workflow, from, Some(to))).await?);
                shown.other = Some(with_session(|| get_version(workflow, other)).await?.document);
            }
        }
    }
    Ok(shown)
}

/// The page itself.
fn versions_view(shown: Shown) -> AnyView {
    let workflow = shown.workflow;
    let crumbs = vec![
        ("/".to_owned(), "Workflows".to_owned()),
        (format!("/workflows/{workflow}"), shown.name.clone()),
    ];
    let chosen = shown.chosen.clone();
    let body = match chosen {
        Some(version) => view! {
            <div class="versions">
                <list::VersionList shown=shown.clone() />
                <section class="card versions__one" aria-label="Chosen version">
                    <Head version=version.clone() shown=shown.clone() />
                    <restore::Restore workflow number=version.number />
                    {match (shown.changes, shown.other) {
                        (Some(changes), Some(other)) => {
                            let (old, new) = match shown.compare {
                                Compare::With(with) if with < version.number => (other, version.document),
                                _ => (version.document, other),
                            };
                            view! { <compared::Compared old new changes words=Words::HISTORY /> }.into_any()
                        }
                        _ => view! { <contents::Contents version /> }.into_any(),
                    }}
                </section>
            </div>
        }
        .into_any(),
        None => view! {
            <div class="table-wrap">
                <Empty
                    icon="history"
                    title="No version yet"
                    text="A version is kept of the workflow as it was when it ran. Run it, and the first one is here."
                >
                    <a class="btn" href=format!("/workflows/{workflow}")>
                        "Open the workflow"
                    </a>
                </Empty>
            </div>
        }
        .into_any(),
    };
    view! {
        <Title text=format!("Versions of {}", shown.name) />
        <TopBar title="Versions" crumbs>
            <a class="btn" href=format!("/workflows/{workflow}")>
                <Icon name="workflow" />
                <span class="wide-only">"Open workflow"</span>
            </a>
        </TopBar>
        <main class="content content--wide">{body}</main>
    }
    .into_any()
}

/// Which version this is, and what to compare it with.
#[component]
fn Head(version: VersionDetail, shown: Shown) -> impl IntoView {
    let (workflow, number) = (shown.workflow, version.number);
    let before = shown.versions.iter().map(|v| v.number).filter(|n| *n < number).max();
    let with = match shown.compare {
        Compare::With(other) => Some(other),
        _ => before,
    };
    let looks = [
        Some((Compare::Draft, "Against the workflow as it is now".to_owned(), "compare-draft")),
        with.map(|other| (Compare::With(other), format!("Against version {other}"), "compare-version")),
        Some((Compare::Alone, "Contents".to_owned(), "compare-none")),
    ];
    let digest: String = version.digest.chars().take(8).collect();
    view! {
        <div class="card__head versions__head">
            <h2>"Version " {number}</h2>
            <span class="faint">
                <RelativeTime at=version.created_at />
            </span>
            <code class="faint" title=format!("Digest {}", version.digest)>
                {digest}
            </code>
            <restore::RestoreLink workflow number />
            <span class="spacer"></span>
            <nav class="segmented" aria-label="What is shown">
                {looks
                    .into_iter()
                    .flatten()
                    .map(|(compare, word, testid)| {
                        view! {
                            <a
                                class="segmented__item"
                                href=compare.href(workflow, number)
                                data-noscroll=""
                                aria-current=(shown.compare == compare).then_some("true")
                                data-testid=testid
                            >
                                {word}
                            </a>
                        }
                    })
                    .collect_view()}
            </nav>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_what_is_compared() {
        let id = Uuid::from_u128(1);
        for compare in [Compare::Draft, Compare::With(3), Compare::Alone] {
            let href = compare.href(id, 7);
            let word = href.split("?with=").nth(1);
            assert_eq!(Compare::read(word), compare, "{href}");
        }
        assert_eq!(Compare::read(Some("nonsense")), Compare::Draft);
    }
}
