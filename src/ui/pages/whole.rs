//! What stands for a whole page: while what it shows is read, and where that failed.

use super::{error::ErrorView, layout::TopBar};
use crate::ui::{components::empty::SkeletonRows, server_fns::error::UiError};
use leptos::prelude::*;

/// A page whose contents are on their way.
#[component]
pub fn WaitingPage(
    title: &'static str,
    #[prop(optional)] crumbs: Vec<(String, String)>,
    rows: u32,
    #[prop(default = "content")] class: &'static str,
) -> impl IntoView {
    view! {
        <TopBar title crumbs />
        <main class=class>
            <SkeletonRows rows />
        </main>
    }
    .into_any()
}

/// A page whose contents could not be read; `crumbs` lead on.
#[component]
pub fn FailedPage(title: &'static str, crumbs: Vec<(String, String)>, error: UiError) -> impl IntoView {
    view! {
        <TopBar title crumbs />
        <main class="content">
            <ErrorView error />
        </main>
    }
    .into_any()
}
