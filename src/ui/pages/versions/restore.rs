//! Putting a version back: asked once, and with the way back afterwards.

use crate::ui::{
    components::{empty::Notice, icon::Icon, toast::Toasts},
    pages::refusal::refusal,
    server_fns::{
        session::with_session,
        versions::{RestoreVersion, restore_version},
    },
};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use server_fn::ServerFn;
use uuid::Uuid;

/// The way to the question.
#[component]
pub(super) fn RestoreLink(workflow: Uuid, number: i32) -> impl IntoView {
    let query = use_query_map();
    let is_asked = Memo::new(move |_| query.with(|q| q.get("restore").or(q.get("restored")).is_some()));
    move || {
        (!is_asked.get()).then(|| {
            view! {
                <a
                    class="btn btn--sm"
                    href=format!("/workflows/{workflow}/versions/{number}?restore=1")
                    data-noscroll=""
                    data-testid="restore-version"
                >
                    <Icon name="undo" class="icon--sm" />
                    "Restore"
                </a>
            }
        })
    }
}

/// The question, a refusal, or that it is done.
#[component]
pub(super) fn Restore(workflow: Uuid, number: i32) -> impl IntoView {
    let query = use_query_map();
    let params = use_params_map();
    // The address changes before the version that it names is read. Until then this is still the one before, and must
    // not ask what was meant for the other.
    let is_meant = move || params.with(|p| p.get("number")).is_some_and(|n| n.parse() == Ok(number));
    let word = move |key: &'static str| Memo::new(move |_| query.with(|q| q.get(key)).filter(|_| is_meant()));
    let (asks, restored, kept) = (word("restore"), word("restored"), word("kept"));
    let refused = refusal(&[RestoreVersion::PATH]).map(|text| {
        view! {
            <Notice tone="tone-red" icon="alert">
                {text}
            </Notice>
        }
    });
    view! {
        <div class="versions__restore">
            {refused}
            {move || {
                if restored.get().is_some() {
                    view! { <Done workflow number kept=kept.get() /> }.into_any()
                } else if asks.get().is_some() {
                    view! { <Question workflow number /> }.into_any()
                } else {
                    ().into_any()
                }
            }}
        </div>
    }
    .into_any()
}

#[component]
fn Question(workflow: Uuid, number: i32) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let pending = StoredValue::new(false);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if pending.get_value() {
            return;
        }
        pending.set_value(true);
        leptos::task::spawn_local(async move {
            if let Err(error) = with_session(|| restore_version(workflow, number)).await {
                toasts.failure(error.message);
            }
            pending.try_set_value(false);
        });
    };
    view! {
        <Notice tone="tone-amber" icon="undo">
            <p>
                "The steps, edges, input schema and variables of the workflow become those of version " {number}
                ". What the workflow is now is kept as a version, so that you can go back to it."
            </p>
            <form method="post" action=RestoreVersion::url() class="versions__ask" on:submit=submit>
                <input type="hidden" name="workflow" value=workflow.to_string() />
                <input type="hidden" name="number" value=number.to_string() />
                <button type="submit" class="btn btn--primary btn--sm" data-testid="restore-confirm">
                    "Restore version "
                    {number}
                </button>
                <a
                    class="btn btn--ghost btn--sm"
                    href=format!("/workflows/{workflow}/versions/{number}")
                    data-noscroll=""
                >
                    "Leave it as it is"
                </a>
            </form>
        </Notice>
    }
    .into_any()
}

/// That it is done, and how to take it back.
#[component]
fn Done(workflow: Uuid, number: i32, kept: Option<String>) -> impl IntoView {
    let kept = kept.and_then(|text| text.parse::<i32>().ok());
    view! {
        <div data-testid="restored">
            <Notice tone="tone-green" icon="check">
                <p>
                    "The workflow is as it was in version " {number} ". "
                    {kept
                        .map(|kept| {
                            view! {
                                "What it was before is version "
                                {kept}
                                ": "
                                <a
                                    class="link"
                                    href=format!("/workflows/{workflow}/versions/{kept}?restore=1")
                                    data-testid="restore-undo"
                                >
                                    "take the restore back"
                                </a>
                                ", or "
                            }
                        })} <a class="link" href=format!("/workflows/{workflow}")>
                        "open the workflow"
                    </a> "."
                </p>
            </Notice>
        </div>
    }
    .into_any()
}
