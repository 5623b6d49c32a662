//! What a trigger is set to: read from a request, and as it is stored.

use super::{check_name, schedule::Schedule, secret};
use crate::{
    api::triggers::{HookMode, TriggerBody, TriggerKind},
    server::{error::AppError, services::Fields, state::AppState, store::triggers::Trigger},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// Seconds that a hook waits where nothing is said.
const WAIT: u32 = 30;
const WAIT_MAX: u32 = 600;

/// A schedule as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ScheduleConfig {
    pub cron: String,
    pub timezone: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub input_data: Option<Value>,
}

/// Keeps `null` apart from "absent".
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// A webhook as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookConfig {
    pub mode: HookMode,
    pub wait_seconds: u32,
}

impl HookConfig {
    /// How long to wait for the run; none: not at all.
    #[must_use]
    pub fn wait(self) -> Option<Duration> {
        (self.mode == HookMode::Wait).then(|| Duration::from_secs(u64::from(self.wait_seconds)))
    }
}

/// Either.
#[derive(Debug, Clone)]
pub enum Config {
    Schedule(ScheduleConfig, Schedule),
    Webhook(HookConfig),
}

/// What a request asks for.
pub struct Wanted {
    pub config: Config,
    /// The secret that it names.
    pub secret: Option<String>,
}

impl Config {
    /// What is stored.
    ///
    /// # Errors
    /// 500 for what this version cannot read.
    pub fn stored(trigger: &Trigger) -> Result<Self, AppError> {
        let value = trigger.row.config.clone();
        match trigger.row.kind {
            TriggerKind::Webhook => {
                serde_json::from_value(value).map(Self::Webhook).map_err(AppError::internal)
            }
            TriggerKind::Schedule => {
                let config: ScheduleConfig = serde_json::from_value(value).map_err(AppError::internal)?;
                let schedule = Schedule::stored(&config.cron, &config.timezone)?;
                Ok(Self::Schedule(config, schedule))
            }
        }
    }

    pub fn to_json(&self) -> Value {
        match self {
            Self::Schedule(config, _) => json!(config),
            Self::Webhook(config) => json!(config),
        }
    }

    /// The first time after `at`, for a schedule that has one.
    pub fn next_after(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Schedule(_, schedule) => schedule.after(at),
            Self::Webhook(_) => None,
        }
    }

    /// Whether a stored config gives the same times.
    pub fn same_times(&self, stored: &Value) -> bool {
        match self {
            Self::Schedule(config, _) => {
                stored["cron"] == config.cron && stored["timezone"] == config.timezone
            }
            Self::Webhook(_) => true,
        }
    }
}

/// Reads a request, for a new trigger or for one of `kind`.
///
/// # Errors
/// 422 with every field that breaks a rule.
pub async fn read(
    body: TriggerBody,
    kind: Option<TriggerKind>,
    state: &AppState,
) -> Result<Wanted, AppError> {
    let mut fields = Fields::default();
    check_name(&mut fields, &body.name);
    if kind.is_some_and(|kind| kind != body.kind) {
        fields.refuse("kind", "cannot be changed; delete this trigger and make another one");
    }
    let is_hook = body.kind == TriggerKind::Webhook;
    for (field, given, of_hook) in [
        ("cron", body.cron.is_some(), false),
        ("timezone", body.timezone.is_some(), false),
        ("input_data", body.input_data.is_some(), false),
        ("secret", body.secret.is_some(), true),
        ("mode", body.mode.is_some(), true),
        ("wait_seconds", body.wait_seconds.is_some(), true),
        ("new_secret", body.new_secret, true),
    ] {
        if given && of_hook != is_hook {
            let other = if of_hook { "webhook" } else { "schedule" };
            fields.refuse(field, format!("belongs to a {other}; leave it out"));
        }
    }
    if let Some(text) = body.secret.as_ref().filter(|_| is_hook) {
        secret::check(&mut fields, text);
        if body.new_secret {
            fields.refuse("new_secret", "makes a secret, and `secret` gives one; leave out one of both");
        }
    }
    if let Some(seconds) = body.wait_seconds
        && !(1..=WAIT_MAX).contains(&seconds)
    {
        fields.refuse("wait_seconds", format!("must be from 1 to {WAIT_MAX}"));
    }
    if let Some(input) = &body.input_data {
        let max = state.config.limits.max_input_bytes;
        let bytes = input.to_string().len();
        if bytes > max {
            let message = format!("has {bytes} bytes; the limit is {max} (MILLRACE_MAX_INPUT_BYTES)");
            fields.refuse("input_data", message);
        }
    }
    if is_hook {
        fields.check()?;
        let config = HookConfig {
            mode: body.mode.unwrap_or_default(),
            wait_seconds: body.wait_seconds.unwrap_or(WAIT),
        };
        return Ok(Wanted { config: Config::Webhook(config), secret: body.secret });
    }
    let schedule = Schedule::check(body.cron, body.timezone, state.clock.now(), fields).await?;
    let config = ScheduleConfig {
        cron: schedule.pattern().to_owned(),
        timezone: schedule.zone().to_owned(),
        input_data: body.input_data,
    };
    Ok(Wanted { config: Config::Schedule(config, schedule), secret: None })
}
