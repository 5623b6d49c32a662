//! Triggers of a workflow, whether they are on, and whom to tell of failures. What is changed here is changed by plain
//! forms, so that it works without a script.

use super::{codec::Reply, error::UiError};
use crate::api::triggers::{FailureNotice, ScheduleTimes, TriggerView};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;
use uuid::Uuid;

/// Everything that the page shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TriggersOverview {
    pub name: String,
    pub is_active: bool,
    pub triggers: Vec<TriggerView>,
    pub notice: FailureNotice,
    /// The address of this server as this browser knows it.
    pub origin: String,
    /// For a new webhook.
    pub secret: String,
}

/// The triggers of a workflow with all that belongs to them.
#[server(prefix = "/fn", endpoint = "triggers/overview", output = Reply)]
pub async fn read_triggers(workflow: Uuid) -> Result<TriggersOverview, UiError> {
    use super::session;
    use crate::server::services::{failure_notices, triggers, workflows};
    let (state, owner) = session::signed_in().await?;
    let id = workflow.into();
    let detail = workflows::get(&state, owner, id).await?;
    Ok(TriggersOverview {
        name: detail.name,
        is_active: detail.is_active,
        triggers: triggers::list(&state, owner, id).await?,
        notice: failure_notices::get(&state, owner, id).await?,
        origin: session::origin(&state),
        secret: triggers::suggest_secret(),
    })
}

/// The names of all time zones.
#[server(prefix = "/fn", endpoint = "triggers/time-zones", output = Reply)]
pub async fn time_zones() -> Result<Vec<String>, UiError> {
    use super::session;
    use crate::server::services::triggers;
    session::signed_in().await?;
    Ok(triggers::time_zones().into_iter().map(str::to_owned).collect())
}

/// When a pattern would fire.
#[server(prefix = "/fn", endpoint = "triggers/preview", input = Json, output = Reply)]
pub async fn preview_schedule(cron: String, timezone: String) -> Result<ScheduleTimes, UiError> {
    use super::session;
    use crate::{api::triggers::SchedulePreview, server::services::triggers};
    let (state, _) = session::signed_in().await?;
    Ok(triggers::preview(&state, SchedulePreview { cron, timezone: Some(timezone) }).await?)
}

/// Makes a schedule, or changes the one that `trigger` names. `input` is JSON; empty: when it was due.
#[server(prefix = "/fn", endpoint = "triggers/save-schedule", output = Reply)]
pub async fn save_schedule(
    workflow: Uuid,
    trigger: Option<Uuid>,
    name: String,
    cron: String,
    timezone: String,
    input: String,
) -> Result<TriggerView, UiError> {
    use super::session;
    use crate::{api::triggers::TriggerBody, server::services::triggers};
    let (state, owner) = session::signed_in().await?;
    let body = TriggerBody { name, input_data: read_input(&input)?, ..TriggerBody::schedule(cron, timezone) };
    let saved = triggers::save(&state, owner, workflow.into(), trigger.map(Into::into), body).await?;
    leptos_axum::redirect(&format!("/workflows/{workflow}/triggers"));
    Ok(saved)
}

/// Makes a webhook, or changes the one that `trigger` names. An empty secret is kept, or made.
#[server(prefix = "/fn", endpoint = "triggers/save-webhook", output = Reply)]
pub async fn save_webhook(
    workflow: Uuid,
    trigger: Option<Uuid>,
    name: String,
    secret: String,
    waits: Option<String>,
    wait_seconds: Option<u32>,
) -> Result<TriggerView, UiError> {
    use super::session;
    use crate::{
        api::triggers::{HookMode, TriggerBody},
        server::services::triggers,
    };
    let (state, owner) = session::signed_in().await?;
    let mode = if waits.is_some() { HookMode::Wait } else { HookMode::Now };
    let secret = Some(secret.trim().to_owned()).filter(|text| !text.is_empty());
    let body = TriggerBody { name, secret, wait_seconds, ..TriggerBody::webhook(mode) };
    let saved = triggers::save(&state, owner, workflow.into(), trigger.map(Into::into), body).await?;
    leptos_axum::redirect(&format!("/workflows/{workflow}/triggers"));
    Ok(saved)
}

/// Pauses a trigger, or lets it go on.
#[server(prefix = "/fn", endpoint = "triggers/pause", output = Reply)]
pub async fn pause_trigger(workflow: Uuid, trigger: Uuid, paused: bool) -> Result<(), UiError> {
    use super::session;
    use crate::server::services::triggers;
    let (state, owner) = session::signed_in().await?;
    triggers::pause(&state, owner, workflow.into(), trigger.into(), paused).await?;
    leptos_axum::redirect(&format!("/workflows/{workflow}/triggers"));
    Ok(())
}

/// Removes a trigger.
#[server(prefix = "/fn", endpoint = "triggers/delete", output = Reply)]
pub async fn delete_trigger(workflow: Uuid, trigger: Uuid) -> Result<(), UiError> {
    use super::session;
    use crate::server::services::triggers;
    let (state, owner) = session::signed_in().await?;
    triggers::delete(&state, owner, workflow.into(), trigger.into()).await?;
    leptos_axum::redirect(&format!("/workflows/{workflow}/triggers"));
    Ok(())
}

/// Fires a trigger now and goes to the run. `input` is JSON; empty: a sample.
#[server(prefix = "/fn", endpoint = "triggers/test", output = Reply)]
pub async fn test_trigger(workflow: Uuid, trigger: Uuid, input: String) -> Result<(), UiError> {
    use super::session;
    use crate::{api::triggers::TriggerTest, server::services::triggers};
    let (state, owner) = session::signed_in().await?;
    let body = TriggerTest { input_data: read_input(&input)? };
    let run = triggers::test(&state, owner, workflow.into(), trigger.into(), body).await?;
    leptos_axum::redirect(&format!("/workflows/{workflow}/runs/{}", run.run_id));
    Ok(())
}

/// Switches a workflow's triggers on or off; a plain form goes back to where it was.
#[server(prefix = "/fn", endpoint = "triggers/set-active", output = Reply)]
pub async fn set_active(workflow: Uuid, is_active: bool) -> Result<(), UiError> {
    use super::session;
    use crate::server::services::workflows;
    let (state, owner) = session::signed_in().await?;
    workflows::set_active(&state, owner, workflow.into(), is_active).await?;
    Ok(())
}

/// Sends notices of failed runs to that address; empty: nowhere.
#[server(prefix = "/fn", endpoint = "triggers/failure-notice", output = Reply)]
pub async fn set_failure_notice(workflow: Uuid, url: String) -> Result<FailureNotice, UiError> {
    use super::session;
    use crate::{api::triggers::FailureNoticeBody, server::services::failure_notices};
    let (state, owner) = session::signed_in().await?;
    let body = FailureNoticeBody { url: Some(url) };
    let notice = failure_notices::set(&state, owner, workflow.into(), body).await?;
    leptos_axum::redirect(&format!("/workflows/{workflow}/triggers"));
    Ok(notice)
}

/// The input that a form's text gives; none where nothing is written.
#[cfg(feature = "ssr")]
fn read_input(text: &str) -> Result<Option<serde_json::Value>, UiError> {
    use crate::server::error::AppError;
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let input = serde_json::from_str(text)
        .map_err(|error| AppError::field("input_data", format!("is not JSON: {error}")))?;
    Ok(Some(input))
}
