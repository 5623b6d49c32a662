//! One workflow of the list.

use super::Leaving;
use crate::{
    api::workflows::{NextStep, WorkflowSummary},
    ui::{
        components::{
            field::prose, icon::Icon, spark::Sparkline, status::StatusChip, time::RelativeTime, toast::Toasts,
        },
        pages::active::ActiveSwitch,
        server_fns::{session::with_session, workflows::delete_workflow},
    },
};
use leptos::prelude::*;
use uuid::Uuid;

#[component]
pub(super) fn WorkflowRow(workflow: WorkflowSummary, next: RwSignal<Vec<NextStep>>) -> impl IntoView {
    let id = workflow.id;
    let last = workflow.recent_runs.first().cloned();
    let name = workflow.name;
    let has_steps = workflow.node_count > 0;
    view! {
        <tr data-testid="workflow-row">
            <td class="cell-main">
                <a class="row-link workflow-name truncate" href=format!("/workflows/{id}") data-testid="workflow-link">
                    {name.clone()}
                </a>
                <small>{workflow.description}</small>
                <Next id has_steps next />
            </td>
            <td class="muted">
                {workflow.node_count}
                <span class="phone-only">{if workflow.node_count == 1 { " step" } else { " steps" }}</span>
            </td>
            <td class="wide-only">
                <Sparkline runs=workflow.recent_runs />
            </td>
            <td>
                {match last {
                    Some(run) => {
                        view! {
                            <a class="last-run" href=format!("/workflows/{id}/runs/{}", run.id)>
                                <StatusChip status=run.status.as_str() small=true />
                                <span class="faint">
                                    <RelativeTime at=run.created_at />
                                </span>
                            </a>
                        }
                            .into_any()
                    }
                    None => view! { <span class="faint">"Never run"</span> }.into_any(),
                }}
            </td>
            <td>
                <ActiveSwitch id is_active=workflow.is_active />
            </td>
            <td class="end faint wide-only">
                <RelativeTime at=workflow.updated_at />
            </td>
            <td class="row-deeds">
                <Delete id name />
            </td>
        </tr>
    }
    .into_any()
}

/// What to do next with a draft that cannot run.
#[component]
fn Next(id: Uuid, has_steps: bool, next: RwSignal<Vec<NextStep>>) -> impl IntoView {
    move || {
        let text = if has_steps {
            next.with(|all| all.iter().find(|step| step.workflow == id).map(told))?
        } else {
            "Next: add the first step".to_owned()
        };
        Some(view! {
            <a class="next-step" href=format!("/workflows/{id}") data-testid="next-step">
                <Icon name="alert" class="icon--sm" />
                <span>{prose(&text)}</span>
            </a>
        })
    }
}

/// `Next: Ask: choose a model (and 2 more)`.
fn told(step: &NextStep) -> String {
    let node = step.node.as_ref().map(|node| format!("{node}: ")).unwrap_or_default();
    let more = match step.errors.saturating_sub(1) {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    format!("Next: {node}{}{more}", step.message)
}

/// Takes the row away at once; the workflow goes when the message about it does, and stays if that is taken back.
#[component]
fn Delete(id: Uuid, name: String) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let Leaving(leaving) = expect_context::<Leaving>();
    let label = format!("Delete {name}");
    let delete = move |_| {
        leaving.update(|all| all.push(id));
        toasts.undoable(format!("{name} is deleted."), move |is_taken_back| {
            let stay = move || leaving.update(|all| all.retain(|other| *other != id));
            if is_taken_back {
                stay();
                return;
            }
            leptos::task::spawn_local(async move {
                if let Err(error) = with_session(|| delete_workflow(id)).await {
                    stay();
                    toasts.failure(error.message);
                }
            });
        });
    };
    view! {
        <button
            type="button"
            class="btn btn--ghost btn--icon btn--sm needs-script"
            aria-label=label
            title="Delete"
            data-testid="row-delete"
            on:click=delete
        >
            <Icon name="trash" class="icon--sm" />
        </button>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_step_is_a_sentence() {
        let step = |errors, node: Option<&str>| NextStep {
            workflow: Uuid::nil(),
            errors,
            node: node.map(str::to_owned),
            message: "choose a model".to_owned(),
        };
        assert_eq!(told(&step(1, Some("Ask"))), "Next: Ask: choose a model");
        assert_eq!(told(&step(3, None)), "Next: choose a model (and 2 more)");
    }
}
