//! What can be done with the chosen step: run it again with all that follows, run it alone, pin what it gave.

use super::{
    super::running::Running,
    only::{from_here, only},
};
use crate::{
    api::runs::{NodeExecutionView, RunDetail, RunFork},
    ui::{
        canvas::editing::Editing,
        components::{icon::Icon, toast::Toasts},
        pages::stand_in,
    },
    workflow::{document::Workflow, ids::NodeId},
};
use leptos::prelude::*;

/// Makes a request out of the workflow and the last run, or says why not.
type Make = fn(&Workflow, &RunDetail, NodeId) -> Result<RunFork, String>;

fn again(document: &Workflow, _: &RunDetail, node: NodeId) -> Result<RunFork, String> {
    let name = document.node(node).map(|n| n.name.clone());
    name.map(|name| from_here(&name)).ok_or_else(|| "This step is not there any more.".to_owned())
}

/// The two ways to run from a step.
#[component]
pub(super) fn StepDeeds(node: NodeId) -> impl IntoView {
    view! {
        <ForkButton
            node
            make=again
            icon="play"
            word="Run from here"
            title="Run this step and all that follows it, on what the steps before gave last"
            testid="dock-run-from"
        />
        <ForkButton
            node
            make=only
            icon="repeat"
            word="Run only this"
            title="Run this step alone, on what the steps before gave last"
            testid="dock-run-only"
        />
    }
    .into_any()
}

#[component]
fn ForkButton(
    node: NodeId,
    make: Make,
    icon: &'static str,
    word: &'static str,
    title: &'static str,
    testid: &'static str,
) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let running = expect_context::<Running>();
    let toasts = expect_context::<Toasts>();
    let press = move |_| {
        // Never greyed out: pressing it says what is missing.
        let Some(detail) = running.known.get_untracked() else {
            toasts.failure("No run has finished yet. Run the workflow once; then a step can run on what the others gave.");
            return running.asking.set(true);
        };
        match editing.read(|document| make(document, &detail, node)) {
            Ok(fork) => running.start_again(detail.run.summary.id, fork, toasts),
            Err(words) => toasts.failure(words),
        }
    };
    view! {
        <button type="button" class="btn btn--ghost btn--sm" title=title data-testid=testid on:click=press>
            <Icon name=icon class="icon--sm" />
            {word}
        </button>
    }
}

/// Keeps what a step gave as its pinned output, or lets it go.
#[component]
pub(super) fn PinButton(step: NodeExecutionView) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let node = NodeId(step.node_id);
    let output = StoredValue::new(stand_in::value(&step));
    let is_pinned = Memo::new(move |_| {
        editing.version.track();
        editing.read(|d| {
            d.node(node).is_some_and(|n| output.with_value(|o| n.settings.pinned_output.as_ref() == Some(o)))
        })
    });
    view! {
        <button
            type="button"
            class="btn btn--ghost btn--sm"
            aria-pressed=move || is_pinned.get().to_string()
            title="Runs that use pinned outputs take this instead of running the step (P)"
            data-testid="pin-output"
            on:click=move |_| {
                let next = (!is_pinned.get_untracked()).then(|| output.get_value());
                editing.set_settings(node, None, |s| s.pinned_output = next);
            }
        >
            <Icon name="pin" class="icon--sm" />
            {move || if is_pinned.get() { "Pinned" } else { "Pin this output" }}
        </button>
    }
}
