//! Runs as rows.

use super::{short_id, trigger_word};
use crate::{
    api::runs::RunSummary,
    ui::components::{
        icon::Icon,
        status::StatusChip,
        time::{Elapsed, RelativeTime},
    },
};
use leptos::prelude::*;

/// Runs as rows, each a link to its detail.
#[component]
pub fn RunsTable(runs: Vec<RunSummary>, show_workflow: bool) -> impl IntoView {
    view! {
        <div class="table-wrap">
            <table class="table" data-testid="runs-table">
                <thead>
                    <tr>
                        <th>{if show_workflow { "Workflow" } else { "Run" }}</th>
                        <th>"State"</th>
                        <th>"Trigger"</th>
                        <th>"Version"</th>
                        <th class="end">"Duration"</th>
                        <th class="end">"Started"</th>
                    </tr>
                </thead>
                <tbody>
                    {runs.into_iter().map(|run| view! { <RunRow run show_workflow /> }).collect_view()}
                </tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn RunRow(run: RunSummary, show_workflow: bool) -> impl IntoView {
    let is_plain = run.forked_from.is_none() && run.parent.is_none();
    let title = if show_workflow { run.workflow_name.clone() } else { format!("Run {}", short_id(run.id)) };
    view! {
        <tr data-testid="run-row">
            <td class="cell-main">
                <a class="row-link truncate" href=format!("/workflows/{}/runs/{}", run.workflow_id, run.id)>
                    {title}
                </a>
                {run.error_message.map(|text| view! { <small title=text.clone()>{text.clone()}</small> })}
            </td>
            <td>
                <StatusChip status=run.status.as_str() />
            </td>
            <td class="muted" class:wide-only=is_plain>
                <span class="origin">
                    <span class="wide-only">{trigger_word(&run.trigger).to_owned()}</span>
                    {run
                        .forked_from
                        .map(|from| {
                            view! {
                                <span class="chip chip--sm tone-violet" title=format!("Made from run {}", short_id(from))>
                                    <Icon name="fork" />
                                    "Fork"
                                </span>
                            }
                        })}
                    {run
                        .parent
                        .map(|parent| {
                            view! {
                                <span
                                    class="chip chip--sm"
                                    title=format!("Item {} of run {}", parent.item_index + 1, short_id(parent.run_id))
                                >
                                    <Icon name="workflow" />
                                    "Child"
                                </span>
                            }
                        })}
                </span>
            </td>
            <td class="muted wide-only">{format!("v{}", run.version)}</td>
            <td class="end muted">
                <Elapsed started=run.started_at ended=run.completed_at />
            </td>
            <td class="end faint">
                <RelativeTime at=run.created_at />
            </td>
        </tr>
    }
    .into_any()
}
