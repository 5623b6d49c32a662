//! Whom to tell of failed runs, and how that went last.

use super::deeds::{Deeds, error_of};
use crate::{
    api::triggers::{FailureNotice, NoticeOutcome},
    ui::{
        components::{field::Field, icon::Icon, time::RelativeTime},
        pages::runs::short_id,
    },
};
use leptos::{form::ActionForm, prelude::*};
use uuid::Uuid;

const FIELDS: &[&str] = &["url"];

#[component]
pub(super) fn FailureNoticeForm(workflow: Uuid, notice: FailureNotice) -> impl IntoView {
    let deeds = expect_context::<Deeds>();
    let value = deeds.notice.value();
    view! {
        <section class="section" aria-labelledby="failure-notice">
            <div class="section__head">
                <h2 id="failure-notice">"When a run fails"</h2>
            </div>
            <ActionForm action=deeds.notice attr:class="card triggers__form" attr:data-testid="notice-form">
                <input type="hidden" name="workflow" value=workflow.to_string() />
                <Field
                    id="notice-url"
                    label="Tell this address"
                    side="optional"
                    hint="It gets a POST with the run and why it failed, again until it answers with success. Leave it empty to tell nobody."
                    error=Signal::derive(move || {
                        let own = error_of(value, "url", FIELDS).get();
                        if own.is_empty() { error_of(value, "", FIELDS).get() } else { own }
                    })
                >
                    <input
                        class="input"
                        id="notice-url"
                        name="url"
                        inputmode="url"
                        maxlength="2000"
                        autocomplete="off"
                        spellcheck="false"
                        placeholder="https://chat.example.org/hooks/…"
                        value=notice.url.unwrap_or_default()
                    />
                </Field>
                {notice.last.map(|last| view! { <Last workflow last /> })}
                <div class="triggers__ask">
                    <button
                        type="submit"
                        class="btn btn--sm"
                        data-testid="save-notice"
                        disabled=move || deeds.notice.pending().get()
                    >
                        <Icon name="bell" class="icon--sm" />
                        "Save"
                    </button>
                </div>
            </ActionForm>
        </section>
    }
    .into_any()
}

#[component]
fn Last(workflow: Uuid, last: NoticeOutcome) -> impl IntoView {
    let (tone, word) = match (last.sent_at, last.due_at) {
        (Some(_), _) => ("tone-green", "Taken"),
        (None, Some(_)) => ("tone-amber", "Trying"),
        (None, None) => ("tone-red", "Given up"),
    };
    let tried = match last.attempts {
        1 => "after 1 attempt".to_owned(),
        many => format!("after {many} attempts"),
    };
    view! {
        <p class="triggers__last" data-testid="last-notice">
            <span class=format!("chip chip--sm {tone}")>{word}</span>
            <span class="faint">
                <RelativeTime at=last.created_at />
            </span>
            <span class="muted">{tried}</span>
            <a class="link" href=format!("/workflows/{workflow}/runs/{}", last.run_id)>
                "Run "
                {short_id(last.run_id)}
            </a>
            {last.error.map(|text| view! { <span class="muted">{text}</span> })}
        </p>
    }
    .into_any()
}
