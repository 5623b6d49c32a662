//! What stands for the second part of the editor until it is there, and where it could not be loaded. What was asked for
//! meanwhile opens when it comes.

use super::{
    super::{keys::Desk, outline},
    Arrival,
};
use crate::{
    ui::{
        browser,
        components::{empty::SkeletonRows, icon::Icon},
    },
    workflow::{catalog, ids::NodeId},
};
use leptos::prelude::*;

/// Steps that are named before the list is there.
const NAMES: usize = 60;

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

/// The steps as a list.
#[component]
pub fn Steps() -> impl IntoView {
    let desk = expect_context::<Desk>();
    move || match desk.later.tools() {
        Some(tools) => {
            // Whoever went to a row that only named its step goes on from there.
            let row = browser::focused_id().filter(|id| id.starts_with(outline::ROW));
            if let Some(row) = row {
                request_animation_frame(move || {
                    browser::focus(&row);
                });
            }
            (tools.steps)()
        }
        None => view! { <Names desk /> }.into_any(),
    }
}

/// Their names, which is what a phone shows first.
#[component]
fn Names(desk: Desk) -> impl IntoView {
    let editing = desk.editing;
    let rows = move || {
        editing.drawn.track();
        editing.cards.track();
        let mut ids = editing.in_eye_order();
        ids.truncate(NAMES);
        let row = |id: NodeId| {
            let (name, kind) =
                editing.card(id)?.node.with(|n| (n.name.clone(), catalog::sketch(&n.node_type)));
            let (icon, category) = kind.map_or(("info", "data"), |t| (t.icon, t.category.as_str()));
            let choose = move |_| {
                editing.choose(id);
                editing.reveal(id);
            };
            Some(view! {
                <li>
                    <button type="button" id=outline::row_id(id) class=format!("step {}", outline::STEP) on:click=choose>
                        <span class=format!("tile cat-{category}")>
                            <Icon name=icon class="icon--sm" />
                        </span>
                        <span class="step__name truncate">{name}</span>
                    </button>
                </li>
            })
        };
        ids.into_iter().filter_map(row).collect_view()
    };
    view! {
        <nav class="drawer outline" class:is-open=move || desk.outline.get() aria-label="Steps" aria-busy="true">
            <div class="drawer__head">
                <h2>"Steps"</h2>
                <span class="outline__count num">{move || editing.cards.with(Vec::len)}</span>
            </div>
            <div class="outline__body">
                <ul>{rows}</ul>
            </div>
        </nav>
    }
    .into_any()
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
