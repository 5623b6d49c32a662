//! The notes and frames as a list, under that of the steps: to read, to change and to remove.

use crate::{
    ui::{
        canvas::{
            editing::{Editing, papers::Paper},
            paper::short,
        },
        components::icon::Icon,
    },
    workflow::notes::{MAX_NOTE_CHARS, NoteKind},
};
use leptos::{html, prelude::*};

/// Characters of a note that a row shows.
const SHOWN: usize = 300;

#[component]
pub fn NotesOutline() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let is_any = Memo::new(move |_| editing.papers.all.with(|all| !all.is_empty()));
    move || {
        is_any.get().then(|| {
            view! {
                <h2 class="outline__head">"Notes"</h2>
                <ul class="outline__notes" data-testid="outline-notes">
                    <For each=move || editing.papers.all.get() key=|p| p.id let:paper>
                        <Row paper />
                    </For>
                </ul>
            }
        })
    }
}

#[component]
fn Row(paper: Paper) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let Paper { id, kind, note, .. } = paper;
    let writes = RwSignal::new(false);
    let field = NodeRef::<html::Textarea>::new();
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            let _ = field.focus();
        }
    });
    let (icon, word) = match kind {
        NoteKind::Note => ("note", "note"),
        NoteKind::Frame => ("frame", "frame"),
    };
    let (shown, written, colour) = (note.clone(), note.clone(), note);
    view! {
        <li class=move || format!("outline__note paper--{}", colour.with(|n| n.colour.as_str()))>
            <Icon name=icon class="icon--sm" />
            {move || {
                if writes.get() {
                    return view! {
                        <textarea
                            node_ref=field
                            class="input"
                            rows="4"
                            dir="auto"
                            maxlength=MAX_NOTE_CHARS.to_string()
                            aria-label=format!("Text of the {word}")
                            prop:value=written.with_untracked(|n| n.text.clone())
                            on:input=move |event| editing.write(id, &event_target_value(&event), 0.0)
                            on:keydown=move |event| {
                                if event.key() == "Escape" {
                                    event.stop_propagation();
                                    writes.set(false);
                                }
                            }
                        ></textarea>
                    }
                        .into_any();
                }
                let shown = shown.clone();
                view! {
                    <p class="outline__text" dir="auto">
                        {move || {
                            let text = shown.with(|n| short(&n.text, SHOWN));
                            if text.is_empty() { format!("Empty {word}") } else { text }
                        }}
                    </p>
                }
                    .into_any()
            }}
            <button
                type="button"
                class="btn btn--ghost btn--icon btn--sm"
                aria-label=move || if writes.get() { format!("Done with this {word}") } else { format!("Write this {word}") }
                on:click=move |_| {
                    if !writes.get_untracked() {
                        editing.new_text();
                    }
                    writes.update(|w| *w = !*w);
                }
            >
                {move || view! { <Icon name=if writes.get() { "check" } else { "pencil" } class="icon--sm" /> }}
            </button>
            <button
                type="button"
                class="btn btn--ghost btn--icon btn--sm"
                aria-label=format!("Delete this {word}")
                on:click=move |_| editing.remove_paper(id)
            >
                <Icon name="trash" class="icon--sm" />
            </button>
        </li>
    }
    .into_any()
}
