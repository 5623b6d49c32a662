//! What can be done with a model elsewhere: ask it for a word, remove it.

use crate::ui::{
    components::{confirm::Confirm, icon::Icon, toast::Toasts},
    pages::{form::FormState, uses::UsesWarning},
    server_fns::{
        models::{remove_model, test_model},
        session::with_session,
    },
};
use leptos::prelude::*;

/// The buttons of the card.
#[component]
pub(super) fn RemoteDeeds(name: String, changed: Callback<()>) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let asking = RwSignal::new(false);
    let testing = FormState::new();
    let tested = name.clone();
    let test = move |_| {
        let (name, told) = (tested.clone(), tested.clone());
        testing.run_or(
            with_session(move || test_model(name.clone())),
            move |reply| {
                let ms = reply.time_to_first_token_ms;
                toasts.success(format!("“{told}” answers “{}”, after {ms} ms.", reply.text));
            },
            move |error| toasts.failure(error.message),
        );
    };
    view! {
        <div class="model__deeds needs-script">
            <button
                type="button"
                class="btn btn--sm"
                data-testid="test-model"
                disabled=testing.pending()
                on:click=test
            >
                <Icon name="play" class="icon--sm" />
                {move || if testing.pending().get() { "Asking…" } else { "Test" }}
            </button>
            <button
                type="button"
                class="btn btn--ghost btn--sm"
                aria-label=format!("Remove {name}")
                data-testid="remove-model"
                on:click=move |_| asking.set(true)
            >
                <Icon name="trash" class="icon--sm" />
                "Remove"
            </button>
        </div>
        <Remove name asking changed />
    }
    .into_any()
}

#[component]
fn Remove(name: String, asking: RwSignal<bool>, changed: Callback<()>) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let state = FormState::new();
    let title = format!("Remove “{name}”?");
    let known = Signal::stored(name.clone());
    let confirmed = Callback::new(move |()| {
        let (gone, toast) = (name.clone(), format!("“{name}” is removed."));
        state.run_or(
            with_session(move || remove_model(gone.clone())),
            move |()| {
                asking.set(false);
                toasts.success(toast);
                changed.run(());
            },
            move |error| toasts.failure(error.message),
        );
    });
    view! {
        <Confirm open=asking title verb="Remove model" pending=state.pending() confirmed>
            <p>"The service itself is left alone, and so is its credential."</p>
            <UsesWarning open=asking kind="model" name=known text="These steps fail until they name another model:" />
        </Confirm>
    }
    .into_any()
}
