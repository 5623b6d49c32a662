//! What a step gave, against what it gave in the run before.

use super::{
    super::{code::short, running::Running},
    differences::{Difference, differences},
};
use crate::{
    api::runs::{NodeExecutionView, NodeStatus, RunSummary},
    ui::{
        components::time::RelativeTime,
        pages::runs::short_id,
        server_fns::{
            error::UiError,
            runs::{RunsWanted, get_run, list_runs},
            session::with_session,
        },
    },
};
use leptos::prelude::*;
use serde_json::Value;
use uuid::Uuid;

/// Differences that are listed.
const SHOWN: usize = 200;
/// Earlier runs that are looked through.
const RUNS: usize = 6;

/// What was found of the past.
type Past = Option<(RunSummary, Value)>;

/// The newest earlier run in which the step was done, and what it gave.
async fn past(workflow: Uuid, run: Uuid, node: Uuid) -> Result<Past, UiError> {
    let mine = RunsWanted { workflow: Some(workflow), top_level: true, ..Default::default() };
    let runs = with_session(|| list_runs(mine.clone(), None, 50)).await?.items;
    let earlier = runs.into_iter().skip_while(|r| r.id != run).skip(1).filter(|r| r.status.is_terminal());
    for candidate in earlier.take(RUNS) {
        let id = candidate.id;
        let detail = with_session(|| get_run(workflow, id)).await?;
        let done = |s: &NodeExecutionView| s.node_id == node && s.status == NodeStatus::Completed;
        if let Some(step) = detail.node_executions.into_iter().rfind(done) {
            return Ok(Some((candidate, step.output_data)));
        }
    }
    Ok(None)
}

#[component]
pub(super) fn Changes(step: NodeExecutionView, run: Uuid) -> impl IntoView {
    let running = expect_context::<Running>();
    let workflow = running.workflow;
    let found = RwSignal::new(None::<Result<Past, UiError>>);
    let node = step.node_id;
    Effect::new(move |_| {
        leptos::task::spawn_local(async move {
            let read = past(workflow, run, node).await;
            found.try_set(Some(read));
        });
    });
    let now = StoredValue::new(step.output_data);
    move || {
        match found.get() {
        None => view! { <p class="muted">"Looking for the run before …"</p> }.into_any(),
        Some(Err(error)) => view! { <p class="muted">{error.message}</p> }.into_any(),
        Some(Ok(None)) => {
            view! { <p class="muted">"No earlier run has finished this step, so there is nothing to compare with."</p> }
                .into_any()
        }
        Some(Ok(Some((run, before)))) => {
            let (list, more) = now.with_value(|now| differences(&before, now, SHOWN));
            let href = format!("/workflows/{workflow}/runs/{}", run.id);
            view! {
                <p class="muted">
                    {match list.len() {
                        0 => "The same as in ".to_owned(),
                        1 => "1 difference to ".to_owned(),
                        n => format!("{n}{} differences to ", if more { " and more" } else { "" }),
                    }}
                    <a class="link" href=href>
                        "run "
                        {short_id(run.id)}
                    </a> ", " <RelativeTime at=run.created_at /> "."
                </p>
                <Rows list />
            }
            .into_any()
        }
    }
    }
}

#[component]
fn Rows(list: Vec<Difference>) -> impl IntoView {
    let side = |value: Option<Value>, class: &'static str, none: &'static str| match value {
        Some(value) => view! { <code class=class>{short(&value)}</code> }.into_any(),
        None => view! { <span class="faint">{none}</span> }.into_any(),
    };
    view! {
        <ul class="changes" data-testid="changes">
            {list
                .into_iter()
                .map(|d| {
                    let path = if d.path.is_empty() { "the whole".to_owned() } else { d.path };
                    view! {
                        <li>
                            <span class="changes__path truncate" title=path.clone()>
                                {path.clone()}
                            </span>
                            {side(d.before, "is-before", "not there")}
                            <span class="faint" aria-label="became">"→"</span>
                            {side(d.after, "is-after", "gone")}
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
    .into_any()
}
