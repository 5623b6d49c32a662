//! Sends notices. One task per server; a notice is claimed for one attempt by moving its due time, so that a server that
//! ends in the middle leaves it to the next one.

use crate::server::{
    error::AppError,
    outbound::{Limits, Outbound, Request},
    services::rounds,
    state::AppState,
    store::{
        self,
        failure_notices::{Attempted, DueNotice},
    },
};
use axum::http::{HeaderName, HeaderValue, Method, header};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use futures::FutureExt as _;
use serde_json::{Value, json};
use std::{panic::AssertUnwindSafe, time::Duration};

/// Notices sent in one round.
const MANY: u64 = 20;
/// What one attempt may take; only the status of the reply matters.
const LIMITS: Limits = Limits { timeout: Duration::from_secs(20), reply_bytes: 64 * 1024 };
/// Who has claimed a notice has it for so long.
const CLAIM: TimeDelta = TimeDelta::seconds(60);
/// Pauses after the first, second and further attempts, in seconds; after the last the notice is given up.
const PAUSES: [i64; 9] = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 14_400];
/// The name of the notice's id: the same for each attempt.
const DELIVERY: HeaderName = HeaderName::from_static("x-millrace-delivery");

/// Sends what is due until the server ends.
pub async fn watch(state: AppState) {
    let failures = state.engine.failures();
    while !state.stopping.is_cancelled() {
        let round = AssertUnwindSafe(round(&state)).catch_unwind();
        let round = tokio::select! {
            () = state.stopping.cancelled() => return,
            round = round => round,
        };
        let next = match round {
            Ok(Ok(next)) => next,
            other => {
                match other {
                    Ok(Err(error)) => {
                        tracing::warn!(%error, "failure notices cannot be looked at; trying again")
                    }
                    _ => tracing::error!("looking at failure notices panicked; trying again"),
                }
                rounds::pause(&state).await;
                continue;
            }
        };
        rounds::rest(&state, next, failures.notified()).await;
    }
}

async fn round(state: &AppState) -> Result<Option<DateTime<Utc>>, AppError> {
    deliver_due(state).await?;
    Ok(store::failure_notices::next_due(&state.store).await?)
}

/// Sends every notice whose time has come, several at a time; gives how many were taken.
///
/// # Errors
/// 503 when the database does not answer: what was not sent is due again.
pub async fn deliver_due(state: &AppState) -> Result<usize, AppError> {
    let due = store::failure_notices::due(&state.store, state.clock.now(), MANY).await?;
    let sent = futures::future::join_all(due.iter().map(|notice| deliver(state, notice))).await;
    sent.into_iter().try_fold(0, |sum, sent| Ok(sum + usize::from(sent?)))
}

async fn deliver(state: &AppState, notice: &DueNotice) -> Result<bool, AppError> {
    let now = state.clock.now();
    let until = now + CLAIM;
    let write = state.store.write().await?;
    if !store::failure_notices::claim(&write, notice, until).await? {
        write.undo().await?;
        return Ok(false);
    }
    write.commit().await?;
    store::faults::pass("failure_notices::after_claim")?;
    let outcome = post(&state.outbound, notice).await;
    store::faults::pass("failure_notices::after_post")?;
    let is_sent = outcome.is_ok();
    let what = match outcome {
        Ok(()) => Attempted::Sent(state.clock.now()),
        Err(error) => {
            let attempt = usize::try_from(notice.attempts).unwrap_or(usize::MAX);
            let due_at = PAUSES.get(attempt).map(|pause| state.clock.now() + TimeDelta::seconds(*pause));
            tracing::warn!(run_id = %notice.run_id, attempt = attempt + 1, gives_up = due_at.is_none(),
                "the failure notice of run {} was not taken: {error}", notice.run_id);
            Attempted::Failed { error, due_at }
        }
    };
    let write = state.store.write().await?;
    store::failure_notices::attempted(&write, notice.run_id, until, &what).await?;
    write.commit().await?;
    Ok(is_sent)
}

/// One attempt; any 2xx takes the notice.
async fn post(outbound: &Outbound, notice: &DueNotice) -> Result<(), String> {
    let body = body(notice).to_string();
    let mut request = Request::new(Method::POST, notice.url.as_str(), LIMITS);
    request.body = Some(body.into());
    request.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(id) = HeaderValue::from_str(&notice.run_id.to_string()) {
        request.headers.insert(DELIVERY, id);
    }
    match outbound.request(request).await {
        Ok(reply) if (200..300).contains(&reply.status) => Ok(()),
        Ok(reply) => Err(format!("the address answered with status {}", reply.status)),
        Err(error) => Err(error.to_string()),
    }
}

fn body(notice: &DueNotice) -> Value {
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
    json!({
        "event": "run.failed",
        "workflow": { "id": notice.workflow_id, "name": notice.workflow_name },
        "run": {
            "id": notice.run_id,
            "trigger": notice.trigger,
            "trigger_id": notice.trigger_id,
            "error_code": notice.error_code,
            "error_message": notice.error_message,
            "created_at": time(notice.created_at),
            "completed_at": notice.completed_at.map(time),
        },
        // For chats that show this field of whatever they get.
        "text": format!(
            "A run of \"{}\" failed: {}",
            notice.workflow_name,
            notice.error_message.as_deref().unwrap_or("no reason was given")
        ),
    })
}
