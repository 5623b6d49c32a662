//! Fires schedules. One task per server sleeps until the earliest due time; any number of servers may do so on one
//! database. The due time in the row is the ticket: whoever moves it on makes the run in the same transaction, so that a
//! due time that is gone has its run, and one that is not will be found again. What was missed while nobody was there is
//! due once, whatever its number.

use super::{config::Config, input, options};
use crate::{
    api::runs::RunCreate,
    server::{
        error::AppError,
        services::{rounds, runs},
        state::AppState,
        store::{
            self, StoreError,
            runs::CreatedRun,
            triggers::{Claim, Trigger},
        },
    },
};
use axum::http::StatusCode;
use chrono::{DateTime, SecondsFormat, Utc};
use futures::FutureExt as _;
use std::panic::AssertUnwindSafe;

/// Schedules fired at once.
const MANY: u64 = 100;

/// Fires what is due until the server ends.
pub async fn watch(state: AppState) {
    while !state.stopping.is_cancelled() {
        let round = AssertUnwindSafe(round(&state)).catch_unwind().await;
        let next = match round {
            Ok(Ok(next)) => next,
            Ok(Err(error)) => {
                tracing::warn!(code = error.code(), %error, "schedules cannot be looked at; trying again");
                rounds::pause(&state).await;
                continue;
            }
            Err(_) => {
                tracing::error!("looking at schedules panicked; trying again");
                rounds::pause(&state).await;
                continue;
            }
        };
        rounds::rest(&state, next, state.alarm.rung()).await;
    }
}

/// Fires everything that is due and tells when something is next.
async fn round(state: &AppState) -> Result<Option<DateTime<Utc>>, AppError> {
    fire_due(state).await?;
    Ok(store::triggers::next_due(&state.store).await?)
}

/// Fires every schedule whose time has come; gives how many runs it made.
///
/// # Errors
/// 503 when the database does not answer: what was not fired is still due.
pub async fn fire_due(state: &AppState) -> Result<usize, AppError> {
    let mut fired = 0;
    loop {
        let due = store::triggers::due(&state.store, state.clock.now(), MANY).await?;
        if due.is_empty() {
            return Ok(fired);
        }
        let mut failed = None;
        for trigger in due {
            match fire(state, &trigger).await {
                Ok(is_new) => fired += usize::from(is_new),
                // The others are due all the same.
                Err(error) => failed = Some(error),
            }
            if state.stopping.is_cancelled() {
                return Ok(fired);
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
    }
}

/// Fires one due time, unless somebody else does.
async fn fire(state: &AppState, trigger: &Trigger) -> Result<bool, AppError> {
    let Some(due) = trigger.row.next_at else { return Ok(false) };
    let config = match Config::stored(trigger) {
        Ok(config) => config,
        // It would be due for ever.
        Err(error) => return give_up(state, trigger, due, None, &error).await,
    };
    let now = state.clock.now();
    // From now on: what was missed meanwhile does not come one by one.
    let next_at = config.next_after(now.max(due));
    let Config::Schedule(config, _) = config else {
        return give_up(state, trigger, due, None, &AppError::internal("a webhook that is due")).await;
    };
    let key = format!("trigger:{}:{}", trigger.id, due.to_rfc3339_opts(SecondsFormat::Millis, true));
    let input_data = input::of_schedule(trigger, config.input_data, due);
    let create = RunCreate { input_data, use_pinned: false };
    let ready =
        runs::ready(state, trigger.owner, trigger.workflow, create, options(trigger, Some(key))).await;
    let new = match ready {
        Ok((new, _)) => new,
        Err(error) if error.status() == StatusCode::SERVICE_UNAVAILABLE => return Err(error),
        Err(error) => return give_up(state, trigger, due, next_at, &error).await,
    };
    let claim = Claim { trigger: trigger.id, due, next_at, error: None };
    let made = async {
        let write = state.store.write().await?;
        if !store::triggers::claim(&write, &claim, now).await? {
            write.undo().await?;
            return Ok::<Option<CreatedRun>, StoreError>(None);
        }
        store::faults::pass("triggers::after_claim")?;
        let run = store::runs::create(&write, trigger.owner, new, now).await?;
        write.commit().await?;
        store::faults::pass("triggers::before_submit")?;
        Ok(Some(run))
    };
    let run = match made.await {
        Ok(Some(run)) => run,
        Ok(None) => return Ok(false),
        Err(error) if error.is_transient() => return Err(error.into()),
        // Somebody has used the key of this very firing for something else, or the workflow is gone.
        Err(error) => return give_up(state, trigger, due, next_at, &error.into()).await,
    };
    if run.is_new {
        state.engine.submit(run.id);
    }
    metrics::counter!("millrace_trigger_firings_total", "kind" => "schedule").increment(1);
    tracing::info!(run_id = %run.id, trigger_id = %trigger.id, workflow_id = %trigger.workflow, due = %due,
        late_ms = (now - due).num_milliseconds(), "the schedule {} starts run {}", trigger.id, run.id);
    Ok(run.is_new)
}

/// Takes a due time without making a run, and writes down why.
async fn give_up(
    state: &AppState,
    trigger: &Trigger,
    due: DateTime<Utc>,
    next_at: Option<DateTime<Utc>>,
    error: &AppError,
) -> Result<bool, AppError> {
    let why = Some((error.code().to_owned(), error.to_string()));
    let claim = Claim { trigger: trigger.id, due, next_at, error: why };
    let write = state.store.write().await?;
    let claimed = store::triggers::claim(&write, &claim, state.clock.now()).await?;
    write.commit().await?;
    if claimed {
        tracing::warn!(trigger_id = %trigger.id, workflow_id = %trigger.workflow, code = error.code(),
            "the schedule {} started no run: {error}", trigger.id);
    }
    Ok(false)
}
