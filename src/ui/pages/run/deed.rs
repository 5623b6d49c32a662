//! What can be done with a run by one press. Each is a plain form, so that it works before the page is live and
//! without a script.

use super::live::Live;
use crate::ui::{
    components::{empty::Notice, icon::Icon, toast::Toasts},
    pages::refusal::{refusal, told},
    server_fns::{
        error::UiError,
        runs::{ApproveRun, CancelRun, ResumeRun, RunAgain, cancel_run, resume_run, run_again},
        session::with_session,
    },
};
use leptos::prelude::*;
use server_fn::ServerFn;

/// What a press does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Deed {
    Cancel,
    Resume,
    /// From the beginning, or from the step of that name.
    Again(Option<String>),
}

impl Deed {
    fn url(&self) -> &'static str {
        match self {
            Self::Cancel => CancelRun::url(),
            Self::Resume => ResumeRun::url(),
            Self::Again(_) => RunAgain::url(),
        }
    }

    async fn carry_out(self, live: Live) -> Result<(), UiError> {
        let (workflow, run) = (live.workflow, live.run);
        match self {
            Self::Cancel => with_session(|| cancel_run(workflow, run)).await,
            Self::Resume => with_session(|| resume_run(workflow, run)).await.map(drop),
            Self::Again(from) => with_session(|| run_again(workflow, run, from.clone())).await.map(drop),
        }
    }
}

/// The button of a deed; those that make a new run lead to it.
#[component]
pub(super) fn Press(
    deed: Deed,
    icon: &'static str,
    word: &'static str,
    title: &'static str,
    #[prop(default = "btn")] class: &'static str,
    /// Phones see the icon only.
    #[prop(optional)]
    is_brief: bool,
    testid: &'static str,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let toasts = expect_context::<Toasts>();
    let url = deed.url();
    let from = match &deed {
        Deed::Again(from) => from.clone(),
        _ => None,
    };
    let pending = RwSignal::new(false);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        let deed = deed.clone();
        leptos::task::spawn_local(async move {
            if let Err(error) = deed.carry_out(live).await {
                toasts.failure(told(error));
                live.read_soon();
            }
            pending.try_set(false);
        });
    };
    view! {
        <form method="post" action=url class="deed" on:submit=submit>
            <input type="hidden" name="workflow" value=live.workflow.to_string() />
            <input type="hidden" name="run" value=live.run.to_string() />
            {from.map(|name| view! { <input type="hidden" name="from_node" value=name /> })}
            <button
                type="submit"
                class=class
                title=title
                aria-label=word
                data-testid=testid
                aria-disabled=move || pending.get().to_string()
            >
                <Icon name=icon />
                <span class:wide-only=is_brief>{word}</span>
            </button>
        </form>
    }
    .into_any()
}

/// Why the last press was refused, where no script could say it.
#[component]
pub(super) fn Refusals() -> impl IntoView {
    refusal(&[CancelRun::PATH, ResumeRun::PATH, RunAgain::PATH, ApproveRun::PATH]).map(|text| {
        view! {
            <Notice tone="tone-red" icon="alert">
                <span data-testid="refusal">{text}</span>
            </Notice>
        }
    })
}
