//! Notes and frames on the canvas, behind wires and cards; those in sight.

use super::spoken;
use crate::{
    ui::{
        browser,
        canvas::{
            editing::{
                Editing,
                papers::{Paper, paper_id},
            },
            geometry::Rect,
            gesture::Gesture,
            surface::Surface,
            window::Window,
        },
    },
    workflow::{
        ids::NoteId,
        notes::{MAX_NOTE_CHARS, Note, NoteKind},
    },
};
use leptos::{ev::KeyboardEvent, html, prelude::*};

/// The papers in sight, and those that are chosen, written on or come next by the Tab key.
#[component]
pub fn Papers() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let window = Memo::new(move |before: Option<&Window>| {
        Window::following(before, editing.view.get(), editing.size.get(), editing.zooming.get())
    });
    let tab_stop = Memo::new(move |_| {
        let first = editing.papers.all.with(|all| !all.is_empty());
        editing.drawn.track();
        let last = editing.papers.tab_stop.get().filter(|id| editing.paper(*id).is_some());
        last.or_else(|| editing.papers_in_eye_order().first().copied().filter(|_| first))
    });
    let seen = Memo::new(move |_| {
        editing.drawn.track();
        let area = window.get().area;
        let kept = (tab_stop.get(), editing.papers.writing.get());
        editing.selection.with(|chosen| {
            let is_kept = |id: NoteId| kept.0 == Some(id) || kept.1 == Some(id) || chosen.has_note(id);
            editing.papers.all.with(|all| {
                let seen = all.iter().filter(|p| is_kept(p.id) || p.at.with_untracked(|at| at.meets(area)));
                seen.map(|p| p.id).collect::<Vec<_>>()
            })
        })
    });
    view! {
        <For each=move || seen.get() key=|id| *id let:id>
            {editing.paper(id).map(|paper| view! { <PaperView paper tab_stop /> })}
        </For>
    }
    .into_any()
}

/// One of them.
#[component]
fn PaperView(paper: Paper, tab_stop: Memo<Option<NoteId>>) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let surface = expect_context::<Surface>();
    let Paper { id, kind, note, at } = paper;
    let note = ArcMemo::new(move |_| note.get());
    let is_chosen = Memo::new(move |_| editing.selection.with(|s| s.has_note(id)));
    let is_written_on = Memo::new(move |_| editing.papers.writing.get() == Some(id));
    let style = move || {
        let Rect { x, y, width, height } = at.get();
        format!("transform: translate({x:.0}px, {y:.0}px); width: {width:.0}px; height: {height:.0}px")
    };
    let (class_of, label_of, text_of, hook_of) = (note.clone(), note.clone(), note.clone(), note.clone());
    let base = match kind {
        NoteKind::Note => "paper paper--note",
        NoteKind::Frame => "paper paper--frame",
    };
    let class = move || {
        let colour = class_of.with(|n| n.colour.as_str());
        let chosen = if is_chosen.get() { " is-selected" } else { "" };
        let written = if is_written_on.get() { " is-written-on" } else { "" };
        format!("{base} paper--{colour}{chosen}{written}")
    };
    let words = move || {
        let text_of = text_of.clone();
        if is_written_on.get() {
            return view! { <Writing id kind text=text_of.with_untracked(|n| n.text.clone()) /> }.into_any();
        }
        let empty = match kind {
            NoteKind::Note => "Empty note",
            NoteKind::Frame => "Frame",
        };
        let shown = text_of.clone();
        view! {
            <div class="paper__text" class:is-empty=move || text_of.with(|n| n.text.trim().is_empty()) dir="auto">
                {move || shown.with(|n| if n.text.trim().is_empty() { empty.to_owned() } else { n.text.clone() })}
            </div>
        }
        .into_any()
    };
    let inside = (kind == NoteKind::Frame).then(|| {
        view! {
            <div class="paper__inside" on:pointerdown=move |event| surface.press_inside(&event, id)></div>
        }
    });
    view! {
        <div
            class=class
            style=style
            id=paper_id(id)
            tabindex=move || if tab_stop.get() == Some(id) { "0" } else { "-1" }
            role="group"
            aria-label=move || label_of.with(spoken)
            data-testid="paper"
            data-kind=match kind {
                NoteKind::Note => "note",
                NoteKind::Frame => "frame",
            }
            data-colour=move || hook_of.with(|n| n.colour.as_str())
            on:keydown=move |event| surface.paper_key(&event, id)
            on:focus=move |_| {
                editing.papers.tab_stop.set(Some(id));
                let is_chosen = editing.selection.with_untracked(|s| s.has_note(id));
                if !is_chosen && editing.gesture.with_untracked(|g| *g == Gesture::None) {
                    editing.choose_paper(id);
                }
            }
        >
            {inside}
            <div class="paper__body" on:pointerdown=move |event| surface.press_paper(&event, id)>
                {words}
            </div>
            <div
                class="paper__corner"
                title="Drag to resize"
                data-testid="paper-corner"
                on:pointerdown=move |event| surface.press_corner(&event, id)
            ></div>
        </div>
    }
    .into_any()
}

/// The field that takes the text. Escape, Ctrl+Enter or a press elsewhere ends it; Enter too for the title of a frame.
#[component]
fn Writing(id: NoteId, kind: NoteKind, text: String) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let field = NodeRef::<html::Textarea>::new();
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            let _ = field.focus();
        }
    });
    let back = move || {
        editing.end_writing();
        request_animation_frame(move || {
            browser::focus(&paper_id(id));
        });
    };
    let keys = move |event: KeyboardEvent| {
        let ends = match event.key().as_str() {
            "Escape" => true,
            "Enter" => {
                event.ctrl_key() || event.meta_key() || (kind == NoteKind::Frame && !event.is_composing())
            }
            _ => false,
        };
        event.stop_propagation();
        if ends {
            event.prevent_default();
            back();
        }
    };
    let input = move |event: leptos::ev::Event| {
        let height = match (kind, field.get_untracked()) {
            (NoteKind::Note, Some(field)) => {
                let note = editing.read(|d| d.note(id).map(|n: &Note| n.height)).unwrap_or_default();
                note + f64::from(field.scroll_height() - field.client_height())
            }
            _ => 0.0,
        };
        editing.write(id, &event_target_value(&event), height);
    };
    view! {
        <textarea
            node_ref=field
            class="paper__writing"
            aria-label=match kind {
                NoteKind::Note => "Text of the note",
                NoteKind::Frame => "Title of the frame",
            }
            placeholder=match kind {
                NoteKind::Note => "Write a note",
                NoteKind::Frame => "Title",
            }
            rows="1"
            dir="auto"
            maxlength=MAX_NOTE_CHARS.to_string()
            data-testid="paper-writing"
            prop:value=text
            on:input=input
            on:keydown=keys
            on:blur=move |_| {
                if editing.papers.writing.get_untracked() == Some(id) {
                    editing.end_writing();
                }
            }
            on:wheel=move |event| {
                if !event.ctrl_key() && field.get_untracked().is_some_and(|f| f.scroll_height() > f.client_height()) {
                    event.stop_propagation();
                }
            }
        ></textarea>
    }
    .into_any()
}
