//! The start page: workflows with how their last runs went, or templates where there are none yet.

pub mod create;
pub mod first;
mod list;
mod recent;
mod row;
mod wanted;

use super::{
    error::ErrorView,
    layout::TopBar,
    others::{Other, other_page},
    whole::WaitingPage,
};
use crate::ui::{
    components::{empty::SkeletonRows, icon::Icon},
    server_fns::{
        session::with_session,
        workflows::{list_workflows, templates_text},
    },
};
use first::FirstTemplates;
use leptos::prelude::*;
use leptos_meta::Title;
use uuid::Uuid;

/// Workflows that are deleted as soon as their message in the corner is gone; in context of all pages, because one may
/// leave the list meanwhile.
#[derive(Clone, Copy)]
pub struct Leaving(RwSignal<Vec<Uuid>>);

impl Leaving {
    /// Puts an empty list into context.
    pub fn provide() {
        provide_context(Self(RwSignal::new(Vec::new())));
    }
}

/// `/`.
#[component]
pub fn Dashboard() -> impl IntoView {
    // Not in a closure, which the server would call several times: what the page reads is read once.
    view! { <Suspense fallback=Waiting>{Suspend::new(dashboard_page())}</Suspense> }.into_any()
}

#[component]
fn Waiting() -> impl IntoView {
    view! { <WaitingPage title="Workflows" rows=5 /> }
}

/// What one has, or where to start. A part of its own, so that the other pages do not carry it with them.
#[lazy]
pub fn dashboard_page() -> AnyView {
    let workflows = Resource::new(|| (), |()| with_session(|| list_workflows(None)));
    let templates = Resource::new(|| (), |()| with_session(templates_text));
    let creating = RwSignal::new(false);
    // The dialog comes when it is first wanted.
    let has_created = Memo::new(move |before: Option<&bool>| before == Some(&true) || creating.get());
    view! {
        <Title text="Workflows" />
        <TopBar title="Workflows">
            <a class="btn btn--ghost" href="/templates" aria-label="Templates" data-testid="all-templates">
                <Icon name="file-text" />
                <span class="wide-only">"Templates"</span>
            </a>
            <button
                type="button"
                class="btn btn--primary"
                data-testid="new-workflow"
                on:click=move |_| creating.set(true)
            >
                <Icon name="plus" />
                "New workflow"
            </button>
        </TopBar>
        <main class="content">
            <Transition fallback=|| view! { <SkeletonRows /> }>
                {move || Suspend::new(async move {
                    let (workflows, templates) = (workflows.await, templates.await);
                    match workflows {
                        Err(error) => view! { <ErrorView error /> }.into_any(),
                        Ok(page) if page.items.is_empty() => {
                            provide_context(FirstTemplates(StoredValue::new(templates.unwrap_or_default())));
                            view! { <Suspense>{Suspend::new(other_page(Other::FirstVisit))}</Suspense> }.into_any()
                        }
                        Ok(page) => view! { <list::WorkflowList items=page.items /> }.into_any(),
                    }
                })}
            </Transition>
        </main>
        {move || {
            has_created.get().then(|| {
                view! { <Suspense>{Suspend::new(other_page(Other::Create(creating)))}</Suspense> }.into_any()
            })
        }}
    }
    .into_any()
}
