//! Triggers: what starts a workflow by itself, by time or by a request from outside; and whom to tell when a run failed.

use super::runs::RunStatus;
use chrono::{DateTime, FixedOffset, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// How a trigger fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TriggerKind {
    /// At times that a cron pattern gives.
    Schedule,
    /// When a request comes to `/hooks/{slug}`.
    Webhook,
}

impl TriggerKind {
    /// The word of the wire and the database; also what runs have as their `trigger`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Webhook => "webhook",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Schedule, Self::Webhook].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What a webhook's sender gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum HookMode {
    /// 202 with the run's id, at once.
    #[default]
    Now,
    /// The run's output once it has ended, or 202 when that takes too long.
    Wait,
}

/// A trigger to make or to replace. Fields of the other kind are refused; a PUT keeps the secret and `paused` where they
/// are absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TriggerBody {
    pub kind: TriggerKind,
    /// For people; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// It does not fire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
    /// Schedule: a cron pattern of five fields, six with seconds, or seven with a year; or `@daily` and its like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    /// Schedule: a name of the IANA database, such as `Europe/Berlin`; `UTC` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Schedule: the input of its runs; absent: `{scheduled_for, trigger}`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub input_data: Option<Value>,
    /// Webhook: what senders have to know; one is made where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// Webhook: `now` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<HookMode>,
    /// Webhook that waits: how many seconds at most, 1 to 600; 30 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_seconds: Option<u32>,
    /// PUT of a webhook: make a new secret and show it once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub new_secret: bool,
}

/// Keeps `null` apart from "absent".
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl TriggerBody {
    /// A schedule.
    #[must_use]
    pub fn schedule(cron: impl Into<String>, timezone: impl Into<String>) -> Self {
        Self { cron: Some(cron.into()), timezone: Some(timezone.into()), ..Self::of(TriggerKind::Schedule) }
    }

    /// A webhook.
    #[must_use]
    pub fn webhook(mode: HookMode) -> Self {
        Self { mode: Some(mode), ..Self::of(TriggerKind::Webhook) }
    }

    /// With nothing said but the kind.
    #[must_use]
    pub fn of(kind: TriggerKind) -> Self {
        Self {
            kind,
            name: String::new(),
            paused: None,
            cron: None,
            timezone: None,
            input_data: None,
            secret: None,
            mode: None,
            wait_seconds: None,
            new_secret: false,
        }
    }
}

/// A trigger as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TriggerView {
    pub id: Uuid,
    pub workflow_id: Uuid,
    pub kind: TriggerKind,
    pub name: String,
    pub paused: bool,
    /// It fires: it is not paused, and its workflow is active.
    pub is_on: bool,
    /// Schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub input_data: Option<Value>,
    /// When it fires next; none while it is off.
    #[serde(default)]
    pub next_at: Option<DateTime<Utc>>,
    /// The next five times in its zone, whether it is on or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next_times: Vec<DateTime<FixedOffset>>,
    /// Webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// Where to send requests: with the public address of this server where one is set, else a path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<HookMode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_seconds: Option<u32>,
    /// Only in the reply that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// When it last fired, or tried to.
    pub last_at: Option<DateTime<Utc>>,
    /// What came of that.
    pub last: Option<TriggerOutcome>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What came of a firing: a run and its state, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TriggerOutcome {
    pub run_id: Option<Uuid>,
    pub status: Option<RunStatus>,
    /// Why no run was made, or why it failed.
    pub error_code: Option<String>,
    pub error_message: Option<String>,
}

/// `POST …/triggers/{trigger_id}/test`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TriggerTest {
    /// What the request would bring, or the schedule's input; absent: a sample.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub input_data: Option<Value>,
}

/// `POST /api/schedules/preview`: when a pattern would fire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SchedulePreview {
    pub cron: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
}

/// The next times of a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ScheduleTimes {
    /// The pattern in words.
    pub meaning: String,
    /// The next five, in its zone.
    pub next_times: Vec<DateTime<FixedOffset>>,
}

/// `PUT …/{id}/active`: whether the workflow's triggers fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ActiveBody {
    pub is_active: bool,
}

/// `PUT …/{id}/failure-notice`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FailureNoticeBody {
    /// Gets a POST for each failed run; `null` for none.
    #[serde(default)]
    pub url: Option<String>,
}

/// Whom to tell of failed runs, and how that went last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FailureNotice {
    pub url: Option<String>,
    pub last: Option<NoticeOutcome>,
}

/// One notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct NoticeOutcome {
    pub run_id: Uuid,
    pub created_at: DateTime<Utc>,
    /// When it was taken; none while it is tried, or when that was given up.
    pub sent_at: Option<DateTime<Utc>>,
    /// When it is tried again.
    pub due_at: Option<DateTime<Utc>>,
    pub attempts: u32,
    /// Why the last attempt did not succeed.
    pub error: Option<String>,
}
