//! Edges as curves. Each follows the two cards it joins, and nothing else.

use super::{
    editing::Editing,
    geometry::{Curve, Point, input_port, output_port},
    gesture::Gesture,
};
use crate::{ui::components::run_feed::RunFeed, workflow::document::Edge};
use leptos::prelude::*;

/// All edges, and the one that is being drawn.
#[component]
pub fn Wires() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let loose = move || {
        let (end, target) = editing.loose_end.get()?;
        let (source, port) = editing.gesture.with(|g| match g {
            Gesture::Connect { source, port } => Some((*source, port.clone())),
            _ => None,
        })?;
        let card = editing.card(source)?;
        let from =
            card.node.with_untracked(|n| output_port(card.at.get_untracked(), &n.node_type, Some(&port)));
        let to = match target.and_then(|id| editing.card(id)) {
            Some(target) => input_port(target.at.get_untracked()),
            None => end,
        };
        Some(Curve::between(from, to).svg_path())
    };
    view! {
        <svg class="wires" aria-hidden="true">
            <For each=move || editing.wires.get() key=|e| e.id let:edge>
                <Wire edge />
            </For>
            {move || loose().map(|d| view! { <path class="wire wire--loose" d=d /> })}
        </svg>
    }
    .into_any()
}

#[component]
fn Wire(edge: Edge) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let feed = expect_context::<RunFeed>();
    let id = edge.id;
    let ends = editing.card(edge.source_node_id).zip(editing.card(edge.target_node_id));
    let port = edge.source_port.clone();
    let path = Memo::new(move |_| match &ends {
        Some((source, target)) => {
            let node_type = source.node.with_untracked(|n| n.node_type.clone());
            let from = output_port(source.at.get(), &node_type, port.as_deref());
            Curve::between(from, input_port(target.at.get())).svg_path()
        }
        None => Curve::between(Point::default(), Point::default()).svg_path(),
    });
    let selected = Memo::new(move |_| editing.selection.with(|s| s.has_edge(id)));
    let (source, target) = (feed.step(edge.source_node_id.0).state, feed.step(edge.target_node_id.0).state);
    let taken = Memo::new(move |_| {
        source.get() == "completed" && matches!(target.get(), "running" | "completed" | "failed" | "waiting")
    });
    view! {
        <g
            class="wire-group"
            class:is-selected=selected
            class:is-taken=taken
            data-testid="wire"
            on:pointerdown=move |event| {
                event.stop_propagation();
                editing.press_edge(id, event.shift_key() || event.ctrl_key() || event.meta_key());
            }
        >
            <path class="wire__grip" d=path />
            <path class="wire" class:is-error=edge.source_port.as_deref() == Some("error") d=path />
        </g>
    }
    .into_any()
}
