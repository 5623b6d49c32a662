//! What the inspector shows: the run as a whole or one attempt of a step. It is in the address, so that a link to it
//! works, also without a script.

use crate::{
    api::runs::{NodeExecutionView, NodeStatus, RunDetail, RunStatus},
    ui::pages::run::live::Live,
};
use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use uuid::Uuid;

/// What is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ui::pages) enum Choice {
    Run,
    /// An attempt.
    Step(Uuid),
}

/// The word for the whole run in the address.
const WHOLE: &str = "run";

/// Follows the address; without a word there, shows what matters most.
pub(super) fn chosen(live: Live) -> Memo<Choice> {
    let query = use_query_map();
    Memo::new(move |_| {
        let wanted = query.with(|q| q.get("step"));
        live.detail.with(|detail| {
            let step = wanted.as_deref().and_then(|id| id.parse::<Uuid>().ok());
            match step.filter(|id| detail.node_executions.iter().any(|s| s.id == *id)) {
                Some(id) => Choice::Step(id),
                None if wanted.as_deref() == Some(WHOLE) => Choice::Run,
                None => first(detail),
            }
        })
    })
}

/// What went wrong first, else what a person is asked for, else what is going on, else the run.
fn first(detail: &RunDetail) -> Choice {
    let steps = &detail.node_executions;
    let is_last = |step: &NodeExecutionView| {
        !steps.iter().any(|s| s.node_id == step.node_id && s.attempt > step.attempt)
    };
    let of = |status| steps.iter().rfind(|s| s.status == status && is_last(s));
    let found = match detail.run.summary.status {
        RunStatus::Failed => of(NodeStatus::Failed),
        RunStatus::Running | RunStatus::Waiting => {
            let asks = |s: &&NodeExecutionView| s.asks_a_person();
            steps.iter().find(asks).or_else(|| of(NodeStatus::Running)).or_else(|| of(NodeStatus::Waiting))
        }
        _ => None,
    };
    found.map_or(Choice::Run, |step| Choice::Step(step.id))
}

/// The address of a choice; the tab stays.
pub(super) fn href(query: Memo<ParamsMap>, choice: Choice) -> String {
    let step = match choice {
        Choice::Run => WHOLE.to_owned(),
        Choice::Step(id) => id.to_string(),
    };
    match query.with(|q| q.get("tab")) {
        Some(tab) => format!("?step={step}&tab={tab}"),
        None => format!("?step={step}"),
    }
}
