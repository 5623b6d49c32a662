//! The form of a webhook, and its secret when it is new.

use super::{
    card::{address, curl},
    deeds::{Deeds, error_of},
    form::{About, Foot, NameField},
};
use crate::{
    api::triggers::{HookMode, TriggerView},
    ui::components::{button::CopyButton, empty::Notice, field::Field},
};
use leptos::{form::ActionForm, prelude::*};
use uuid::Uuid;

const FIELDS: &[&str] = &["name", "secret", "wait_seconds"];

/// For a new webhook, or for `trigger`.
#[component]
pub(super) fn WebhookForm(
    workflow: Uuid,
    #[prop(optional)] trigger: Option<TriggerView>,
    /// A secret to begin with.
    #[prop(optional)]
    suggested: String,
) -> impl IntoView {
    let deeds = expect_context::<Deeds>();
    let value = deeds.webhook.value();
    let is_new = trigger.is_none();
    let name = trigger.as_ref().map(|t| t.name.clone()).unwrap_or_default();
    let waits = trigger.as_ref().is_some_and(|t| t.mode == Some(HookMode::Wait));
    let seconds = trigger.as_ref().and_then(|t| t.wait_seconds).unwrap_or(30);
    let id = trigger.map(|t| t.id);
    let hint = if is_new {
        "Senders give it as a bearer token, or sign with it. Copy it now: it is not shown again."
    } else {
        "Leave it empty to keep the one it has."
    };
    view! {
        <ActionForm action=deeds.webhook attr:class="card triggers__form" attr:data-testid="webhook-form">
            <About workflow trigger=id />
            <NameField value=name example="New orders" error=error_of(value, "name", FIELDS) />
            <Field id="trigger-secret" label="Secret" hint=hint error=error_of(value, "secret", FIELDS)>
                <input
                    class="input input--code"
                    id="trigger-secret"
                    name="secret"
                    maxlength="200"
                    autocomplete="off"
                    spellcheck="false"
                    value=suggested
                />
            </Field>
            <label class="check">
                <input type="checkbox" name="waits" value="yes" checked=waits />
                <span>
                    "Wait for the run"
                    <small>"The sender gets its output. Otherwise the run's id, at once."</small>
                </span>
            </label>
            <Field
                id="trigger-wait"
                label="Seconds to wait at most"
                error=error_of(value, "wait_seconds", FIELDS)
            >
                <input
                    class="input input--short"
                    id="trigger-wait"
                    name="wait_seconds"
                    type="number"
                    min="1"
                    max="600"
                    required
                    value=seconds.to_string()
                />
            </Field>
            <Foot workflow error=error_of(value, "", FIELDS) pending=deeds.webhook.pending() is_new />
        </ActionForm>
    }
    .into_any()
}

/// The secret of a webhook that was just saved with a new one.
#[component]
pub(super) fn FreshSecret(origin: String) -> impl IntoView {
    let deeds = expect_context::<Deeds>();
    move || {
        let saved = deeds.fresh.get()?;
        let secret = saved.secret.clone()?;
        let command = curl(&address(&saved, &origin), Some(&secret));
        let (copied, copied_command) = (secret.clone(), command.clone());
        Some(view! {
            <Notice tone="tone-amber" icon="key">
                <p>"Copy the secret now. It is kept sealed and cannot be shown again."</p>
                <div class="command">
                    <code data-testid="hook-secret">{secret}</code>
                    <CopyButton text=move |()| copied.clone() what="secret" />
                </div>
                <div class="command">
                    <code data-testid="hook-command">{command}</code>
                    <CopyButton text=move |()| copied_command.clone() what="command" />
                </div>
                <button type="button" class="btn btn--sm" on:click=move |_| deeds.fresh.set(None)>
                    "Done"
                </button>
            </Notice>
        })
    }
}
