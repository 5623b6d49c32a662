//! What the palette lists, and which of it fits what is written. Pure.

use crate::ui::{
    components::{commands::Command, fuzzy},
    preferences::Theme,
};
use leptos::prelude::Callback;

/// What an entry does.
#[derive(Clone)]
pub enum Does {
    Go(String),
    Call(Callback<()>),
    Theme(Theme),
    /// Makes a workflow of that name.
    Create(String),
    SignOut,
}

/// A line of the palette.
#[derive(Clone)]
pub struct Entry {
    /// Stable, so that it is known as recent the next time.
    pub id: String,
    pub title: String,
    pub icon: &'static str,
    /// What it is, or its keys.
    pub side: String,
    pub does: Does,
    /// Only shown once something is written.
    pub is_deep: bool,
}

/// A line that fits, with the characters of its title that were looked for.
#[derive(Clone)]
pub struct Shown {
    pub entry: Entry,
    pub places: Vec<usize>,
}

/// How many lines are shown at most.
const AT_MOST: usize = 40;
/// What having been used lately is worth, less one for each that was used later.
const RECENT: i32 = 14;

/// The pages of the rail, and what can be done everywhere.
#[must_use]
pub fn everywhere() -> Vec<Entry> {
    const PAGES: [(&str, &str, &str); 9] = [
        ("/", "workflow", "Workflows"),
        ("/runs", "history", "Runs"),
        ("/chat", "chat", "Chat"),
        ("/collections", "collection", "Collections"),
        ("/tables", "table", "Tables"),
        ("/credentials", "key", "Credentials"),
        ("/models", "sparkles", "Models"),
        ("/templates", "file-text", "Templates"),
        ("/settings", "settings", "Settings"),
    ];
    const THEMES: [(Theme, &str, &str); 3] = [
        (Theme::Dark, "moon", "Use the dark theme"),
        (Theme::Light, "sun", "Use the light theme"),
        (Theme::System, "monitor", "Use the system's theme"),
    ];
    let pages = PAGES.map(|(href, icon, word)| Entry {
        id: format!("page:{href}"),
        title: format!("Go to {word}"),
        icon,
        side: "Page".to_owned(),
        does: Does::Go(href.to_owned()),
        is_deep: false,
    });
    let themes = THEMES.map(|(theme, icon, title)| Entry {
        id: format!("theme:{}", theme.word()),
        title: title.to_owned(),
        icon,
        side: "Appearance".to_owned(),
        does: Does::Theme(theme),
        is_deep: false,
    });
    let sign_out = Entry {
        id: "sign-out".to_owned(),
        title: "Sign out".to_owned(),
        icon: "sign-out",
        side: "Account".to_owned(),
        does: Does::SignOut,
        is_deep: false,
    };
    pages.into_iter().chain(themes).chain([sign_out]).collect()
}

/// What the open page offers.
#[must_use]
pub fn of_page(commands: Vec<Command>) -> Vec<Entry> {
    let entry = |command: Command| Entry {
        id: format!("here:{}", command.title),
        side: if command.keys.is_empty() { "This page".to_owned() } else { command.keys.to_owned() },
        title: command.title,
        icon: command.icon,
        does: Does::Call(command.run),
        is_deep: false,
    };
    commands.into_iter().map(entry).collect()
}

/// Making a workflow, called what is written.
#[must_use]
pub fn create(written: &str) -> Entry {
    let (title, name) = match written.trim() {
        "" => ("New workflow".to_owned(), "New workflow".to_owned()),
        name => (format!("New workflow “{name}”"), name.to_owned()),
    };
    Entry {
        id: "create".to_owned(),
        title,
        icon: "plus",
        side: "Create".to_owned(),
        does: Does::Create(name),
        is_deep: false,
    }
}

/// What fits, best first: what was used lately before the rest. Making a workflow of what is written comes last.
#[must_use]
pub fn choose(all: &[Entry], written: &str, recent: &[String]) -> Vec<Shown> {
    let is_empty = written.trim().is_empty();
    let worth = |id: &str| {
        let place = recent.iter().position(|other| other == id).and_then(|i| i32::try_from(i).ok());
        place.map_or(0, |place| (RECENT - place).max(1))
    };
    let mut found: Vec<(i32, Shown)> = all
        .iter()
        .filter(|entry| !is_empty || !entry.is_deep || worth(&entry.id) > 0)
        .filter_map(|entry| {
            let found = fuzzy::find(written, &entry.title)?;
            let shown = Shown { entry: entry.clone(), places: found.places };
            Some((found.score + worth(&entry.id), shown))
        })
        .collect();
    // Stable: what is alike stays in the order of the list.
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.truncate(AT_MOST);
    let made = Shown { entry: create(written), places: Vec::new() };
    let mut shown: Vec<Shown> = found.into_iter().map(|(_, shown)| shown).collect();
    if is_empty {
        // Behind what was used lately and what the page offers.
        let place = shown.iter().position(|s| s.entry.id.starts_with("page:") && worth(&s.entry.id) == 0);
        shown.insert(place.unwrap_or(shown.len()), made);
    } else {
        shown.push(made);
    }
    shown
}

/// The recent ones after that one was used, newest first.
#[must_use]
pub fn used(recent: &[String], id: &str) -> Vec<String> {
    const KEPT: usize = 8;
    let others = recent.iter().filter(|other| *other != id).cloned();
    std::iter::once(id.to_owned()).chain(others).take(KEPT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(written: &str, recent: &[&str]) -> Vec<String> {
        let mut all = everywhere();
        all.push(Entry {
            id: "workflow:1".to_owned(),
            title: "Grind the settlers' corn".to_owned(),
            icon: "workflow",
            side: "Workflow".to_owned(),
            does: Does::Go("/workflows/1".to_owned()),
            is_deep: true,
        });
        let recent: Vec<String> = recent.iter().map(|id| (*id).to_owned()).collect();
        choose(&all, written, &recent).into_iter().map(|shown| shown.entry.title).collect()
    }

    #[test]
    fn what_was_used_lately_comes_first() {
        assert_eq!(titles("", &[])[..2], ["New workflow", "Go to Workflows"]);
        let shown = titles("", &["theme:dark", "workflow:1"]);
        assert_eq!(shown[..3], ["Use the dark theme", "Grind the settlers' corn", "New workflow"]);
        assert!(!titles("", &[]).contains(&"Grind the settlers' corn".to_owned()), "until it is asked for");
    }

    #[test]
    fn the_best_fit_comes_first_and_making_one_last() {
        let shown = titles("sett", &[]);
        assert_eq!(shown[0], "Go to Settings");
        assert_eq!(shown[1], "Grind the settlers' corn");
        assert_eq!(shown.last().unwrap(), "New workflow “sett”");
        assert_eq!(titles("zzz", &[]), ["New workflow “zzz”"]);
    }

    #[test]
    fn the_recent_are_few_and_each_once() {
        let mut recent = Vec::new();
        for id in ["a", "b", "a", "c", "d", "e", "f", "g", "h", "i"] {
            recent = used(&recent, id);
        }
        assert_eq!(recent, ["i", "h", "g", "f", "e", "d", "c", "a"]);
    }
}
