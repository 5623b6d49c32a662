//! Keys of the editor; none while something takes text.

use super::{running::Running, several};
use crate::{
    api::runs::NodeStatus,
    ui::{
        browser,
        canvas::{editing::Editing, selection::Selection},
        components::toast::Toasts,
        pages::stand_in,
    },
};
use leptos::prelude::*;

/// Listens while the page is open.
pub fn listen(editing: Editing, running: Running) {
    let toasts = expect_context::<Toasts>();
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
            // Other commands of the browser keep their keys.
            if event.alt_key() {
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
                (true, "a" | "A") => {
                    editing.choose_all();
                    true
                }
                (true, "d" | "D") => several::duplicate(editing, toasts),
                (false, "d" | "D") => editing.switch_selected(),
                (false, "p" | "P") => pin_last(editing, running),
                (false, "F2") => browser::focus("node-name"),
                (false, "0") => {
                    editing.fit();
                    true
                }
                (false, "Escape") => {
                    editing.palette.set(None);
                    editing.choose_nothing();
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

/// Pins what the chosen step gave last, or takes its pin out; `false` where there is neither.
fn pin_last(editing: Editing, running: Running) -> bool {
    let Some(node) = editing.selection.with_untracked(Selection::single_node) else { return false };
    if editing.read(|d| d.node(node).is_some_and(|n| n.settings.pinned_output.is_some())) {
        editing.set_settings(node, None, |s| s.pinned_output = None);
        return true;
    }
    let output = running.detail.with_untracked(|detail| {
        let steps = &detail.as_ref()?.node_executions;
        let last = steps.iter().rfind(|s| s.node_id == node.0 && s.status == NodeStatus::Completed)?;
        Some(stand_in::value(last))
    });
    let is_there = output.is_some();
    if is_there {
        editing.set_settings(node, None, |s| s.pinned_output = output);
    }
    is_there
}
