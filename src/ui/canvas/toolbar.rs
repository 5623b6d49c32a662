//! The floating tools at the lower left: add, notes, undo, zoom, tidy-up, minimap.

use super::{editing::Editing, minimap::MinimapShown};
use crate::{
    ui::components::{button::IconButton, icon::Icon, toast::Toasts},
    workflow::notes::NoteKind,
};
use leptos::prelude::*;

/// Whether the steps are shown as a list, too.
#[derive(Clone, Copy)]
pub struct OutlineShown(pub RwSignal<bool>);

/// The group of tools.
#[component]
pub fn Toolbar(
    /// Puts the steps in order.
    tidy: Callback<()>,
) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let minimap = expect_context::<MinimapShown>();
    let outline = expect_context::<OutlineShown>().0;
    let toasts = expect_context::<Toasts>();
    let add = move |kind: NoteKind| {
        if let Err(error) = editing.add_paper(kind) {
            toasts.failure(error.to_string());
        }
    };
    let percent = move || format!("{:.0} %", editing.view.get().zoom * 100.0);
    let map_label =
        Signal::derive(move || if minimap.0.get() { "Hide the minimap" } else { "Show the minimap" });
    view! {
        <div class="tools" role="toolbar" aria-label="Canvas tools">
            <button
                type="button"
                class="btn btn--sm tools__add"
                data-testid="add-node"
                title="Add a step (N)"
                aria-label="Add step"
                on:click=move |_| editing.ask_for_step()
            >
                <Icon name="plus" class="icon--sm" />
                <span class="tools__word">"Add step"</span>
            </button>
            <IconButton icon="note" label="Add a note (Shift+N)" act=move || add(NoteKind::Note) />
            <IconButton icon="frame" label="Add a frame, round the chosen steps where there are several (Shift+F)" act=move || add(NoteKind::Frame) />
            <span class="tools__line"></span>
            <IconButton icon="undo" label="Undo (Ctrl+Z)" off=Signal::derive(move || !editing.steps().0) act=move || editing.undo() />
            <IconButton icon="redo" label="Redo (Ctrl+Y)" off=Signal::derive(move || !editing.steps().1) act=move || editing.redo() />
            <span class="tools__line"></span>
            <IconButton icon="minus" label="Zoom out" act=move || editing.zoom(0.8) />
            <button
                type="button"
                class="btn btn--ghost btn--sm num tools__zoom"
                title="Back to 100 % (1)"
                on:click=move |_| editing.zoom(1.0 / editing.view.get_untracked().zoom)
            >
                {percent}
            </button>
            <IconButton icon="plus" label="Zoom in" act=move || editing.zoom(1.25) />
            <IconButton icon="fit" label="Show all (0)" act=move || editing.fit() />
            <span class="tools__line"></span>
            <IconButton
                icon="tidy"
                label="Tidy up (Shift+T)"
                off=Signal::derive(move || editing.cards.with(|cards| cards.len() < 2))
                act=tidy
            />
            <button
                type="button"
                class="btn btn--ghost btn--icon btn--sm tools__map"
                title=map_label
                aria-label="Minimap"
                aria-pressed=move || minimap.0.get().to_string()
                data-testid="minimap-toggle"
                on:click=move |_| minimap.toggle()
            >
                <Icon name="map" class="icon--sm" />
            </button>
            <button
                type="button"
                class="btn btn--ghost btn--icon btn--sm tools__map"
                title="Steps as a list (O)"
                aria-label="Steps as a list"
                aria-pressed=move || outline.get().to_string()
                data-testid="outline-toggle"
                on:click=move |_| outline.update(|is| *is = !*is)
            >
                <Icon name="menu" class="icon--sm" />
            </button>
        </div>
    }
    .into_any()
}
