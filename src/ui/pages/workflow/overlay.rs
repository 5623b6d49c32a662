//! What the run that is shown left on the canvas beyond its states: what went along the edges, and which steps have
//! changed since.

mod kept;

use super::running::Running;
use crate::{
    api::runs::{NodeStatus, RunDetail},
    ui::{
        canvas::{editing::Editing, flow::flowed},
        server_fns::{session::with_session, versions::get_version},
    },
    workflow::{diff::changed_behaviour, document::Workflow},
};
use kept::{Kept, Wanted};
use leptos::prelude::*;
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

/// After the last change; the checker looks sooner.
const PAUSE: Duration = Duration::from_millis(400);

/// Keeps the marks up to date while the page is open.
pub fn watch(editing: Editing, running: Running) {
    Effect::new(move |_| {
        if let Some(detail) = running.detail.get() {
            tell_flow(running, &detail);
        }
    });
    // The version that the run follows: the draft may be another one by now.
    let ran = RwSignal::new(None::<(i32, Arc<Workflow>)>);
    let wanted = Memo::new(move |_| running.detail.with(|d| d.as_ref().map(|d| d.run.summary.version)));
    let workflow = running.workflow;
    let kept = StoredValue::new(Kept::default());
    Effect::new(move |_| {
        let Some(number) = wanted.get() else { return };
        match kept.try_update_value(|kept| kept.want(number)) {
            Some(Wanted::Here(document)) => {
                // What stands there already would be compared once more.
                if ran.with_untracked(|known| known.as_ref().is_none_or(|(n, _)| *n != number)) {
                    ran.set(Some((number, document)));
                }
            }
            Some(Wanted::Ask) => leptos::task::spawn_local(async move {
                let answer = with_session(|| get_version(workflow, number)).await;
                let document = answer.ok().map(|version| Arc::new(version.document));
                kept.try_update_value(|kept| kept.came(number, document.clone()));
                if let Some(document) = document
                    && wanted.try_get_untracked().flatten() == Some(number)
                {
                    ran.set(Some((number, document)));
                }
            }),
            Some(Wanted::Awaited) | None => {}
        }
    });
    Effect::new(move |_| {
        let version = editing.version.get();
        let (Some(number), Some((of, ran))) = (wanted.get(), ran.get()) else { return };
        if number != of {
            return;
        }
        let look = move || {
            // A later change has its own look.
            if editing.version.try_get_untracked() == Some(version) {
                mark_changed(editing, running, &ran);
            }
        };
        set_timeout(look, PAUSE);
    });
}

/// Writes on the steps of a run what each gave.
fn tell_flow(running: Running, detail: &RunDetail) {
    for step in detail.node_executions.iter().filter(|s| s.status == NodeStatus::Completed) {
        let gave = running.feed.step(step.node_id).gave;
        let now = Some((step.port.clone(), flowed(&step.output_data)));
        if gave.with_untracked(|known| *known != now) {
            gave.set(now);
        }
    }
}

/// Marks the steps that would not do again what they did in the run.
fn mark_changed(editing: Editing, running: Running, ran: &Workflow) {
    let changed = editing.read(|now| changed_behaviour(ran, now));
    let reached = running.detail.with_untracked(|detail| {
        let steps = detail.iter().flat_map(|d| &d.node_executions);
        steps.map(|s| s.node_id).collect::<std::collections::HashSet<Uuid>>()
    });
    for card in editing.cards.get_untracked() {
        let stale = running.feed.step(card.id.0).stale;
        let is = reached.contains(&card.id.0) && changed.contains(&card.id);
        if stale.get_untracked() != is {
            stale.set(is);
        }
    }
}
