//! The small bar at a chosen note or frame: its colour, writing, removal.

use super::bar_place;
use crate::{
    ui::{
        canvas::{
            editing::Editing,
            geometry::{self, Rect},
            gesture::Gesture,
        },
        components::icon::Icon,
    },
    workflow::notes::NoteColour,
};
use leptos::prelude::*;

/// As large as `_papers.scss` makes it.
const SIZE: (f64, f64) = (236.0, 36.0);

/// Shown while notes or frames and nothing else are chosen, and nothing is dragged.
#[component]
pub fn PaperBar() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let is_shown = Memo::new(move |_| {
        let only_papers = editing.selection.with(|s| !s.notes().is_empty() && s.count() == s.notes().len());
        only_papers && editing.gesture.with(|g| *g == Gesture::None)
    });
    move || is_shown.get().then(|| view! { <Bar /> })
}

#[component]
fn Bar() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let place = move || {
        let rects: Vec<Rect> = editing.selection.with(|s| {
            editing
                .papers
                .all
                .with(|all| all.iter().filter(|p| s.has_note(p.id)).map(|p| p.at.get()).collect())
        });
        let at = bar_place(geometry::bounds(&rects), editing.view.get(), editing.size.get(), SIZE);
        format!("transform: translate({:.0}px, {:.0}px)", at.x, at.y)
    };
    let colour = Memo::new(move |_| {
        editing.selection.with(|s| {
            editing.papers.all.with(|all| {
                let mut colours = all.iter().filter(|p| s.has_note(p.id)).map(|p| p.note.with(|n| n.colour));
                let first = colours.next()?;
                colours.all(|c| c == first).then_some(first)
            })
        })
    });
    let single = Memo::new(move |_| editing.selection.with(|s| s.single_note()));
    view! {
        <div
            class="paper-bar"
            role="toolbar"
            aria-label="The chosen note"
            data-testid="paper-bar"
            style=place
            on:pointerdown=move |event| event.stop_propagation()
        >
            {NoteColour::ALL
                .into_iter()
                .map(|one| {
                    let mut word = one.as_str().to_owned();
                    word[..1].make_ascii_uppercase();
                    view! {
                        <button
                            type="button"
                            class=format!("paper-bar__colour paper--{}", one.as_str())
                            title=word.clone()
                            aria-label=word
                            aria-pressed=move || (colour.get() == Some(one)).to_string()
                            data-colour=one.as_str()
                            on:click=move |_| editing.paint_chosen(one)
                        ></button>
                    }
                })
                .collect_view()}
            <span class="tools__line"></span>
            <button
                type="button"
                class="btn btn--ghost btn--icon btn--sm"
                title="Write (Enter)"
                aria-label="Write"
                disabled=move || single.get().is_none()
                on:click=move |_| {
                    if let Some(id) = single.get_untracked() {
                        editing.begin_writing(id);
                    }
                }
            >
                <Icon name="pencil" class="icon--sm" />
            </button>
            <button
                type="button"
                class="btn btn--ghost btn--icon btn--sm"
                title="Delete (Del)"
                aria-label="Delete"
                on:click=move |_| editing.delete_selected()
            >
                <Icon name="trash" class="icon--sm" />
            </button>
        </div>
    }
    .into_any()
}
