//! Keys of the editor; none while something takes text.

use super::running::Running;
use crate::ui::{
    browser,
    canvas::editing::{Editing, Selection},
};
use leptos::prelude::*;

/// Listens while the page is open.
pub fn listen(editing: Editing, running: Running) {
    Effect::new(move |_| {
        let handle = window_event_listener(leptos::ev::keydown, move |event| {
            let command = event.ctrl_key() || event.meta_key();
            let key = event.key();
            if command && key == "Enter" {
                event.prevent_default();
                if running.is_going_on_now() {
                    running.stop();
                } else if running.asking.get_untracked() {
                    running.start();
                } else {
                    running.asking.set(true);
                }
                return;
            }
            if browser::is_typing(event.target()) {
                return;
            }
            let done = match (command, key.as_str()) {
                (false, "Delete" | "Backspace") => {
                    editing.delete_selected();
                    true
                }
                (true, "z" | "Z") if event.shift_key() => {
                    editing.redo();
                    true
                }
                (true, "z") => {
                    editing.undo();
                    true
                }
                (true, "y") => {
                    editing.redo();
                    true
                }
                (false, "n" | "N") => {
                    editing.ask_for_step();
                    true
                }
                (false, "F2") => browser::focus("node-name"),
                (false, "0") => {
                    editing.fit();
                    true
                }
                (false, "Escape") => {
                    editing.palette.set(None);
                    editing.selection.set(Selection::Nothing);
                    true
                }
                _ => false,
            };
            if done {
                event.prevent_default();
            }
        });
        on_cleanup(move || handle.remove());
    });
}
