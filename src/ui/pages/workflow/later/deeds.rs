//! Deeds of the first part's buttons and keys that need the second.

use super::super::keys::Desk;
use crate::{
    api::runs::NodeStatus,
    ui::{
        canvas::selection::Selection,
        pages::stand_in,
        server_fns::{session::with_session, workflows::delete_workflow},
    },
};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

/// Pins what the chosen step gave last, or takes its pin out.
pub fn pin(desk: Desk) {
    let Desk { editing, running, .. } = desk;
    let Some(node) = editing.selection.with_untracked(Selection::single_node) else { return };
    if editing.read(|d| d.node(node).is_some_and(|n| n.settings.pinned_output.is_some())) {
        editing.set_settings(node, None, |s| s.pinned_output = None);
        return;
    }
    let output = running.detail.with_untracked(|detail| {
        let steps = &detail.as_ref()?.node_executions;
        let last = steps.iter().rfind(|s| s.node_id == node.0 && s.status == NodeStatus::Completed)?;
        Some(stand_in::value(last))
    });
    match output {
        Some(output) => editing.set_settings(node, None, |s| s.pinned_output = Some(output)),
        None => desk.toasts.failure("This step has no output to pin yet. Run the workflow first."),
    }
}

/// Deletes the workflow and goes to the list.
pub fn delete(desk: Desk) {
    let Some(page) = desk.later.page.try_get_value() else { return };
    let (navigate, workflow) = (page.with(use_navigate), desk.running.workflow);
    leptos::task::spawn_local(async move {
        match with_session(|| delete_workflow(workflow)).await {
            Ok(()) => {
                desk.toasts.success("The workflow is deleted.");
                navigate("/", Default::default());
            }
            Err(error) => desk.toasts.failure(error.message),
        }
    });
}
