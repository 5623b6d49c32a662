//! What stands beside the canvas of a workflow: its triggers and its versions. One part of the program.

use super::{triggers::triggers_page, versions::versions_page};
use leptos::prelude::*;

/// One of these pages.
#[derive(Debug, Clone, Copy)]
pub enum Beside {
    Triggers,
    Versions,
}

/// The page with what it reads. The browser loads the part when one of them is first opened.
#[lazy]
pub fn beside_page(which: Beside) -> AnyView {
    match which {
        Beside::Triggers => triggers_page(),
        Beside::Versions => versions_page(),
    }
}
