//! The steps as a list: for phones, where the canvas is small, and for screen readers.

use crate::{
    ui::{
        canvas::editing::{Card, Editing},
        components::{icon::Icon, run_feed::RunFeed, status::StatusChip},
    },
    workflow::catalog,
};
use leptos::prelude::*;

#[component]
pub fn Outline() -> impl IntoView {
    let editing = expect_context::<Editing>();
    // As the eye meets them: from left to right, then down.
    let rows = move || {
        let mut cards = editing.cards.get();
        cards.sort_by(|a, b| {
            let (a, b) = (a.at.get_untracked(), b.at.get_untracked());
            a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y))
        });
        cards
    };
    view! {
        <nav class="outline" aria-label="Steps" data-testid="outline">
            <ul>
                <For each=rows key=|c| c.id let:card>
                    <Row card />
                </For>
            </ul>
            <super::notes::NotesOutline />
        </nav>
    }
    .into_any()
}

#[component]
fn Row(card: Card) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let state = expect_context::<RunFeed>().step(card.id.0).state;
    let id = card.id;
    let kind = card.node.with_untracked(|n| catalog::sketch(&n.node_type));
    let (icon, category) = kind.map_or(("info", "data"), |t| (t.icon, t.category.as_str()));
    let name = card.node;
    view! {
        <li>
            <button
                type="button"
                class="step"
                aria-current=move || editing.selection.with(|s| s.has_node(id)).then_some("true")
                on:click=move |_| editing.choose(id)
            >
                <span class=format!("tile cat-{category}")>
                    <Icon name=icon class="icon--sm" />
                </span>
                <span class="step__name truncate">{move || name.with(|n| n.name.clone())}</span>
                {move || {
                    let state = state.get();
                    (!state.is_empty()).then(|| view! { <StatusChip status=state small=true /> })
                }}
            </button>
        </li>
    }
    .into_any()
}
