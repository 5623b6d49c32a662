//! The start page: workflows with how their last runs went, or templates where there are none yet.

mod create;
mod list;
mod recent;
mod row;
mod wanted;

use super::{error::ErrorView, layout::TopBar, templates::TemplateCards, whole::WaitingPage};
use crate::{
    api::templates::TemplateCard,
    ui::{
        components::{empty::SkeletonRows, icon::Icon},
        server_fns::{
            session::with_session,
            workflows::{list_templates, list_workflows},
        },
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use uuid::Uuid;

/// How many templates the first visit shows.
const FIRST: usize = 3;

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
    let templates = Resource::new(|| (), |()| with_session(list_templates));
    let creating = RwSignal::new(false);
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
                            view! { <FirstVisit templates=templates.unwrap_or_default() /> }.into_any()
                        }
                        Ok(page) => view! { <list::WorkflowList items=page.items /> }.into_any(),
                    }
                })}
            </Transition>
        </main>
        <create::CreateDialog open=creating />
    }
    .into_any()
}

/// The first five minutes: three workflows that work, and the way to all of them.
#[component]
fn FirstVisit(templates: Vec<TemplateCard>) -> impl IntoView {
    let (title, lead) = if templates.is_empty() {
        ("Draw your first workflow", "Press New workflow, add a step, and draw from its dot to the next one.")
    } else {
        (
            "Start from a template",
            "Each one is a working workflow: open it, press Run, watch every step. Or begin with an empty canvas.",
        )
    };
    let rest = templates.len().saturating_sub(FIRST);
    let templates = templates.into_iter().take(FIRST).collect();
    view! {
        <section class="first-visit" data-testid="first-visit">
            <h2>{title}</h2>
            <p>{lead}</p>
            <TemplateCards templates />
            {(rest > 0)
                .then(|| {
                    view! {
                        <a class="link first-visit__more" href="/templates">
                            {format!("See {rest} more, and what each of them touches")}
                        </a>
                    }
                })}
        </section>
    }
    .into_any()
}
