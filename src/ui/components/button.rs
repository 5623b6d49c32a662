//! Buttons that do something common by themselves, and the one that is an icon.

use super::{icon::Icon, toast::Toasts};
use crate::ui::browser;
use leptos::prelude::*;

/// Copies a text and says so by its icon for a moment.
#[component]
pub fn CopyButton(
    /// Asked when the button is pressed.
    #[prop(into)]
    text: Callback<(), String>,
    /// What is copied, for the label.
    #[prop(default = "value")]
    what: &'static str,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let toasts = use_context::<Toasts>();
    let copy = move |_| {
        if browser::copy(&text.run(())) {
            copied.set(true);
            set_timeout(
                move || {
                    copied.try_set(false);
                },
                std::time::Duration::from_millis(1600),
            );
        } else if let Some(toasts) = toasts {
            toasts.failure(
                "This browser lets nothing be copied from a page without https. Select the text instead.",
            );
        }
    };
    view! {
        <button
            type="button"
            class="btn btn--ghost btn--icon btn--sm"
            aria-label=move || if copied.get() { "Copied".to_owned() } else { format!("Copy {what}") }
            title=format!("Copy {what}")
            on:click=copy
        >
            {move || view! { <Icon name=if copied.get() { "check" } else { "copy" } class="icon--sm" /> }}
        </button>
    }
}

/// A small button that is one icon; its words are its name and stand beside the pointer.
#[component]
pub fn IconButton(
    icon: &'static str,
    #[prop(into)] label: Signal<&'static str>,
    /// It cannot be pressed now.
    #[prop(optional, into)]
    off: MaybeProp<bool>,
    #[prop(into)] act: Callback<()>,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="btn btn--ghost btn--icon btn--sm"
            title=label
            aria-label=label
            disabled=move || off.get().unwrap_or(false)
            on:click=move |_| act.run(())
        >
            <Icon name=icon class="icon--sm" />
        </button>
    }
}
