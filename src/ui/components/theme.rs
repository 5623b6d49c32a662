//! The switch between the system's colours, light and dark.

use super::icon::Icon;
use crate::ui::preferences::{Preferences, Theme};
use leptos::prelude::*;

/// Three buttons, one of them pressed. Uses the preferences in context.
#[component]
pub fn ThemeSwitch() -> impl IntoView {
    let preferences = expect_context::<RwSignal<Preferences>>();
    let buttons = Theme::ALL.map(|theme| {
        let (icon, word) = match theme {
            Theme::System => ("monitor", "System"),
            Theme::Light => ("sun", "Light"),
            Theme::Dark => ("moon", "Dark"),
        };
        view! {
            <button
                type="button"
                class="segmented__item"
                aria-pressed=move || (preferences.get().theme == theme).to_string()
                on:click=move |_| {
                    preferences.update(|p| p.theme = theme);
                    preferences.get_untracked().apply();
                }
            >
                <Icon name=icon class="icon--sm" />
                {word}
            </button>
        }
    });
    view! {
        <div class="segmented" role="group" aria-label="Theme" data-testid="theme-switch">
            {buttons.into_iter().collect_view()}
        </div>
    }
}
