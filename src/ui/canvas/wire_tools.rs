//! What a wire under the pointer, or a chosen one, offers: a step into it, its removal, and its ends to take elsewhere.

use super::{
    editing::{Editing, Wish},
    geometry::{Curve, Point, input_port, output_port},
    gesture::Gesture,
    scene::Scene,
    surface::Surface,
    wiring::End,
};
use crate::{ui::components::icon::Icon, workflow::ids::EdgeId};
use leptos::prelude::*;
use std::time::Duration;

/// A pointer may leave the wire for so long on its way to the tools.
const GRACE: Duration = Duration::from_millis(280);
/// A wire shorter than this on the screen has no room for the tools between its ends.
const SHORT: f64 = 150.0;

impl Scene {
    /// The pointer came onto a wire or its tools.
    pub fn enter_wire(self, id: EdgeId) {
        if self.hovered.get_untracked() != Some(id) {
            self.hovered.set(Some(id));
        }
        self.within.set_value(Some(id));
    }

    /// A gesture begins: what was under the pointer no longer matters.
    pub fn forget_wire(self) {
        self.within.set_value(None);
        if self.hovered.get_untracked().is_some() {
            self.hovered.set(None);
        }
    }

    /// It left them.
    pub fn leave_wire(self, id: EdgeId) {
        self.within.set_value(None);
        set_timeout(
            move || {
                let is_back = self.within.try_get_value().flatten() == Some(id);
                if !is_back && self.hovered.try_get_untracked().flatten() == Some(id) {
                    self.hovered.set(None);
                }
            },
            GRACE,
        );
    }
}

/// The tools, on the middle of the wire; none while something is dragged.
#[component]
pub fn WireTools() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let scene = expect_context::<Scene>();
    let shown = Memo::new(move |_| {
        let chosen = editing.selection.with(|s| s.single_edge());
        let id = scene.hovered.get().or(chosen)?;
        let is_idle = editing.gesture.with(|g| *g == Gesture::None);
        let is_there = scene.edges.with(|edges| edges.contains_key(&id));
        let is_drawn = scene.wires.with(|wires| wires.contains(&id));
        (is_idle && is_there && is_drawn).then_some(id)
    });
    move || shown.get().map(|id| view! { <Tools id /> })
}

#[component]
fn Tools(id: EdgeId) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let scene = expect_context::<Scene>();
    let surface = expect_context::<Surface>();
    let edge = scene.edges.with_untracked(|edges| edges.get(&id).cloned())?;
    let source = editing.card(edge.source_node_id)?;
    let target = editing.card(edge.target_node_id)?;
    let port = edge.source_port;
    let curve = Memo::new(move |_| {
        let from =
            source.node.with_untracked(|n| output_port(source.at.get(), &n.node_type, port.as_deref()));
        Curve::between(from, input_port(target.at.get()))
    });
    // As large on the screen at any zoom.
    let scale = move || format!("scale({:.3})", 1.0 / editing.view.get().zoom);
    let at = move |p: Point| {
        format!("transform: translate({:.1}px, {:.1}px) translate(-50%, -50%) {}", p.x, p.y, scale())
    };
    // Above the line, and on a short one above its ends too.
    let above = move || {
        let (curve, zoom) = (curve.get(), editing.view.get().zoom);
        let mut p = curve.at(0.5);
        if (curve.to.x - curve.from.x).abs() * zoom < SHORT {
            p.y = p.y.min(curve.from.y).min(curve.to.y) - 4.0 / zoom;
        }
        format!("transform: translate({:.1}px, {:.1}px) translate(-50%, -100%) {}", p.x, p.y, scale())
    };
    // Far enough from the dots of the cards, which begin edges of their own.
    let near_end = move |end: End| {
        let curve = curve.get();
        let inset = (18.0 / editing.view.get().zoom).min(curve.from.distance(curve.to) * 0.35);
        match end {
            End::Source => Point::new(curve.from.x + inset, curve.from.y),
            End::Target => Point::new(curve.to.x - inset, curve.to.y),
        }
    };
    let handle = move |end: End| {
        let (hook, title) = match end {
            End::Source => ("wire-end-source", "Drag to begin this edge elsewhere"),
            End::Target => ("wire-end-target", "Drag to end this edge elsewhere"),
        };
        view! {
            <span
                class="wire-end"
                title=title
                data-testid=hook
                style=move || at(near_end(end))
                on:pointerenter=move |_| scene.enter_wire(id)
                on:pointerleave=move |_| scene.leave_wire(id)
                on:pointerdown=move |event| surface.press_end(&event, id, end)
            ></span>
        }
    };
    Some(view! {
        {handle(End::Source)}
        {handle(End::Target)}
        <div
            class="wire-tools"
            style=above
            data-testid="wire-tools"
            on:pointerenter=move |_| scene.enter_wire(id)
            on:pointerleave=move |_| scene.leave_wire(id)
            on:pointerdown=move |event| event.stop_propagation()
        >
            <button
                type="button"
                class="btn btn--icon btn--sm"
                title="Insert a step here"
                aria-label="Insert a step here"
                data-testid="wire-insert"
                on:click=move |_| {
                    editing.palette.set(Some(Wish { wire: Some(id), ..Wish::default() }));
                }
            >
                <Icon name="plus" class="icon--sm" />
            </button>
            <button
                type="button"
                class="btn btn--icon btn--sm"
                title="Remove this edge"
                aria-label="Remove this edge"
                data-testid="wire-remove"
                on:click=move |_| editing.change(None, |d| d.edges.retain(|e| e.id != id))
            >
                <Icon name="trash" class="icon--sm" />
            </button>
        </div>
    })
}
