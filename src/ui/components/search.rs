//! Lists that words narrow: their head with the field, and which texts have the words.

use super::icon::Icon;
use leptos::{html, prelude::*};

/// The head of such a list, with a cross. The child is the field.
#[component]
pub fn SearchHead(class: &'static str, close: Callback<()>, children: Children) -> impl IntoView {
    view! {
        <div class=class>
            <div class="search">
                <Icon name="search" class="icon--sm" />
                {children()}
            </div>
            <button
                type="button"
                class="btn btn--ghost btn--icon btn--sm"
                aria-label="Close"
                on:click=move |_| close.run(())
            >
                <Icon name="x" class="icon--sm" />
            </button>
        </div>
    }
    .into_any()
}

/// Gives the field the focus once it is in the page.
pub fn focus(field: NodeRef<html::Input>) {
    if let Some(field) = field.get() {
        let _ = field.focus();
    }
}

/// Words that texts are searched for; the case does not count.
#[derive(Debug, Clone)]
pub struct Words(Vec<String>);

impl Words {
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(text.to_lowercase().split_whitespace().map(str::to_owned).collect())
    }

    /// Whether a text has them all; no words are in every text.
    #[must_use]
    pub fn are_in(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.0.iter().all(|word| text.contains(word))
    }

    /// Whether a text begins with the first of them.
    #[must_use]
    pub fn begin(&self, text: &str) -> bool {
        self.0.first().is_some_and(|first| text.to_lowercase().starts_with(first))
    }
}
