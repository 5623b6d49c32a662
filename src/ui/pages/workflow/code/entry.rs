//! What is typed into a code field: the list of completions that opens for it, what is taken from the list, and paths that
//! are inserted or dropped.

use super::{
    complete::{Item, Menu, accept, complete},
    knowing::Knowing,
    known::Names,
    text::{byte_of, open_at, units_of},
};
use crate::{
    ui::browser::typing,
    workflow::{expression::Form, ids::NodeId},
};
use leptos::{ev::KeyboardEvent, html, prelude::*};

/// The state of one field. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub area: NodeRef<html::Textarea>,
    pub menu: RwSignal<Option<Menu>>,
    /// The row of the list that Enter takes.
    pub chosen: RwSignal<usize>,
    /// Byte of the text.
    pub cursor: RwSignal<usize>,
    /// What may be named, while the list is open.
    names: StoredValue<Option<Names>>,
    /// Set by keys that write, so that a list opens for typing and not for what is set from elsewhere.
    typed: StoredValue<bool>,
    /// The list was asked for by Ctrl+Space.
    asked: StoredValue<bool>,
    /// The path that the browser is about to put into the text.
    pub dropped: StoredValue<Option<String>>,
    knowing: Knowing,
    node: NodeId,
    form: Form,
    is_line: bool,
    text: Signal<String>,
    write: Callback<String>,
}

/// What an [`Entry`] is for.
pub(super) struct Purpose {
    pub knowing: Knowing,
    pub node: NodeId,
    pub form: Form,
    /// Without line breaks.
    pub is_line: bool,
    pub text: Signal<String>,
    pub write: Callback<String>,
}

impl Entry {
    pub fn new(purpose: Purpose) -> Self {
        let Purpose { knowing, node, form, is_line, text, write } = purpose;
        Self {
            area: NodeRef::new(),
            menu: RwSignal::new(None),
            chosen: RwSignal::new(0),
            cursor: RwSignal::new(0),
            names: StoredValue::new(None),
            typed: StoredValue::new(false),
            asked: StoredValue::new(false),
            dropped: StoredValue::new(None),
            knowing,
            node,
            form,
            is_line,
            text,
            write,
        }
    }

    fn cursor_in(self, source: &str) -> usize {
        let units = self.area.get_untracked().map_or(0, |a| typing::selection(&a).1);
        byte_of(source, units)
    }

    /// Closes the list.
    pub fn close(self) {
        if self.menu.with_untracked(Option::is_some) {
            self.menu.set(None);
        }
        self.names.set_value(None);
        self.asked.set_value(false);
    }

    /// Opens the list with what fits at the cursor, or closes it.
    fn look(self, source: &str) {
        if self.names.with_value(Option::is_none) {
            self.names.set_value(Some(self.knowing.names(self.node)));
        }
        let at = self.cursor_in(source);
        let asked = self.asked.get_value();
        let found = self.names.with_value(|names| complete(source, self.form, at, names.as_ref()?, asked));
        self.chosen.set(0);
        if found.is_none() {
            self.close();
        } else {
            self.menu.set(found);
        }
    }

    /// Writes a row of the list into the text.
    pub fn take(self, row: &Item) {
        let (Some(area), Some(open)) = (self.area.get_untracked(), self.menu.get_untracked()) else { return };
        let source = area.value();
        let (insert, range, to) = accept(&source, &open, row);
        let mut made = source.clone();
        if made.get(range.clone()).is_none() {
            return self.close();
        }
        made.replace_range(range.clone(), &insert);
        self.close();
        self.typed.set_value(false);
        typing::replace(&area, units_of(&source, range.start), units_of(&source, range.end), &insert);
        typing::set_cursor(&area, units_of(&made, to));
        self.cursor.set(to);
    }

    /// Writes a path over what is chosen in the text.
    pub fn insert(self, path: &str) {
        let Some(area) = self.area.get_untracked() else { return };
        let source = area.value();
        let (from, to) = typing::selection(&area);
        let written = insertion(&source, self.form, byte_of(&source, from), path);
        typing::replace(&area, from, to, &written);
    }

    /// The text has changed in the browser.
    pub fn changed(self) {
        let Some(area) = self.area.get_untracked() else { return };
        let mut source = area.value();
        if self.is_line && source.contains(['\n', '\r']) {
            source = source.replace(['\n', '\r'], " ");
        }
        let before = self.text.get_untracked();
        self.write.run(source.clone());
        self.cursor.set(self.cursor_in(&source));
        if let Some(path) = self.dropped.try_update_value(Option::take).flatten() {
            return self.embrace(&before, &source, &path);
        }
        if self.typed.get_value() || self.menu.with_untracked(Option::is_some) {
            self.look(&source);
        }
        self.typed.set_value(false);
    }

    /// The browser has put the path where it was dropped; the braces are ours to add. Where that is, the text before
    /// tells: what is chosen now differs between browsers.
    fn embrace(self, before: &str, source: &str, path: &str) {
        let Some(area) = self.area.get_untracked() else { return };
        let is_there = |start: &usize| {
            source[..*start] == before[..(*start).min(before.len())]
                && source[start + path.len()..] == before[(*start).min(before.len())..]
        };
        let all = source.match_indices(path).map(|(start, _)| start);
        let mut places = all.filter(|start| before.is_char_boundary((*start).min(before.len())));
        let Some(start) = places.find(is_there) else { return };
        let written = insertion(before, self.form, start, path);
        if written != path {
            let end = start + path.len();
            let (from, to) = (units_of(source, start), units_of(source, end));
            // The browser takes no other edit while it tells of this one.
            request_animation_frame(move || {
                let _ = area.focus();
                typing::replace(&area, from, to, &written);
            });
        }
    }

    /// A key goes down: it may be meant for the list.
    pub fn key(self, event: &KeyboardEvent) {
        let key = event.key();
        let command = event.ctrl_key() || event.meta_key() || event.alt_key();
        if event.ctrl_key() && (event.code() == "Space" || key == " ") {
            event.prevent_default();
            self.asked.set_value(true);
            if let Some(area) = self.area.get_untracked() {
                self.look(&area.value());
            }
            return;
        }
        let count = self.menu.with_untracked(|m| m.as_ref().map_or(0, |m| m.items.len()));
        if count > 0 && !command {
            match key.as_str() {
                "ArrowDown" | "ArrowUp" => {
                    event.prevent_default();
                    let by = if key == "ArrowDown" { 1 } else { count - 1 };
                    self.chosen.update(|n| *n = (*n + by) % count);
                    return;
                }
                "Enter" | "Tab" if !event.shift_key() => {
                    event.prevent_default();
                    let place = self.chosen.get_untracked();
                    let row = self.menu.with_untracked(|m| m.as_ref()?.items.get(place).cloned());
                    if let Some(row) = row {
                        self.take(&row);
                    }
                    return;
                }
                "Escape" => {
                    event.prevent_default();
                    event.stop_propagation();
                    return self.close();
                }
                "ArrowLeft" | "ArrowRight" | "Home" | "End" => self.close(),
                _ => {}
            }
        }
        if self.is_line && key == "Enter" && !command {
            event.prevent_default();
        }
        if !command && (key.chars().count() == 1 || key == "Unidentified" || key == "Process") {
            self.typed.set_value(true);
        }
    }

    /// The cursor may stand elsewhere.
    pub fn follow(self) {
        if let Some(area) = self.area.get_untracked() {
            let at = byte_of(&area.value(), typing::selection(&area).1);
            if self.cursor.get_untracked() != at {
                self.cursor.set(at);
            }
        }
    }
}

/// A path as it is written at a place of a text: with braces where it would be plain text.
fn insertion(source: &str, form: Form, at: usize, path: &str) -> String {
    if form == Form::Bare || open_at(source, form, at).is_some() {
        path.to_owned()
    } else {
        format!("{{{{ {path} }}}}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_gets_braces_where_it_would_be_text() {
        assert_eq!(insertion("", Form::Bare, 0, "input.a"), "input.a");
        assert_eq!(insertion("Dear ", Form::Template, 5, "input.a"), "{{ input.a }}");
        assert_eq!(insertion("{{  }}", Form::Template, 3, "input.a"), "input.a");
        assert_eq!(insertion("{{ a }} b", Form::Template, 9, "input.a"), "{{ input.a }}");
    }
}
