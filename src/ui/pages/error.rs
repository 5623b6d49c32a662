//! What a page shows instead of its content when loading failed.

use crate::ui::{components::empty::Empty, server_fns::error::UiError};
use leptos::prelude::*;
use leptos_meta::Title;

/// An error in the place of the content, with the one thing to do next.
#[component]
pub fn ErrorView(error: UiError) -> impl IntoView {
    let (icon, title) = match error.status {
        404 => ("search", "This is not here"),
        401 => ("key", "Sign in to see this"),
        403 => ("lock", "This is not yours to see"),
        0 => ("cloud-off", "Millrace can't be reached"),
        _ => ("alert", "This could not be loaded"),
    };
    let (href, word) = match error.status {
        403 | 404 => ("/", "Go to your workflows"),
        401 => ("/sign-in", "Sign in"),
        _ => ("", "Load again"),
    };
    view! {
        <div data-testid="error" role="alert">
            <Empty icon title text=error.message>
                <a class="btn" href=href rel="external">
                    {word}
                </a>
            </Empty>
        </div>
    }
    .into_any()
}

/// For addresses that lead nowhere.
#[component]
pub fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::ui::server_fns::session::reply_with_status(404);
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
