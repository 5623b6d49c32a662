//! A card from afar: a box in the colour of its kind with its name. No ports and no summary, which could not be read.

use super::{
    editing::{Card, Editing, looking::card_id},
    geometry::{self, Point},
    gesture::Gesture,
    paper,
    scene::Scene,
    surface::Surface,
};
use crate::{ui::components::run_feed::RunFeed, workflow::catalog};
use leptos::prelude::*;

/// The box; a press chooses and moves it as it does with a whole card.
#[component]
pub fn PlainCard(card: Card) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let surface = expect_context::<Surface>();
    let scene = expect_context::<Scene>();
    let Card { id, node, chosen, is_stop, .. } = card.clone();
    let (node_type, is_off) = node.with_untracked(|n| (n.node_type.clone(), n.settings.disabled));
    let category = catalog::sketch(&node_type).map_or("data", |t| t.category.as_str());
    let height = geometry::node_rect(Point::default(), &node_type).height;
    let state = expect_context::<RunFeed>().step(id.0).state;
    let style = move || card.place(height);
    let name = ArcMemo::new(move |_| node.with(|n| n.name.clone()));
    let (label, hook) = (name.clone(), name.clone());
    view! {
        <div
            class=format!("node node--plain cat-{category}")
            class:is-selected=move || chosen.get()
            class:is-invited=move || scene.targets.with(|t| t.as_ref().is_some_and(|t| t.contains(&id)))
            class:has-error=move || scene.worst.with(|w| w.get(&id) == Some(&true))
            class:is-off=is_off
            style=style
            id=card_id(id)
            tabindex=move || if is_stop.get() { "0" } else { "-1" }
            role="group"
            aria-label=move || format!("Step {}", label.get())
            data-testid="node-card"
            data-node-id=id.to_string()
            data-node-name=move || hook.get()
            data-state=move || state.get()
            on:pointerdown=move |event| surface.press_card(&event, id)
            on:keydown=move |event| surface.card_key(&event, id)
            on:focus=move |_| {
                editing.tab_stop.set(Some(id));
                let is_chosen = editing.selection.with_untracked(|s| s.has_node(id));
                if !is_chosen && editing.gesture.with_untracked(|g| *g == Gesture::None) {
                    editing.choose(id);
                }
            }
        >
            <span class="node__title">{move || short(&name.get())}</span>
        </div>
    }
    .into_any()
}

/// The name as far as it fits into two lines: cutting it off by a clip would cost a layer a card.
fn short(name: &str) -> String {
    paper::short(name, 26)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut() {
        assert_eq!(short("Read the letter"), "Read the letter");
        assert_eq!(short(&"ü".repeat(200)), format!("{}…", "ü".repeat(26)));
    }
}
