//! What opens over any page and is loaded when it is first asked for: the palette of commands, and signing in again after
//! a session has ended.

use super::{command_palette::command_palette, sign_in_again::sign_in_again};
use leptos::prelude::*;

/// One of them.
#[derive(Debug, Clone, Copy)]
pub enum Overlay {
    Commands(RwSignal<bool>),
    SignInAgain,
}

/// The part of the program.
#[lazy]
pub fn overlay(which: Overlay) -> AnyView {
    match which {
        Overlay::Commands(open) => command_palette(open),
        Overlay::SignInAgain => sign_in_again(),
    }
}
