//! What the forms of triggers share: which trigger they are about, its name, what was refused, and the way back.

use super::Open;
use crate::ui::{components::field::Field, pages::form::RefusalNotice};
use leptos::prelude::*;
use uuid::Uuid;

/// Which workflow a form is about, and which trigger: none for a new one.
#[component]
pub(super) fn About(workflow: Uuid, #[prop(into)] trigger: Option<Uuid>) -> impl IntoView {
    view! {
        <input type="hidden" name="workflow" value=workflow.to_string() />
        {trigger.map(|id| view! { <input type="hidden" name="trigger" value=id.to_string() /> })}
    }
}

/// What people call it.
#[component]
pub(super) fn NameField(
    value: String,
    example: &'static str,
    /// What is wrong with it.
    error: Signal<String>,
) -> impl IntoView {
    view! {
        <Field id="trigger-name" label="Name" side="optional" error>
            <input
                class="input"
                id="trigger-name"
                name="name"
                maxlength="100"
                autocomplete="off"
                placeholder=example
                value=value
            />
        </Field>
    }
    .into_any()
}

/// What was refused, and the buttons.
#[component]
pub(super) fn Foot(
    workflow: Uuid,
    /// What is wrong and belongs to no field.
    error: Signal<String>,
    #[prop(into)] pending: Signal<bool>,
    is_new: bool,
) -> impl IntoView {
    view! {
        {move || {
            Some(error.get()).filter(|text| !text.is_empty()).map(|text| view! { <RefusalNotice text /> })
        }}
        <div class="triggers__ask">
            <button type="submit" class="btn btn--primary btn--sm" data-testid="save-trigger" disabled=pending>
                {if is_new { "Add it" } else { "Save" }}
            </button>
            <Back workflow word="Cancel" />
        </div>
    }
    .into_any()
}

/// Closes the form and changes nothing.
#[component]
pub(super) fn Back(workflow: Uuid, word: &'static str) -> impl IntoView {
    view! {
        <a class="btn btn--ghost btn--sm" href=Open::Nothing.href(workflow) data-noscroll="">
            {word}
        </a>
    }
}
