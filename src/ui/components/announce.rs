//! Says to screen readers what only colours and icons show: how the run that is followed stands.

use super::{run_feed::RunFeed, status::look};
use leptos::prelude::*;

/// Read out at each change of the run's state; silent until the first.
#[component]
pub fn AnnounceRun(feed: RunFeed) -> impl IntoView {
    let word = Memo::new(move |_| feed.status.get().map(|status| look(status.as_str()).2.to_lowercase()));
    view! {
        <p class="sr-only" role="status" data-testid="run-announced">
            {move || word.get().map(|word| format!("Run {word}"))}
        </p>
    }
    .into_any()
}
