//! The switch of a workflow: whether its triggers fire.

use crate::ui::{
    components::toast::Toasts,
    server_fns::{
        session::with_session,
        triggers::{SetActive, set_active},
    },
};
use leptos::prelude::*;
use server_fn::ServerFn;
use uuid::Uuid;

/// A switch that works as a plain form too.
#[component]
pub fn ActiveSwitch(
    id: Uuid,
    is_active: bool,
    /// Told what it is after it was switched.
    #[prop(optional, into)]
    changed: Option<Callback<bool>>,
) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let on = RwSignal::new(is_active);
    let pending = StoredValue::new(false);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if pending.get_value() {
            return;
        }
        pending.set_value(true);
        let wanted = !on.get_untracked();
        on.set(wanted);
        leptos::task::spawn_local(async move {
            match with_session(|| set_active(id, wanted)).await {
                Ok(()) => {
                    if let Some(changed) = changed {
                        changed.run(wanted);
                    }
                }
                Err(error) => {
                    on.try_set(!wanted);
                    toasts.failure(error.message);
                }
            }
            pending.try_set_value(false);
        });
    };
    let word = move || if on.get() { "On" } else { "Off" };
    let title = move || {
        if on.get() {
            "Schedules and webhooks of this workflow are on"
        } else {
            "Schedules and webhooks of this workflow are off"
        }
    };
    view! {
        <form method="post" action=SetActive::url() class="switch-form" on:submit=submit>
            <input type="hidden" name="workflow" value=id.to_string() />
            <input type="hidden" name="is_active" value=move || (!on.get()).to_string() />
            <button
                type="submit"
                class="switch"
                role="switch"
                aria-checked=move || on.get().to_string()
                aria-label="Triggers of this workflow"
                title=title
                data-testid="active-switch"
            >
                <span class="switch__track" aria-hidden="true"></span>
                <span class="switch__word">{word}</span>
            </button>
        </form>
    }
    .into_any()
}
