//! What is shown over the canvas while something is dragged or waits: guide lines, and what to do with a waiting edge.

use super::{editing::Editing, gesture::Gesture, guides::Guide};
use leptos::prelude::*;

/// The lines that a moved card is level with.
#[component]
pub fn Guides() -> impl IntoView {
    let editing = expect_context::<Editing>();
    move || {
        let lines = editing.guides.get();
        (!lines.is_empty()).then(|| {
            let d: String = lines
                .iter()
                .map(|Guide { from, to }| format!("M{:.1} {:.1}L{:.1} {:.1}", from.x, from.y, to.x, to.y))
                .collect();
            view! {
                <svg class="guides" aria-hidden="true" data-testid="guides">
                    <path d=d vector-effect="non-scaling-stroke" />
                </svg>
            }
        })
    }
}

/// Says how the edge that waits is ended.
#[component]
pub fn EdgeHint() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let from = Memo::new(move |_| {
        if !editing.edge_waits.get() {
            return None;
        }
        editing.gesture.with(|g| match g {
            Gesture::Connect { source, port } => {
                let name = editing.read(|d| d.node(*source).map(|n| n.name.clone()))?;
                Some(if port == "out" { name } else { format!("{name} · {port}") })
            }
            _ => None,
        })
    });
    view! {
        <div class="edge-hint" role="status" data-testid="edge-hint" hidden=move || from.with(Option::is_none)>
            {move || {
                from.get().map(|from| {
                    view! {
                        <strong class="truncate">{from}</strong>
                        <span>"Press the step that follows, or Tab to it and press Enter. On the ground a new one is added. Esc stops."</span>
                    }
                })
            }}
        </div>
    }
    .into_any()
}
