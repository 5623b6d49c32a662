//! Edges as curves. Each follows the two cards it joins, and nothing else; from afar they are drawn in sheets.

use super::{
    editing::{Card, Editing},
    geometry::{Curve, input_port, output_port},
    gesture::Gesture,
    scene::Scene,
    sheet::{SheetView, is_taken},
    surface::Surface,
    wiring::{End, nearest_port},
};
use crate::{ui::components::run_feed::RunFeed, workflow::document::Edge};
use leptos::prelude::*;

/// All edges in sight, and the one that is being drawn.
#[component]
pub fn Wires() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let scene = expect_context::<Scene>();
    let loose = move || {
        let (end, target) = editing.loose_end.get()?;
        let drawn = editing.gesture.get();
        let target = target.and_then(|id| editing.card(id));
        let out = |card: &Card, port: Option<&str>| {
            card.node.with_untracked(|n| output_port(card.at.get_untracked(), &n.node_type, port))
        };
        let into = |card: &Card| input_port(card.at.get_untracked());
        let (from, to) = match drawn {
            Gesture::Connect { source, port } => {
                (out(&editing.card(source)?, Some(&port)), target.as_ref().map_or(end, into))
            }
            Gesture::Rewire { edge, end: moved } => {
                let edge = scene.edges.with_untracked(|edges| edges.get(&edge).cloned())?;
                match moved {
                    End::Target => (
                        out(&editing.card(edge.source_node_id)?, edge.source_port.as_deref()),
                        target.as_ref().map_or(end, into),
                    ),
                    End::Source => {
                        let port =
                            target.as_ref().and_then(|card| editing.read(|d| nearest_port(d, card.id, end)));
                        let from = target.as_ref().map_or(end, |card| out(card, port));
                        (from, into(&editing.card(edge.target_node_id)?))
                    }
                }
            }
            _ => return None,
        };
        Some(Curve::between(from, to).svg_path())
    };
    // An edge that got other ends is another drawing.
    let each = move || {
        let wires = scene.wires.get();
        scene.edges.with(|edges| wires.iter().filter_map(|id| edges.get(id).cloned()).collect::<Vec<_>>())
    };
    let key = |e: &Edge| (e.id, e.source_node_id, e.source_port.clone(), e.target_node_id);
    view! {
        <svg class="wires" aria-hidden="true">
            <For each=move || scene.sheets.get() key=Clone::clone let:sheet>
                <SheetView sheet />
            </For>
            <For each=each key=key let:edge>
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
    let scene = expect_context::<Scene>();
    let surface = expect_context::<Surface>();
    let feed = expect_context::<RunFeed>();
    let id = edge.id;
    let ends = editing.card(edge.source_node_id).zip(editing.card(edge.target_node_id));
    let port = edge.source_port.clone();
    let curve = Memo::new(move |_| {
        ends.as_ref().map(|(source, target)| {
            let from =
                source.node.with_untracked(|n| output_port(source.at.get(), &n.node_type, port.as_deref()));
            Curve::between(from, input_port(target.at.get()))
        })
    });
    let path = Memo::new(move |_| curve.get().map_or_else(String::new, |c| c.svg_path()));
    let selected = Memo::new(move |_| editing.selection.with(|s| s.has_edge(id)));
    let receives = Memo::new(move |_| scene.receiver.get() == Some(id));
    let is_moved = Memo::new(move |_| {
        editing.gesture.with(|g| matches!(g, Gesture::Rewire { edge, .. } if *edge == id))
    });
    let from = feed.step(edge.source_node_id.0);
    let (source, target) = (from.state, feed.step(edge.target_node_id.0).state);
    // Both steps may have run without this edge: the one by another port, the other after another step.
    let leaves_by = edge.source_port.clone();
    let gave = from.gave.clone();
    let is_other_port = Memo::new(move |_| {
        gave.with(|gave| {
            let port = gave.as_ref().and_then(|(port, _)| port.as_ref());
            port.is_some_and(|port| leaves_by.as_ref().is_some_and(|mine| mine != port))
        })
    });
    let taken = Memo::new(move |_| is_taken(source.get(), target.get()) && !is_other_port.get());
    let flowed = Memo::new(move |_| {
        taken.get().then(|| from.gave.with(|gave| gave.as_ref().map(|(_, words)| words.clone()))).flatten()
    });
    let flow = move || {
        let (words, middle) = (flowed.get()?, curve.get()?.at(0.5));
        let (x, y) = (format!("{:.0}", middle.x), format!("{:.0}", middle.y - 7.0));
        Some(view! { <text class="wire__flow" data-testid="wire-flow" x=x y=y>{words}</text> })
    };
    // `out` says nothing; the others say which way the run went.
    let label = edge.source_port.clone().filter(|port| port != "out").map(|port| {
        let class = if port == "error" { "wire__label is-error" } else { "wire__label" };
        let x = move || curve.get().map(|c| format!("{:.0}", c.from.x + 12.0));
        let y = move || curve.get().map(|c| format!("{:.0}", c.from.y - 6.0));
        view! { <text class=class x=x y=y>{port}</text> }
    });
    view! {
        <g
            class="wire-group"
            class:is-selected=selected
            class:is-taken=taken
            class:is-receiver=receives
            class:is-moved=is_moved
            data-testid="wire"
            data-wire-id=id.to_string()
            on:pointerenter=move |_| scene.enter_wire(id)
            on:pointerleave=move |_| scene.leave_wire(id)
            on:pointerdown=move |event| {
                // The ground beneath takes what moves the view.
                if event.button() != 0 || surface.space.get_value() {
                    return;
                }
                event.stop_propagation();
                editing.press_edge(id, event.shift_key() || event.ctrl_key() || event.meta_key());
            }
        >
            <path class="wire__grip" d=path />
            <path class="wire" class:is-error=edge.source_port.as_deref() == Some("error") d=path />
            {label}
            {flow}
        </g>
    }
    .into_any()
}
