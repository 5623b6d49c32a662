//! Questions before something is done: deleting a trigger, and what a test brings.

use super::{
    deeds::Deeds,
    form::{About, Back},
};
use crate::{
    api::triggers::{TriggerKind, TriggerView},
    ui::components::empty::Notice,
};
use leptos::{form::ActionForm, prelude::*};

/// Whether to delete it.
#[component]
pub(super) fn DeleteQuestion(trigger: TriggerView) -> impl IntoView {
    let deeds = expect_context::<Deeds>();
    let what = match trigger.kind {
        TriggerKind::Schedule => "The schedule fires no more. Runs that it started stay.",
        TriggerKind::Webhook => {
            "Its address answers nobody any more, and it cannot be had again. Runs that it started stay."
        }
    };
    view! {
        <Notice tone="tone-amber" icon="trash">
            <p>{what}</p>
            <ActionForm action=deeds.delete attr:class="triggers__ask">
                <About workflow=trigger.workflow_id trigger=trigger.id />
                <button type="submit" class="btn btn--danger btn--sm" data-testid="delete-confirm">
                    "Delete it"
                </button>
                <Back workflow=trigger.workflow_id word="Keep it" />
            </ActionForm>
        </Notice>
    }
    .into_any()
}

/// What the test brings.
#[component]
pub(super) fn TestForm(trigger: TriggerView) -> impl IntoView {
    let deeds = expect_context::<Deeds>();
    let (label, hint, sample) = match trigger.kind {
        TriggerKind::Schedule => {
            let own = trigger.input_data.as_ref().and_then(|value| serde_json::to_string_pretty(value).ok());
            ("Input of the run", "JSON; leave it empty for what the schedule gives.", own.unwrap_or_default())
        }
        TriggerKind::Webhook => (
            "Body of the request",
            "JSON; it becomes the input of the run.",
            "{\n  \"message\": \"a test of this webhook\"\n}".to_owned(),
        ),
    };
    view! {
        <ActionForm action=deeds.test attr:class="triggers__form">
            <About workflow=trigger.workflow_id trigger=trigger.id />
            <div class="field">
                <label class="field__label" for="test-input">
                    {label}
                </label>
                <textarea class="input input--code" id="test-input" name="input" rows="5" spellcheck="false">
                    {sample}
                </textarea>
                <p class="field__hint">{hint}</p>
            </div>
            <div class="triggers__ask">
                <button
                    type="submit"
                    class="btn btn--primary btn--sm"
                    data-testid="test-confirm"
                    disabled=move || deeds.test.pending().get()
                >
                    "Fire it now"
                </button>
                <Back workflow=trigger.workflow_id word="Cancel" />
            </div>
        </ActionForm>
    }
    .into_any()
}
