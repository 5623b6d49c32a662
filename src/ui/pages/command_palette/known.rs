//! Workflows and runs, asked for while the palette is already there.

use super::entry::{Does, Entry};
use crate::ui::{
    components::status::look,
    pages::runs::short_id,
    server_fns::{
        runs::{RunsWanted, list_runs},
        session::with_session,
        workflows::list_known_workflows,
    },
};
use leptos::prelude::*;

/// How many runs can be found by the name of their workflow.
const RUNS: u32 = 30;

/// Adds them behind what is listed.
pub fn add_to(all: RwSignal<Vec<Entry>>) {
    leptos::task::spawn_local(async move {
        let workflows = with_session(list_known_workflows).await.unwrap_or_default();
        let mut found: Vec<Entry> = Vec::new();
        for workflow in workflows {
            let id = workflow.id.0;
            let entry = |what: &str, title: String, icon, href: String| Entry {
                id: format!("{what}:{id}"),
                title,
                icon,
                side: "Workflow".to_owned(),
                does: Does::Go(href),
                is_deep: true,
            };
            let path = format!("/workflows/{id}");
            found.push(entry("run", format!("Run {}", workflow.name), "play", format!("{path}?do=run")));
            found.push(entry("workflow", workflow.name, "workflow", path));
        }
        let newest = RunsWanted { top_level: true, ..RunsWanted::default() };
        let runs = with_session(|| list_runs(newest.clone(), None, RUNS)).await;
        for run in runs.map(|page| page.items).unwrap_or_default() {
            found.push(Entry {
                id: format!("of:{}", run.id),
                title: format!("{} · run {}", run.workflow_name, short_id(run.id)),
                icon: "history",
                side: look(run.status.as_str()).2.to_owned(),
                does: Does::Go(format!("/workflows/{}/runs/{}", run.workflow_id, run.id)),
                is_deep: true,
            });
        }
        // The palette may have been closed, and opened again, meanwhile.
        let _ = all.try_update(|all| {
            all.retain(|entry| !found.iter().any(|new| new.id == entry.id));
            all.extend(found);
        });
    });
}
