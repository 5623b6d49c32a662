//! Copy, cut and paste in the open workflow, through the system's clipboard. What the text says is in
//! `canvas::clipboard`, which comes with the second part of the editor.

use super::keys::Desk;
use crate::ui::{
    browser::{self, clipboard as system},
    canvas::clipboard,
};
use leptos::{ev, prelude::*};

/// Listens while the page is open.
pub(super) fn listen(desk: Desk) {
    Effect::new(move |_| {
        let copy = window_event_listener(ev::copy, move |event| {
            answer(desk, &event);
        });
        let cut = window_event_listener(ev::cut, move |event| {
            if answer(desk, &event) {
                desk.editing.delete_whole();
            }
        });
        let paste = window_event_listener(ev::paste, move |event| {
            if browser::is_typing(event.target()) {
                return;
            }
            if let Some(text) = system::text(&event) {
                event.prevent_default();
                desk.later.with(move |tools| (tools.put_in)(desk, &text));
            }
        });
        on_cleanup(move || {
            copy.remove();
            cut.remove();
            paste.remove();
        });
    });
}

/// Answers Ctrl+C, where the second part is there: the browser waits for no answer.
fn answer(desk: Desk, event: &ev::ClipboardEvent) -> bool {
    match desk.later.tools_now() {
        Some(tools) => (tools.give)(desk, event),
        None => {
            if !browser::is_typing(event.target()) && !desk.editing.selection.with_untracked(|s| s.is_empty())
            {
                desk.toasts.failure("The editor is not loaded to the end yet. Press again in a moment.");
            }
            false
        }
    }
}

/// Copies by a button.
pub(super) fn copy(desk: Desk) -> bool {
    desk.later.with(move |tools| {
        (tools.copy)(desk);
    });
    true
}

/// Cuts by a button.
pub(super) fn cut(desk: Desk) -> bool {
    desk.later.with(move |tools| {
        (tools.cut)(desk);
    });
    true
}

/// Answers Ctrl+C with the chosen steps and notes; `false` if it was about something else.
pub(super) fn give(desk: Desk, event: &ev::ClipboardEvent) -> bool {
    if browser::is_typing(event.target()) || system::has_marked_text() {
        return false;
    }
    let (nodes, notes) = desk.editing.chosen_whole();
    if nodes.is_empty() && notes.is_empty() {
        return false;
    }
    let done = system::put(event, &desk.editing.read(|d| clipboard::copied(d, &nodes, &notes)));
    if done {
        desk.toasts.success(said(nodes.len(), notes.len()));
    }
    done
}

fn said(steps: usize, notes: usize) -> String {
    let what = super::several::count(&[(steps, "step"), (notes, "note")]);
    format!("{what} copied. Paste with Ctrl+V, here or in another workflow.")
}

/// Copies by a button; `false` if nothing is chosen.
pub(super) fn copy_chosen(desk: Desk) -> bool {
    let (nodes, notes) = desk.editing.chosen_whole();
    if nodes.is_empty() && notes.is_empty() {
        return false;
    }
    if browser::copy(&desk.editing.read(|d| clipboard::copied(d, &nodes, &notes))) {
        desk.toasts.success(said(nodes.len(), notes.len()));
    } else {
        desk.toasts.failure("The browser lets only the keyboard copy here. Press Ctrl+C.");
    }
    true
}

/// Cuts by a button; `false` if nothing is chosen.
pub(super) fn cut_chosen(desk: Desk) -> bool {
    let (nodes, notes) = desk.editing.chosen_whole();
    if nodes.is_empty() && notes.is_empty() {
        return false;
    }
    if browser::copy(&desk.editing.read(|d| clipboard::copied(d, &nodes, &notes))) {
        desk.editing.delete_whole();
    } else {
        desk.toasts.failure("The browser lets only the keyboard cut here. Press Ctrl+X.");
    }
    true
}

/// Pastes by a button.
pub(super) fn paste(desk: Desk) -> bool {
    leptos::task::spawn_local(async move {
        match system::read().await {
            Some(text) => desk.later.with(move |tools| (tools.put_in)(desk, &text)),
            None => desk.toasts.failure("The browser lets only the keyboard paste here. Press Ctrl+V."),
        }
    });
    true
}

/// Puts the steps and notes of a text where the pointer is, or in the middle of what is seen.
pub(super) fn put_in(desk: Desk, text: &str) {
    let editing = desk.editing;
    match editing.read(|d| clipboard::pasted(d, text, editing.pointed_at())) {
        Ok((document, ids)) => {
            let (node, note) = (ids.nodes.first().copied(), ids.notes.first().copied());
            editing.take(document, ids);
            match (node, note) {
                (Some(node), _) => editing.reveal(node),
                (None, Some(note)) => editing.reveal_paper(note),
                (None, None) => {}
            }
        }
        Err(error) => desk.toasts.failure(error.to_string()),
    }
}
