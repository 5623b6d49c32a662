//! The newest runs of all workflows, from what the list holds of each.

use crate::{
    api::workflows::{RecentRun, WorkflowSummary},
    ui::components::{
        icon::Icon,
        status::StatusChip,
        time::{RelativeTime, duration},
    },
};
use leptos::prelude::*;
use uuid::Uuid;

const SHOWN: usize = 6;

struct Recent {
    workflow: Uuid,
    name: String,
    run: RecentRun,
}

#[component]
pub(super) fn RecentRuns(items: Vec<WorkflowSummary>) -> impl IntoView {
    let runs = newest(items);
    (!runs.is_empty()).then(|| {
        view! {
            <section class="section" aria-labelledby="recent">
                <div class="section__head">
                    <h2 id="recent">"Recent runs"</h2>
                    <span class="spacer"></span>
                    <a class="btn btn--ghost btn--sm" href="/runs">
                        "All runs"
                        <Icon name="arrow-right" class="icon--sm" />
                    </a>
                </div>
                <div class="table-wrap">
                    <table class="table" data-testid="recent-runs">
                        <thead>
                            <tr>
                                <th>"Workflow"</th>
                                <th>"State"</th>
                                <th class="end">"Duration"</th>
                                <th class="end">"Started"</th>
                            </tr>
                        </thead>
                        <tbody>{runs.into_iter().map(row).collect_view()}</tbody>
                    </table>
                </div>
            </section>
        }
        .into_any()
    })
}

fn row(Recent { workflow, name, run }: Recent) -> impl IntoView {
    view! {
        <tr>
            <td class="cell-main">
                <a class="row-link truncate" href=format!("/workflows/{workflow}/runs/{}", run.id)>
                    {name}
                </a>
            </td>
            <td>
                <StatusChip status=run.status.as_str() />
            </td>
            <td class="end muted num">{run.duration_ms.map_or("–".to_owned(), duration)}</td>
            <td class="end faint">
                <RelativeTime at=run.created_at />
            </td>
        </tr>
    }
}

/// The newest few, newest first.
fn newest(items: Vec<WorkflowSummary>) -> Vec<Recent> {
    let mut all: Vec<Recent> = Vec::new();
    for WorkflowSummary { id, name, recent_runs, .. } in items {
        let runs = recent_runs.into_iter().take(SHOWN);
        all.extend(runs.map(|run| Recent { workflow: id, name: name.clone(), run }));
    }
    // The few newest are picked one by one: cheaper to load than one more way to sort.
    let mut newest = Vec::with_capacity(SHOWN);
    while newest.len() < SHOWN
        && let Some(place) = (0..all.len()).max_by_key(|place| all[*place].run.created_at)
    {
        newest.push(all.swap_remove(place));
    }
    newest
}
