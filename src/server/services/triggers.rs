//! Triggers: making, changing, pausing and trying them. `scheduler` fires schedules, `hook` takes what comes to webhooks.

mod config;
mod hook;
mod input;
mod schedule;
mod scheduler;
mod secret;
mod view;

pub use config::HookConfig;
pub use hook::{HookReply, HookRequest, receive};
pub use schedule::time_zones;
pub use scheduler::{fire_due, watch};
pub use secret::reseal_all;

use super::{
    Fields,
    runs::{self, StartOptions},
};
use crate::{
    api::{
        runs::{RunAccepted, RunCreate},
        triggers::{SchedulePreview, ScheduleTimes, TriggerBody, TriggerTest, TriggerView},
    },
    server::{
        error::AppError,
        state::AppState,
        store::{
            self, Write,
            triggers::{Trigger, TriggerRow},
        },
    },
    workflow::ids::{TriggerId, UserId, WorkflowId},
};
use axum::http::StatusCode;
use config::{Config, Wanted};
use schedule::Schedule;
use std::sync::Arc;
use tokio::sync::Notify;

/// Triggers of one workflow.
const MANY: usize = 50;

/// Wakes who waits for the next due time; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Alarm(Arc<Notify>);

impl Alarm {
    /// Something changed: look again.
    pub fn ring(&self) {
        self.0.notify_one();
    }

    async fn rung(&self) {
        self.0.notified().await;
    }
}

/// The triggers of a workflow, newest first, with what they last did.
///
/// # Errors
/// 404.
pub async fn list(
    state: &AppState,
    owner: UserId,
    workflow: WorkflowId,
) -> Result<Vec<TriggerView>, AppError> {
    let triggers = store::triggers::list(&state.store, owner, workflow).await?;
    view::all(state, triggers).await
}

/// Whether that trigger is one of the owner's.
///
/// # Errors
/// 404 if it is not.
pub async fn check_owner(
    state: &AppState,
    owner: UserId,
    workflow: WorkflowId,
    id: TriggerId,
) -> Result<(), AppError> {
    store::triggers::get(&state.store, owner, workflow, id).await?;
    Ok(())
}

/// One trigger.
///
/// # Errors
/// 404.
pub async fn get(
    state: &AppState,
    owner: UserId,
    workflow: WorkflowId,
    id: TriggerId,
) -> Result<TriggerView, AppError> {
    let trigger = store::triggers::get(&state.store, owner, workflow, id).await?;
    view::all(state, vec![trigger]).await?.pop().ok_or_else(|| AppError::not_found("trigger"))
}

/// Makes a trigger. The reply of a webhook is the only place that ever shows its secret.
///
/// # Errors
/// 404; 422 with the fields that break a rule, or `too_many_triggers`.
pub async fn create(
    state: &AppState,
    owner: UserId,
    workflow: WorkflowId,
    body: TriggerBody,
) -> Result<TriggerView, AppError> {
    let Wanted { config, secret } = config::read(body.clone(), None, state).await?;
    let id = TriggerId::new();
    let shown = secret.or_else(|| matches!(config, Config::Webhook(_)).then(secret::make));
    let sealed = shown.as_deref().map(|plain| secret::seal(state, owner, id, plain)).transpose()?;
    let write = state.store.write().await?;
    let is_active = store::triggers::lock_workflow(&write, owner, workflow).await?;
    if store::triggers::list(&write, owner, workflow).await?.len() >= MANY {
        return Err(AppError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "too_many_triggers",
            format!("A workflow may have {MANY} triggers. Delete one that is not needed."),
        ));
    }
    let paused = body.paused.unwrap_or(false);
    let now = state.clock.now();
    let row = TriggerRow {
        kind: body.kind,
        name: body.name.trim().to_owned(),
        slug: matches!(config, Config::Webhook(_)).then(secret::make),
        next_at: config.next_after(now).filter(|_| is_active && !paused),
        config: config.to_json(),
        secret: sealed,
        paused,
    };
    store::triggers::create(&write, workflow, id, &row, now).await?;
    write.commit().await?;
    state.alarm.ring();
    tracing::info!(trigger_id = %id, workflow_id = %workflow, kind = body.kind.as_str(), "a trigger was made");
    Ok(TriggerView { secret: shown, ..get(state, owner, workflow, id).await? })
}

/// Replaces a trigger; where `paused` or the secret is absent, it stays. A new secret is in the reply, once.
///
/// # Errors
/// 404; 422 with the fields that break a rule, and for another `kind`.
pub async fn update(
    state: &AppState,
    owner: UserId,
    workflow: WorkflowId,
    id: TriggerId,
    body: TriggerBody,
) -> Result<TriggerView, AppError> {
    let stored = store::triggers::get(&state.store, owner, workflow, id).await?;
    let Wanted { config, secret } = config::read(body.clone(), Some(stored.row.kind), state).await?;
    let shown = secret.or_else(|| body.new_secret.then(secret::make));
    let sealed = shown.as_deref().map(|plain| secret::seal(state, owner, id, plain)).transpose()?;
    let write = state.store.write().await?;
    let is_active = store::triggers::lock_workflow(&write, owner, workflow).await?;
    let stored = store::triggers::get(&write, owner, workflow, id).await?;
    let paused = body.paused.unwrap_or(stored.row.paused);
    let now = state.clock.now();
    // What does not change when it fires is no reason to lose a time that is due this very moment.
    let keeps_time = stored.row.next_at.is_some() && config.same_times(&stored.row.config);
    let next_at = if keeps_time { stored.row.next_at } else { config.next_after(now) };
    let row = TriggerRow {
        name: body.name.trim().to_owned(),
        config: config.to_json(),
        secret: sealed.or(stored.row.secret),
        paused,
        next_at: next_at.filter(|_| is_active && !paused),
        ..stored.row
    };
    store::triggers::update(&write, id, &row, now).await?;
    write.commit().await?;
    state.alarm.ring();
    Ok(TriggerView { secret: shown, ..get(state, owner, workflow, id).await? })
}

/// Makes a trigger, or replaces the one that `id` names.
///
/// # Errors
/// As [`create`] and [`update`].
pub async fn save(
    state: &AppState,
    owner: UserId,
    workflow: WorkflowId,
    id: Option<TriggerId>,
    body: TriggerBody,
) -> Result<TriggerView, AppError> {
    match id {
        Some(id) => update(state, owner, workflow, id, body).await,
        None => create(state, owner, workflow, body).await,
    }
}

/// A secret that nobody guesses, for a form to begin with.
#[must_use]
pub fn suggest_secret() -> String {
    secret::make()
}

/// Pauses a trigger or lets it go on; everything else stays.
///
/// # Errors
/// 404.
pub async fn pause(
    state: &AppState,
    owner: UserId,
    workflow: WorkflowId,
    id: TriggerId,
    paused: bool,
) -> Result<TriggerView, AppError> {
    let write = state.store.write().await?;
    let is_active = store::triggers::lock_workflow(&write, owner, workflow).await?;
    let stored = store::triggers::get(&write, owner, workflow, id).await?;
    let now = state.clock.now();
    let next_at = match stored.row.next_at {
        Some(at) if !paused => Some(at),
        _ => Config::stored(&stored)?.next_after(now).filter(|_| is_active && !paused),
    };
    let row = TriggerRow { paused, next_at, ..stored.row };
    store::triggers::update(&write, id, &row, now).await?;
    write.commit().await?;
    state.alarm.ring();
    get(state, owner, workflow, id).await
}

/// Removes a trigger; its runs stay.
///
/// # Errors
/// 404.
pub async fn delete(
    state: &AppState,
    owner: UserId,
    workflow: WorkflowId,
    id: TriggerId,
) -> Result<(), AppError> {
    let write = state.store.write().await?;
    store::triggers::delete(&write, owner, workflow, id).await?;
    write.commit().await?;
    Ok(())
}

/// Fires now, paused or not: with that input, or with what a schedule would give, or a sample.
///
/// # Errors
/// 404; what a start of the workflow refuses.
pub async fn test(
    state: &AppState,
    owner: UserId,
    workflow: WorkflowId,
    id: TriggerId,
    body: TriggerTest,
) -> Result<RunAccepted, AppError> {
    let trigger = store::triggers::get(&state.store, owner, workflow, id).await?;
    let input_data = match (body.input_data, Config::stored(&trigger)?) {
        (Some(given), _) => given,
        (None, Config::Schedule(config, _)) => {
            input::of_schedule(&trigger, config.input_data, state.clock.now())
        }
        (None, Config::Webhook(_)) => input::sample(),
    };
    let options = options(&trigger, None);
    runs::start(state, owner, workflow, RunCreate { input_data, use_pinned: false }, options).await
}

/// When a pattern would fire, and what it means in words.
///
/// # Errors
/// 422 with `cron` or `timezone`.
pub async fn preview(state: &AppState, body: SchedulePreview) -> Result<ScheduleTimes, AppError> {
    let now = state.clock.now();
    let schedule = Schedule::checked(Some(body.cron), body.timezone, now).await?;
    Ok(ScheduleTimes { meaning: schedule.meaning(), next_times: schedule.next_times(now) })
}

/// Switches all triggers of a workflow on or off, in the transaction that changes the workflow.
///
/// # Errors
/// 503 when the database does not answer.
pub(super) async fn switch(
    state: &AppState,
    write: &Write,
    owner: UserId,
    workflow: WorkflowId,
    is_active: bool,
) -> Result<(), AppError> {
    if !is_active {
        store::triggers::clear_next(write, workflow).await?;
        return Ok(());
    }
    let now = state.clock.now();
    for trigger in store::triggers::list(write, owner, workflow).await? {
        let next_at = Config::stored(&trigger)?.next_after(now).filter(|_| !trigger.row.paused);
        store::triggers::set_next(write, trigger.id, next_at).await?;
    }
    Ok(())
}

/// A start that a trigger asks for.
fn options(trigger: &Trigger, idempotency_key: Option<String>) -> StartOptions {
    StartOptions {
        trigger: trigger.row.kind.as_str(),
        trigger_id: Some(trigger.id),
        idempotency_key,
        head: None,
    }
}

/// Name of a trigger: a line, or nothing.
fn check_name(fields: &mut Fields, name: &str) {
    fields.line("name", name, 0, 100);
}
