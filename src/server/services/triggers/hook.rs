//! Requests that come to webhooks. Whoever cannot prove that they know the secret learns nothing: a slug that is not there
//! and a secret that is wrong get the same answer, after the same work.

mod proof;

use super::{
    config::{Config, HookConfig},
    input, options, secret,
};
use crate::{
    api::{
        runs::{RunAccepted, RunCreate, RunStatus},
        triggers::TriggerKind,
    },
    server::{
        error::AppError,
        services::{Fields, runs},
        state::AppState,
        store::{self, triggers::Trigger},
    },
    workflow::ids::RunId,
};
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::Value;
use zeroize::Zeroizing;

/// Characters of a sender's idempotency key: ours names the trigger too.
const KEY_CHARS: usize = 200;

/// A request as it came.
#[derive(Debug)]
pub struct HookRequest {
    pub slug: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// What the sender gets.
#[derive(Debug)]
pub enum HookReply {
    /// The run goes on, or is still going on.
    Accepted(RunAccepted),
    /// Its output.
    Done { run: RunId, output: Value },
}

/// Starts a run of the workflow whose webhook that is, and waits for it where the webhook does.
///
/// # Errors
/// 404 `no_such_hook` for an unknown address and for whoever does not prove to know the secret; 409 `trigger_paused`,
/// `workflow_inactive`; 400, 415 and 422 for a body that is no input; 422 `idempotency_key_reused`,
/// `workflow_has_problems`; 502 `run_failed`, `run_cancelled` where the webhook waits.
pub async fn receive(state: &AppState, request: HookRequest) -> Result<HookReply, AppError> {
    let HookRequest { slug, headers, body } = request;
    let trigger = proven(state, &slug, &headers, &body).await?;
    let Config::Webhook(config) = Config::stored(&trigger)? else { return Err(no_such_hook()) };
    if !trigger.is_on() {
        return Err(off(&trigger));
    }
    match start(state, &trigger, &headers, &body).await {
        Ok(accepted) => wait(state, &trigger, config, accepted).await,
        Err(error) => {
            note(state, &trigger, &error).await;
            Err(error)
        }
    }
}

/// The webhook, for a sender who knows its secret.
async fn proven(state: &AppState, slug: &str, headers: &HeaderMap, body: &[u8]) -> Result<Trigger, AppError> {
    let found = match slug.len() <= 100 && !slug.contains('\0') {
        true => store::triggers::find_by_slug(&state.store, slug).await?,
        false => None,
    };
    let found = found.filter(|trigger| trigger.row.kind == TriggerKind::Webhook);
    let known = match &found {
        Some(trigger) => secret::open(state, trigger)?,
        // Compared all the same.
        None => Zeroizing::new(secret::make().into_bytes()),
    };
    let is_proven = proof::is_proven(headers, body, &known, state.clock.now());
    match found {
        Some(trigger) if is_proven => Ok(trigger),
        _ => Err(no_such_hook()),
    }
}

async fn start(
    state: &AppState,
    trigger: &Trigger,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<RunAccepted, AppError> {
    let key = idempotency_key(headers)?.map(|key| format!("hook:{}:{key}", trigger.id));
    let kind = match headers.get(header::CONTENT_TYPE) {
        Some(kind) => {
            Some(kind.to_str().map_err(|_| AppError::field("Content-Type", "must be plain ASCII text"))?)
        }
        None => None,
    };
    let input_data = input::of_body(kind, body)?;
    let create = RunCreate { input_data, use_pinned: false };
    runs::start(state, trigger.owner, trigger.workflow, create, options(trigger, key)).await
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, AppError> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let mut fields = Fields::default();
    let key = value.to_str().unwrap_or_default();
    fields.line("Idempotency-Key", key, 1, KEY_CHARS);
    fields.check()?;
    Ok(Some(key.to_owned()))
}

async fn wait(
    state: &AppState,
    trigger: &Trigger,
    config: HookConfig,
    accepted: RunAccepted,
) -> Result<HookReply, AppError> {
    let run = RunId(accepted.run_id);
    let Some(at_most) = config.wait() else { return Ok(HookReply::Accepted(accepted)) };
    if !runs::wait(state, run, at_most).await {
        return Ok(HookReply::Accepted(accepted));
    }
    let detail = runs::get(state, trigger.owner, trigger.workflow, run).await?.run;
    match detail.summary.status {
        RunStatus::Completed => Ok(HookReply::Done { run, output: detail.output_data }),
        RunStatus::Cancelled => Err(AppError::new(
            StatusCode::BAD_GATEWAY,
            "run_cancelled",
            format!("The run {run} was cancelled. Send the request again to start another one."),
        )),
        _ => Err(AppError::new(
            StatusCode::BAD_GATEWAY,
            "run_failed",
            format!(
                "The run {run} failed: {}. Its page in Millrace shows what every step did.",
                detail.summary.error_message.unwrap_or_default().trim_end_matches('.')
            ),
        )),
    }
}

/// That a request made no run, for the trigger's page. The sender is told in any case.
async fn note(state: &AppState, trigger: &Trigger, error: &AppError) {
    let what = (error.code().to_owned(), error.to_string());
    let noted = async {
        let write = state.store.write().await?;
        store::triggers::refused(&write, trigger.id, &what, state.clock.now()).await?;
        write.commit().await
    };
    if let Err(error) = noted.await {
        tracing::warn!(trigger_id = %trigger.id, %error, "what became of a webhook's request was not written down");
    }
}

fn off(trigger: &Trigger) -> AppError {
    if trigger.row.paused {
        return AppError::new(
            StatusCode::CONFLICT,
            "trigger_paused",
            "This webhook is paused and starts nothing. Let it go on, on the Triggers page of its workflow.",
        );
    }
    AppError::new(
        StatusCode::CONFLICT,
        "workflow_inactive",
        "The workflow of this webhook is switched off, so it starts nothing. Switch it on in Millrace.",
    )
}

/// The same for whatever is not there and whoever may not know.
#[must_use]
pub fn no_such_hook() -> AppError {
    AppError::new(
        StatusCode::NOT_FOUND,
        "no_such_hook",
        "There is no webhook at this address for this secret. Check the address, and the secret or the signature.",
    )
}
