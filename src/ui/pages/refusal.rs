//! Why a plain form was refused: said on the page that it came from, where no script could say it.

use crate::ui::server_fns::error::UiError;
use leptos::{prelude::*, server::ServerAction};
use server_fn::ServerFn;

/// The refusal of the form of that server function, if this page answers to one.
pub fn refusal<S>() -> Option<String>
where
    S: ServerFn<Error = UiError> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    let action = ServerAction::<S>::new();
    action.value().with_untracked(|v| v.as_ref().and_then(|r| r.as_ref().err().cloned())).map(told)
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
