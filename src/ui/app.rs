//! The root component: contexts, router, routes.

use super::{
    components::{
        time::Now,
        toast::{ToastArea, Toasts},
    },
    pages::{
        collection::CollectionPage,
        collections::CollectionsPage,
        credentials::CredentialsPage,
        dashboard::Dashboard,
        error::NotFound,
        layout::AppShell,
        others::{Other, other},
        run::RunPage,
        table::TablePage,
        tables::TablesPage,
        triggers::TriggersPage,
        versions::VersionsPage,
        workflow::WorkflowPage,
    },
    preferences::Preferences,
};
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    path,
};

/// The application below `<body>`; the same on both sides. Pages are sent whole, so that they can be read without
/// a script and a redirect to the sign-in page is a plain HTTP redirect.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_context(RwSignal::new(Preferences::current()));
    Toasts::provide();
    Now::provide();
    let (is_routing, set_is_routing) = signal(false);
    let title =
        |text: String| if text.is_empty() { "Millrace".to_owned() } else { format!("{text} · Millrace") };

    view! {
        <Title formatter=title />
        <Router set_is_routing>
            <div class="loading-line" class:is-on=is_routing aria-hidden="true"></div>
            <Routes fallback=NotFound>
                <Route path=path!("/sign-in") view=shown(|| other(Other::SignIn)) ssr=SsrMode::Async />
                <Route path=path!("/register") view=shown(|| other(Other::Register)) ssr=SsrMode::Async />
                <ParentRoute path=path!("") view=AppShell ssr=SsrMode::Async>
                    <Route path=path!("/") view=shown(|| view! { <Dashboard /> }.into_any()) ssr=SsrMode::Async />
                    <Route path=path!("/runs") view=shown(|| other(Other::Runs)) ssr=SsrMode::Async />
                    <Route path=path!("/chat") view=shown(|| other(Other::Chat)) ssr=SsrMode::Async />
                    <Route path=path!("/workflows/:id") view=shown(|| view! { <WorkflowPage /> }.into_any()) ssr=SsrMode::Async />
                    <Route path=path!("/workflows/:id/runs") view=shown(|| other(Other::Runs)) ssr=SsrMode::Async />
                    <Route path=path!("/workflows/:id/runs/:run_id") view=shown(|| view! { <RunPage /> }.into_any()) ssr=SsrMode::Async />
                    <Route path=path!("/workflows/:id/versions") view=shown(|| view! { <VersionsPage /> }.into_any()) ssr=SsrMode::Async />
                    <Route path=path!("/workflows/:id/versions/:number") view=shown(|| view! { <VersionsPage /> }.into_any()) ssr=SsrMode::Async />
                    <Route path=path!("/workflows/:id/triggers") view=shown(|| view! { <TriggersPage /> }.into_any()) ssr=SsrMode::Async />
                    <Route path=path!("/collections") view=shown(|| view! { <CollectionsPage /> }.into_any()) ssr=SsrMode::Async />
                    <Route path=path!("/collections/:name") view=shown(|| view! { <CollectionPage /> }.into_any()) ssr=SsrMode::Async />
                    <Route path=path!("/tables") view=shown(|| view! { <TablesPage /> }.into_any()) ssr=SsrMode::Async />
                    <Route path=path!("/tables/:name") view=shown(|| view! { <TablePage /> }.into_any()) ssr=SsrMode::Async />
                    <Route path=path!("/credentials") view=shown(|| view! { <CredentialsPage /> }.into_any()) ssr=SsrMode::Async />
                    <Route path=path!("/models") view=shown(|| other(Other::Models)) ssr=SsrMode::Async />
                    <Route path=path!("/settings") view=shown(|| other(Other::Settings)) ssr=SsrMode::Async />
                    <Route path=path!("/templates") view=shown(|| other(Other::Templates)) ssr=SsrMode::Async />
                </ParentRoute>
            </Routes>
            <ToastArea />
        </Router>
    }
}

/// What a route shows, as one kind of function for all pages: routes that look alike are one piece of code then, which
/// every page loads.
fn shown(page: fn() -> AnyView) -> fn() -> AnyView {
    page
}

/// Loads the part of the program that only the page at this path needs, and which must be there before the page is
/// taken over.
#[cfg(feature = "hydrate")]
pub async fn load_part_of(path: &str) {
    use super::pages::{beside, dashboard, others, run, stock, workflow};
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let steps: Vec<_> = path.split('/').filter(|step| !step.is_empty()).collect();
    match steps[..] {
        [] => {
            dashboard::__preload_dashboard_page().await;
            // What is shown to somebody without workflows is in that part.
            if super::browser::is_there(dashboard::first::FIRST_VISIT) {
                others::__preload_other_page().await;
            }
        }
        ["workflows", _] => workflow::__preload_workflow_page().await,
        ["workflows", _, "runs", _] => run::__preload_run_page().await,
        ["workflows", _, "triggers" | "versions"] | ["workflows", _, "versions", _] => {
            beside::__preload_beside_page().await;
        }
        ["collections" | "tables"] | ["collections" | "tables", _] | ["credentials"] => {
            stock::__preload_stock_page().await;
        }
        _ if others::Other::at(&steps).is_some() => others::__preload_other_page().await,
        _ => {}
    }
}
