//! The pages besides the dashboard and those with parts of their own, and what opens over any page: small ones, which come
//! to the browser together when the first of them is wanted, so that what every page loads holds the dashboard only.
//! More parts would be smaller ones, but what two parts share is a file of its own, and those grow in number much faster.

use super::{
    account::{register_page, sign_in_page},
    chat::chat_page,
    command_palette::command_palette,
    dashboard::{create::CreateDialog, first::FirstVisit},
    models::models_page,
    runs::runs_page,
    settings::settings_page,
    sign_in_again::sign_in_again,
    templates::gallery::templates_page,
    whole::WaitingPage,
};
use leptos::prelude::*;

/// One of these pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Other {
    SignIn,
    Register,
    Runs,
    Chat,
    Models,
    Settings,
    Templates,
    /// What the start page shows to somebody without workflows.
    FirstVisit,
    /// The dialog that makes a workflow, open while that is true.
    Create(RwSignal<bool>),
    /// The palette of commands, open while that is true.
    Commands(RwSignal<bool>),
    /// After a session has ended.
    SignInAgain,
}

impl Other {
    /// The page at these steps of an address.
    #[must_use]
    pub fn at(steps: &[&str]) -> Option<Self> {
        Some(match steps {
            ["sign-in"] => Self::SignIn,
            ["register"] => Self::Register,
            ["runs"] | ["workflows", _, "runs"] => Self::Runs,
            ["chat"] => Self::Chat,
            ["models"] => Self::Models,
            ["settings"] => Self::Settings,
            ["templates"] => Self::Templates,
            _ => return None,
        })
    }

    fn title(self) -> &'static str {
        match self {
            Self::SignIn
            | Self::Register
            | Self::FirstVisit
            | Self::Create(_)
            | Self::Commands(_)
            | Self::SignInAgain => "",
            Self::Runs => "Runs",
            Self::Chat => "Chat",
            Self::Models => "Models",
            Self::Settings => "Settings",
            Self::Templates => "Templates",
        }
    }
}

/// The page with what it reads.
#[lazy]
pub fn other_page(which: Other) -> AnyView {
    match which {
        Other::SignIn => sign_in_page(),
        Other::Register => register_page(),
        Other::Runs => runs_page(),
        Other::Chat => chat_page(),
        Other::Models => models_page(),
        Other::Settings => settings_page(),
        Other::Templates => templates_page(),
        Other::FirstVisit => view! { <FirstVisit /> }.into_any(),
        Other::Create(open) => view! { <CreateDialog open /> }.into_any(),
        Other::Commands(open) => command_palette(open),
        Other::SignInAgain => sign_in_again(),
    }
}

/// One of these pages, loaded first.
#[must_use]
pub fn other(which: Other) -> AnyView {
    let waiting = move || match which.title() {
        "" => ().into_any(),
        title => view! { <WaitingPage title rows=6 /> }.into_any(),
    };
    // Not in a closure, which the server would call several times: what the page reads is read once.
    view! { <Suspense fallback=waiting>{Suspend::new(other_page(which))}</Suspense> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::Other;

    #[test]
    fn addresses_lead_to_their_pages() {
        assert_eq!(Other::at(&["workflows", "1", "runs"]), Some(Other::Runs));
        assert_eq!(Other::at(&["workflows", "1", "runs", "2"]), None);
        assert_eq!(Other::at(&["templates"]), Some(Other::Templates));
        assert_eq!(Other::at(&[]), None);
    }
}
