//! Why a plain form was refused: said on the page that it came from, where no script could say it.

use crate::ui::server_fns::error::UiError;
use leptos::{prelude::*, server::ServerActionError};
use server_fn::error::ServerFnUrlError;

/// The refusal of a form of one of those server functions, by their paths, if this page answers to one.
pub fn refusal(paths: &[&str]) -> Option<String> {
    let refused = use_context::<ServerActionError>().filter(|refused| paths.contains(&refused.path()))?;
    Some(told(ServerFnUrlError::<UiError>::decode_err(refused.err())))
}

/// What went wrong, with the first of the problems where there are some.
#[must_use]
pub fn told(error: UiError) -> String {
    match error.problems.first() {
        Some(first) => {
            let node = first.node.as_deref().unwrap_or("Workflow");
            format!("{} {node}: {}", error.message, first.message)
        }
        None => error.message,
    }
}
