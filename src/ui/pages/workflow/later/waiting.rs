//! What stands for the second part of the editor until it is there, and where it could not be loaded. What was asked for
//! meanwhile opens when it comes.

use super::{super::keys::Desk, Arrival};
use crate::ui::components::{empty::SkeletonRows, icon::Icon};
use leptos::prelude::*;

/// Over the canvas: the panels, or their outlines.
#[component]
pub fn Inside() -> impl IntoView {
    let desk = expect_context::<Desk>();
    move || match desk.later.arrival.get() {
        Arrival::There(tools) => (tools.inside)(),
        Arrival::Coming => view! { <Outlines desk /> }.into_any(),
        Arrival::Lost => view! { <LostBar desk /> }.into_any(),
    }
}

/// Beside the canvas: the dialogs.
#[component]
pub fn Outside() -> impl IntoView {
    let desk = expect_context::<Desk>();
    move || desk.later.tools().map(|tools| (tools.outside)())
}

/// The panels that were asked for, empty, and a word on what else is awaited.
#[component]
fn Outlines(desk: Desk) -> impl IntoView {
    let Desk { editing, running, later, .. } = desk;
    // As the panel decides it: one step, or several things.
    let has_chosen = Memo::new(move |_| {
        editing.selection.with(|s| s.single_node().is_some() || s.nodes().len() + s.edges().len() > 1)
    });
    let wants_step = Memo::new(move |_| editing.palette.with(Option::is_some));
    let drawer = |class: &'static str, label: &'static str| {
        view! {
            <aside class=class aria-label=label aria-busy="true" data-testid="drawer-waiting">
                <div class="drawer__body">
                    <SkeletonRows rows=6 />
                </div>
            </aside>
        }
    };
    let word = move || {
        if running.asking.get() {
            return Some("The run dialog opens as soon as the check of the workflow is loaded.");
        }
        let asked = later.is_awaited.get() || running.shaping.get() || desk.help.get() || desk.find.get();
        asked.then_some("One moment: this part of the editor is on its way.")
    };
    view! {
        {move || wants_step.get().then(|| drawer("drawer palette", "Add a step"))}
        {move || has_chosen.get().then(|| drawer("drawer config", "Settings of the step"))}
        {move || {
            word()
                .map(|word| {
                    view! {
                        <div class="editor__bar notice" role="status" data-testid="part-waiting">
                            <Icon name="loader" class="spin" />
                            <div>{word}</div>
                        </div>
                    }
                })
        }}
    }
    .into_any()
}

/// Says that the part is missing, and tries again.
#[component]
fn LostBar(desk: Desk) -> impl IntoView {
    view! {
        <div class="editor__bar notice tone-red" role="alert" data-testid="part-lost">
            <Icon name="alert" />
            <div>
                "A part of the editor could not be loaded: settings of steps, checks and runs are missing. Steps can be moved and are saved."
            </div>
            <button type="button" class="btn btn--sm" data-testid="part-again" on:click=move |_| desk.later.load(desk)>
                "Try again"
            </button>
        </div>
    }
    .into_any()
}
