//! What can be done with the chosen step, as on its card and by the keys.

use super::{
    super::keys::{Desk, act},
    Order,
};
use crate::{
    ui::{browser, canvas::editing::Editing, components::button::IconButton},
    workflow::ids::NodeId,
};
use leptos::prelude::*;

#[component]
pub fn Deeds(id: NodeId) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let desk = expect_context::<Desk>();
    let order = expect_context::<Order>();
    let node = editing.card(id).map(|card| card.node);
    let marks = Memo::new(move |_| {
        let settings = node.as_ref().map(|n| n.with(|n| n.settings.clone())).unwrap_or_default();
        (settings.disabled, settings.pinned_output.is_some())
    });
    let pin = Signal::derive(
        move || if marks.get().1 { "Take the pin out (P)" } else { "Pin the last output (P)" },
    );
    let off = Signal::derive(move || if marks.get().0 { "Enable (D)" } else { "Disable (D)" });
    view! {
        <div class="outline__deeds" role="group" aria-label="This step">
            <IconButton icon="settings" label="Settings (Enter)" act=move |()| { browser::focus("node-name"); } />
            <IconButton icon="plus" label="Add a step after it (N)" act=move |()| editing.ask_for_step() />
            <IconButton icon="ban" label=off act=move |()| { editing.switch_selected(); } />
            <IconButton icon="pin" label=pin act=move |()| { act::pin(desk); } />
            <IconButton icon="versions" label="Duplicate (Ctrl+D)" act=move |()| { act::duplicate(desk); } />
            <IconButton icon="trash" label="Delete (Delete)" act=move |()| order.delete(desk, id) />
        </div>
    }
    .into_any()
}
