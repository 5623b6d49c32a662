//! The ways to other pages of a list.

use super::icon::Icon;
use leptos::prelude::*;

/// Back to the beginning and on to the next page: an address each where there is such a page; `words` for the two.
#[component]
pub fn Pager(
    #[prop(optional_no_strip)] first: Option<String>,
    next: Option<String>,
    #[prop(default = ("Newest", "Older"))] words: (&'static str, &'static str),
) -> impl IntoView {
    view! {
        <nav class="pager" aria-label="Pages">
            {first
                .map(|href| {
                    view! {
                        <a class="btn btn--sm" href=href data-testid="first-page">
                            {words.0}
                        </a>
                    }
                })}
            {next
                .map(|href| {
                    view! {
                        <a class="btn btn--sm" href=href rel="next" data-testid="next-page">
                            {words.1}
                            <Icon name="arrow-right" class="icon--sm" />
                        </a>
                    }
                })}
        </nav>
    }
    .into_any()
}
