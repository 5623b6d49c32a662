//! Two states of a workflow: the drawing with what came, went and changed, and the same as a list.

use super::{
    changes::{Changes, in_words},
    fields::title,
};
use crate::{
    ui::canvas::compare::{Words, compare, view::ComparedGraph},
    workflow::{diff::WorkflowDiff, document::Workflow},
};
use leptos::prelude::*;

/// From `old` to `new`; `changes` is what differs. Nothing is drawn where nothing differs.
#[component]
pub fn Compared(old: Workflow, new: Workflow, changes: WorkflowDiff, words: Words) -> impl IntoView {
    let has_steps = !old.nodes.is_empty() || !new.nodes.is_empty();
    let drawing = (has_steps && !changes.is_empty()).then(|| {
        let summary =
            format!("The graph with what differs. {} The list below says the same.", in_words(&changes));
        view! { <ComparedGraph comparison=compare(&old, &new, &changes, title) words summary /> }
    });
    // What changed is in both.
    let known = new.nodes;
    view! {
        {drawing}
        <Changes changes known words />
    }
    .into_any()
}
