//! One step in the list; the chosen one shows where it leads and what can be done with it.

use super::{Reach, STEP, deeds::Deeds, row_id, wires::Wires};
use crate::{
    ui::{
        canvas::{
            editing::{Card, Editing},
            marks::StepMarks,
        },
        components::{icon::Icon, run_feed::RunFeed},
    },
    workflow::{catalog, check::Severity},
};
use leptos::prelude::*;

#[component]
pub fn Row(
    card: Card,
    /// Steps in all.
    count: Memo<usize>,
) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let reach = expect_context::<Reach>();
    let step = expect_context::<RunFeed>().step(card.id.0);
    let id = card.id;
    let kind = card.node.with_untracked(|n| catalog::sketch(&n.node_type));
    let (icon, category) = kind.map_or(("info", "data"), |t| (t.icon, t.category.as_str()));
    let (name, marked) = (card.node.clone(), card.node);
    let is_chosen = Memo::new(move |_| editing.selection.with(|s| s.has_node(id)));
    let is_single = Memo::new(move |_| editing.selection.with(|s| s.single_node() == Some(id)));
    let worst = Memo::new(move |_| {
        editing.problems.with(|all| {
            let mine = all.iter().filter(|p| p.node_id == Some(id));
            mine.map(|p| p.severity == Severity::Error).reduce(|a, b| a || b)
        })
    });
    let is_out_of_reach = Memo::new(move |_| reach.0.with(|r| r.as_ref().is_some_and(|r| !r.contains(&id))));
    let press = move |event: leptos::ev::MouseEvent| {
        if editing.end_edge(id) {
            return;
        }
        if event.shift_key() || event.ctrl_key() || event.meta_key() {
            editing.selection.update(|s| s.toggle_node(id));
        } else {
            editing.choose(id);
            editing.reveal(id);
        }
    };
    view! {
        <li aria-setsize=move || count.get().to_string()>
            <button
                type="button"
                id=row_id(id)
                class=format!("step {STEP}")
                class:is-out=is_out_of_reach
                aria-current=move || is_chosen.get().then_some("true")
                aria-expanded=move || is_single.get().to_string()
                aria-disabled=move || is_out_of_reach.get().then_some("true")
                on:click=press
            >
                <span class=format!("tile cat-{category}")>
                    <Icon name=icon class="icon--sm" />
                </span>
                <span class="step__name truncate">{move || name.with(|n| n.name.clone())}</span>
                <StepMarks node=marked step worst />
            </button>
            {move || {
                is_single
                    .get()
                    .then(|| {
                        view! {
                            <div class="outline__open">
                                <Wires id />
                                <Deeds id />
                            </div>
                        }
                            .into_any()
                    })
            }}
        </li>
    }
    .into_any()
}
