//! Triggers as people see them.

use super::config::Config;
use crate::{
    api::triggers::{HookMode, TriggerOutcome, TriggerView},
    server::{
        error::AppError,
        state::AppState,
        store::{
            self,
            triggers::{LastRun, Trigger},
        },
    },
    workflow::ids::TriggerId,
};

/// With what each last did.
pub async fn all(state: &AppState, triggers: Vec<Trigger>) -> Result<Vec<TriggerView>, AppError> {
    let ids: Vec<TriggerId> = triggers.iter().map(|trigger| trigger.id).collect();
    let mut runs = store::triggers::last_runs(&state.store, &ids).await?;
    triggers
        .into_iter()
        .map(|trigger| {
            let run = runs.remove(&trigger.id);
            view(state, trigger, run)
        })
        .collect()
}

fn view(state: &AppState, trigger: Trigger, run: Option<LastRun>) -> Result<TriggerView, AppError> {
    let config = Config::stored(&trigger)?;
    let is_on = trigger.is_on();
    let ran_at = run.as_ref().map(|run| run.created_at);
    // Requests that made a run are not written down with the trigger.
    let refused =
        trigger.error.filter(|_| ran_at.is_none_or(|ran| trigger.last_at.is_some_and(|at| at >= ran)));
    let last = match (refused, run) {
        (Some((code, message)), _) => Some(TriggerOutcome {
            run_id: None,
            status: None,
            error_code: Some(code),
            error_message: Some(message),
        }),
        (None, Some(run)) => Some(TriggerOutcome {
            run_id: Some(run.id.0),
            status: Some(run.status),
            error_code: run.error_code,
            error_message: run.error_message,
        }),
        (None, None) => None,
    };
    let mut view = TriggerView {
        id: trigger.id.0,
        workflow_id: trigger.workflow.0,
        kind: trigger.row.kind,
        name: trigger.row.name,
        paused: trigger.row.paused,
        is_on,
        cron: None,
        timezone: None,
        input_data: None,
        next_at: trigger.row.next_at,
        next_times: Vec::new(),
        slug: None,
        url: None,
        mode: None,
        wait_seconds: None,
        secret: None,
        last_at: trigger.last_at.max(ran_at),
        last,
        created_at: trigger.created_at,
        updated_at: trigger.updated_at,
    };
    match config {
        Config::Schedule(config, schedule) => {
            view.next_times = schedule.next_times(state.clock.now());
            view.cron = Some(config.cron);
            view.timezone = Some(config.timezone);
            view.input_data = config.input_data;
        }
        Config::Webhook(config) => {
            let public = state.config.server.public_url.as_deref().unwrap_or_default().trim_end_matches('/');
            view.url = trigger.row.slug.as_ref().map(|slug| format!("{public}/hooks/{slug}"));
            view.slug = trigger.row.slug;
            view.mode = Some(config.mode);
            view.wait_seconds = (config.mode == HookMode::Wait).then_some(config.wait_seconds);
        }
    }
    Ok(view)
}
