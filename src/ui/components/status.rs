//! The state of a run or a step as icon and word.

use super::icon::Icon;
use leptos::prelude::*;

/// How a state looks: tone class, icon, word.
#[must_use]
pub fn look(status: &str) -> (&'static str, &'static str, &'static str) {
    match status {
        "completed" => ("tone-green", "check", "Completed"),
        "running" => ("tone-blue", "loader", "Running"),
        "waiting" => ("tone-amber", "pause", "Waiting"),
        "retrying" => ("tone-amber", "undo", "Retrying"),
        "failed" => ("tone-red", "x", "Failed"),
        "cancelled" => ("tone-grey", "ban", "Cancelled"),
        "skipped" => ("tone-grey", "skip", "Skipped"),
        "interrupted" => ("tone-amber", "bolt", "Interrupted"),
        "reused" => ("tone-violet", "copy", "Reused"),
        "pending" => ("tone-grey", "clock", "Queued"),
        _ => ("tone-grey", "info", "Unknown"),
    }
}

/// Icon and word of a state.
#[component]
pub fn StatusChip(
    #[prop(into)] status: Signal<&'static str>,
    #[prop(optional)] small: bool,
) -> impl IntoView {
    move || {
        let status = status.get();
        let (tone, icon, word) = look(status);
        let size = if small { "chip--sm" } else { "" };
        view! {
            <span class=format!("chip {size} {tone}") data-state=status data-testid="status">
                <Icon name=icon class=if status == "running" { "spin" } else { "" } />
                {word}
            </span>
        }
    }
}

/// A state as its icon in its colour, the word for those who listen or point.
#[component]
pub fn StatusMark(#[prop(into)] status: Signal<&'static str>) -> impl IntoView {
    move || {
        let status = status.get();
        let (tone, icon, word) = look(status);
        view! {
            <span class=format!("mark-state {tone}") role="img" aria-label=word title=word data-state=status>
                <Icon name=icon class=if status == "running" { "icon--sm spin" } else { "icon--sm" } />
            </span>
        }
    }
}
