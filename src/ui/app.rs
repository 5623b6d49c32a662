//! The root component: contexts, router, routes.

use super::{
    components::{
        empty::Empty,
        time::Now,
        toast::{ToastArea, Toasts},
    },
    preferences::Preferences,
};
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{Router, Routes};

/// The application below `<body>`; the same on both sides.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_context(RwSignal::new(Preferences::current()));
    Toasts::provide();
    Now::provide();
    let (is_routing, set_is_routing) = signal(false);

    view! {
        <Title formatter=|text: String| if text.is_empty() { "Millrace".to_owned() } else { format!("{text} · Millrace") } />
        <Router set_is_routing>
            <div class="loading-line" class:is-on=is_routing aria-hidden="true"></div>
            <Routes fallback=NotFound>{()}</Routes>
            <ToastArea />
        </Router>
    }
}

/// For addresses that lead nowhere.
#[component]
pub fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <Title text="Not found" />
        <main class="empty--page empty">
            <Empty
                icon="search"
                title="There is no page here"
                text="The address may be mistyped, or what it named was deleted."
            >
                <a class="btn btn--primary" href="/">
                    "Go to your workflows"
                </a>
            </Empty>
        </main>
    }
    .into_any()
}
