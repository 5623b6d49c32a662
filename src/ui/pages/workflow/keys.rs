//! Keys of the editor; none while something takes text. What each does stands in `table`.

pub mod act;
mod chord;
mod help;
mod table;

pub use help::Help;

use super::{later::Later, running::Running};
use crate::ui::{
    browser,
    canvas::editing::Editing,
    components::{
        commands::{Command, Commands},
        toast::Toasts,
    },
};
use chord::Chord;
use leptos::prelude::*;
use table::{COMMANDS, Heard};

/// What commands work on. Copies are the same.
#[derive(Clone, Copy)]
pub struct Desk {
    pub editing: Editing,
    pub running: Running,
    pub toasts: Toasts,
    /// The second part of the editor.
    pub later: Later,
    /// The field that finds a step is open.
    pub find: RwSignal<bool>,
    /// The list of all keys is open.
    pub help: RwSignal<bool>,
    /// The list of steps is open.
    pub outline: RwSignal<bool>,
}

impl Desk {
    #[must_use]
    pub fn new(editing: Editing, running: Running) -> Self {
        let toasts = expect_context();
        let closed = || RwSignal::new(false);
        Self {
            editing,
            running,
            toasts,
            later: Later::new(),
            find: closed(),
            help: closed(),
            outline: closed(),
        }
    }

    /// A field was asked for that is still on its way: what is typed now is meant for it, and is no command.
    fn is_field_awaited(self) -> bool {
        let is_asked = self.find.get_untracked() || self.editing.palette.with_untracked(Option::is_some);
        is_asked && self.later.tools_now().is_none()
    }
}

/// Offers what can be done here to the palette of commands, while the page is open.
pub fn offer(desk: Desk) {
    Commands::offer(move || {
        // The arrows move steps; nobody looks for that by name.
        let all = COMMANDS.iter().filter(|command| command.heard != Heard::Canvas);
        let offered = all.filter_map(|command| {
            let act = command.act?;
            let keys = command.keys.first().copied().unwrap_or_default();
            let run = move || {
                act(desk);
            };
            Some(Command::new(command.title, command.icon, keys, run))
        });
        offered.collect()
    });
}

/// Listens while the page is open.
pub fn listen(desk: Desk) {
    Effect::new(move |_| {
        let handle = window_event_listener(leptos::ev::keydown, move |event| {
            // Other commands of the browser keep their keys.
            if event.alt_key() || event.default_prevented() {
                return;
            }
            let pressed =
                Chord::pressed(event.ctrl_key() || event.meta_key(), event.shift_key(), &event.key());
            let Some(command) = COMMANDS.iter().find(|c| c.answers(&pressed)) else { return };
            let is_ours = match command.heard {
                Heard::Always => true,
                Heard::Here => !browser::is_typing(event.target()),
                Heard::Canvas => browser::is_ground(event.target()),
                Heard::Elsewhere => false,
            };
            if !is_ours || (desk.is_field_awaited() && event.key() != "Escape") {
                return;
            }
            if command.act.is_some_and(|act| act(desk)) {
                event.prevent_default();
            }
        });
        on_cleanup(move || handle.remove());
    });
}
