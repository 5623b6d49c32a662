//! All that can be done in the editor, in one table: the keys, the help and the palette of commands are made from it.

use super::{super::clipboard, Desk, act, chord::Chord};
use crate::workflow::notes::NoteKind;

/// Under which heading of the help a command stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Workflow,
    Steps,
    View,
    Pointer,
}

impl Group {
    pub const ALL: [Self; 4] = [Self::Workflow, Self::Steps, Self::View, Self::Pointer];

    pub const fn title(self) -> &'static str {
        match self {
            Self::Workflow => "Workflow",
            Self::Steps => "Chosen steps",
            Self::View => "View",
            Self::Pointer => "With the pointer",
        }
    }
}

/// Who hears the keys of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// The editor, unless something takes text.
    Here,
    /// The editor, while the focus is on the canvas or nowhere: lists have a use for these keys themselves.
    Canvas,
    /// The editor, always.
    Always,
    /// Something else: the browser, which sends an event of its own, another part of the page, or the pointer.
    Elsewhere,
}

/// Does something; `false` where there was nothing to do, so that the key stays the browser's.
pub type Act = fn(Desk) -> bool;

/// One thing that can be done.
pub struct Command {
    pub group: Group,
    pub title: &'static str,
    pub icon: &'static str,
    /// As people read them, `Ctrl+Shift+Z`; the first is the usual one.
    pub keys: &'static [&'static str],
    pub heard: Heard,
    /// None: only shown in the help.
    pub act: Option<Act>,
}

impl Command {
    /// Whether the editor hears these keys as this command.
    pub fn answers(&self, pressed: &Chord) -> bool {
        self.heard != Heard::Elsewhere && self.keys.iter().any(|k| Chord::parse(k).as_ref() == Some(pressed))
    }
}

const fn here(
    group: Group,
    title: &'static str,
    icon: &'static str,
    keys: &'static [&'static str],
    act: Act,
) -> Command {
    Command { group, title, icon, keys, heard: Heard::Here, act: Some(act) }
}

const fn arrow(title: &'static str, icon: &'static str, keys: &'static [&'static str], act: Act) -> Command {
    Command { group: Group::Steps, title, icon, keys, heard: Heard::Canvas, act: Some(act) }
}

const fn shown(group: Group, title: &'static str, keys: &'static [&'static str]) -> Command {
    Command { group, title, icon: "info", keys, heard: Heard::Elsewhere, act: None }
}

const fn by_event(
    title: &'static str,
    icon: &'static str,
    keys: &'static [&'static str],
    act: Act,
) -> Command {
    Command { group: Group::Steps, title, icon, keys, heard: Heard::Elsewhere, act: Some(act) }
}

use Group::{Pointer, Steps, View, Workflow};

/// Every command, in the order of the help.
pub static COMMANDS: &[Command] = &[
    Command {
        group: Workflow,
        title: "Run, or stop the run",
        icon: "play",
        keys: &["Ctrl+Enter"],
        heard: Heard::Always,
        act: Some(act::run_or_stop),
    },
    here(Workflow, "Add a step after the chosen one", "plus", &["N"], act::add_step),
    here(Workflow, "Add a note", "note", &["Shift+N"], |d| act::add_paper(d, NoteKind::Note)),
    here(Workflow, "Add a frame, round the chosen steps", "frame", &["Shift+F"], |d| {
        act::add_paper(d, NoteKind::Frame)
    }),
    here(Workflow, "Find a step", "search", &["Ctrl+F"], act::find),
    here(Workflow, "Undo", "undo", &["Ctrl+Z"], act::undo),
    here(Workflow, "Redo", "redo", &["Ctrl+Y", "Ctrl+Shift+Z"], act::redo),
    shown(Workflow, "All commands", &["Ctrl+K"]),
    here(Workflow, "Show all keys", "info", &["?"], act::help),
    here(Steps, "Rename", "pencil", &["F2"], act::rename),
    here(Steps, "Disable or enable", "ban", &["D"], act::disable),
    here(Steps, "Pin the last output, or take the pin out", "pin", &["P"], act::pin),
    here(Steps, "Connect to another step", "arrow-right", &["C"], act::connect),
    by_event("Copy", "copy", &["Ctrl+C"], clipboard::copy),
    by_event("Cut", "copy", &["Ctrl+X"], clipboard::cut),
    by_event("Paste", "copy", &["Ctrl+V"], clipboard::paste),
    here(Steps, "Duplicate", "versions", &["Ctrl+D"], act::duplicate),
    here(Steps, "Delete", "trash", &["Delete", "Backspace"], act::delete),
    here(Steps, "Choose all steps", "check", &["Ctrl+A"], act::choose_all),
    here(Steps, "Choose nothing, close what is open", "x", &["Escape"], act::escape),
    arrow("Move left", "arrow-left", &["ArrowLeft"], |d| act::nudge(d, -1.0, 0.0)),
    arrow("Move right", "arrow-right", &["ArrowRight"], |d| act::nudge(d, 1.0, 0.0)),
    arrow("Move up", "sort-up", &["ArrowUp"], |d| act::nudge(d, 0.0, -1.0)),
    arrow("Move down", "sort-down", &["ArrowDown"], |d| act::nudge(d, 0.0, 1.0)),
    arrow("Move left, further", "arrow-left", &["Shift+ArrowLeft"], |d| act::nudge(d, -5.0, 0.0)),
    arrow("Move right, further", "arrow-right", &["Shift+ArrowRight"], |d| act::nudge(d, 5.0, 0.0)),
    arrow("Move up, further", "sort-up", &["Shift+ArrowUp"], |d| act::nudge(d, 0.0, -5.0)),
    arrow("Move down, further", "sort-down", &["Shift+ArrowDown"], |d| act::nudge(d, 0.0, 5.0)),
    shown(Steps, "Next step, step before", &["Tab", "Shift+Tab"]),
    shown(Steps, "Open the settings, end an edge there, or write a note", &["Enter"]),
    shown(Steps, "Resize a note or frame", &["Ctrl+ArrowRight", "Ctrl+ArrowDown"]),
    here(View, "Show the whole workflow", "fit", &["0"], act::fit),
    here(View, "Steps as a list", "menu", &["O"], act::outline),
    here(View, "Tidy up the chosen steps, or all", "tidy", &["Shift+T"], act::tidy),
    here(View, "Zoom to 100 %", "eye", &["1"], act::full_size),
    here(View, "Zoom in", "plus", &["+", "="], |d| act::zoom(d, 1.25)),
    here(View, "Zoom out", "minus", &["-"], |d| act::zoom(d, 0.8)),
    shown(Pointer, "Move the view", &["Drag the ground", "Space+Drag", "Middle button"]),
    shown(Pointer, "Choose several steps", &["Shift+Drag the ground", "Shift+Click", "Ctrl+Click"]),
    shown(Pointer, "Connect two steps", &["Drag from a dot", "Click a dot, then a step"]),
    shown(Pointer, "Add a step that follows", &["Drag from a dot to the ground"]),
    shown(Pointer, "Insert a step into an edge", &["Point at it", "Drop a step on it"]),
    shown(Pointer, "Write a note or the title of a frame", &["Double press"]),
    shown(Pointer, "Zoom", &["Ctrl+Wheel"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_the_design_are_all_there_and_each_once() {
        let heard: Vec<_> = COMMANDS.iter().flat_map(|c| c.keys).collect();
        for key in [
            "Ctrl+Enter",
            "N",
            "D",
            "P",
            "F2",
            "Delete",
            "Ctrl+Z",
            "Ctrl+Y",
            "Ctrl+C",
            "Ctrl+X",
            "Ctrl+V",
            "Ctrl+D",
            "0",
            "1",
            "Ctrl+K",
            "Ctrl+F",
            "?",
        ] {
            assert_eq!(heard.iter().filter(|k| ***k == key).count(), 1, "{key}");
        }
        for (i, key) in heard.iter().enumerate() {
            assert!(!heard[..i].contains(key), "{key} is given twice");
        }
    }

    #[test]
    fn each_key_that_is_heard_can_be_pressed() {
        for command in COMMANDS.iter().filter(|c| c.heard != Heard::Elsewhere) {
            assert!(command.act.is_some(), "{}", command.title);
            for key in command.keys {
                let chord = Chord::parse(key).unwrap_or_else(|| panic!("{key}"));
                let answering: Vec<_> =
                    COMMANDS.iter().filter(|c| c.answers(&chord)).map(|c| c.title).collect();
                assert_eq!(answering, [command.title], "{key}");
            }
        }
    }

    #[test]
    fn what_others_hear_is_left_to_them() {
        let copy = Chord::parse("Ctrl+C").unwrap();
        assert!(!COMMANDS.iter().any(|c| c.answers(&copy)), "the browser's copy event does it");
    }
}
