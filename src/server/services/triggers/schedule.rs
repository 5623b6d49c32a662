//! Cron patterns in a time zone. Pure, save for the thread that checks them.
//!
//! A clock that goes forward or back: a pattern with one time of day (`30 2 * * *`) fires once each day, at the first
//! moment after a gap, and at the first of two equal times. A pattern that repeats within the day (`*/30 * * * *`) fires at
//! each of its times that there are: none in a gap, each of a repeated hour.

use crate::server::{error::AppError, services::Fields};
use chrono::{DateTime, Datelike, FixedOffset, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use croner::{Cron, errors::CronError};
use std::str::FromStr;

/// Times that are shown.
const SHOWN: usize = 5;
const PATTERN_CHARS: usize = 200;
/// What would not fire within so many years is a mistake.
const YEARS: i32 = 100;

/// When something is due.
#[derive(Debug, Clone)]
pub struct Schedule {
    pattern: String,
    /// Large.
    cron: Box<Cron>,
    zone: Tz,
}

impl Schedule {
    /// A pattern and a zone of a request; `UTC` where none is named.
    ///
    /// # Errors
    /// 422 with `cron` and `timezone`, after what `fields` holds already.
    pub async fn check(
        cron: Option<String>,
        zone: Option<String>,
        now: DateTime<Utc>,
        fields: Fields,
    ) -> Result<Self, AppError> {
        // A pattern that never fires is looked for through thousands of years.
        tokio::task::spawn_blocking(move || read(cron, zone, now, fields))
            .await
            .map_err(AppError::internal)?
    }

    /// The same with nothing else to check.
    ///
    /// # Errors
    /// 422 with `cron` and `timezone`.
    pub async fn checked(
        cron: Option<String>,
        zone: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<Self, AppError> {
        Self::check(cron, zone, now, Fields::default()).await
    }

    /// What was checked before.
    ///
    /// # Errors
    /// 500 for what this version cannot read.
    pub fn stored(pattern: &str, zone: &str) -> Result<Self, AppError> {
        Ok(Self {
            pattern: pattern.to_owned(),
            cron: Box::new(Cron::from_str(pattern).map_err(AppError::internal)?),
            zone: Tz::from_str(zone).map_err(AppError::internal)?,
        })
    }

    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    pub fn zone(&self) -> &'static str {
        self.zone.name()
    }

    /// The first time after `at`; none: it never fires again.
    pub fn after(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let next = self.cron.find_next_occurrence(&at.with_timezone(&self.zone), false).ok()?;
        let next = next.with_timezone(&Utc);
        (next > at && next.year() <= at.year() + YEARS).then_some(next)
    }

    /// The next times after `at`, as clocks of the zone show them.
    pub fn next_times(&self, at: DateTime<Utc>) -> Vec<DateTime<FixedOffset>> {
        std::iter::successors(self.after(at), |at| self.after(*at))
            .take(SHOWN)
            .map(|at| at.with_timezone(&self.zone).fixed_offset())
            .collect()
    }

    /// In words.
    pub fn meaning(&self) -> String {
        self.cron.describe()
    }
}

/// Every name that a time zone has.
#[must_use]
pub fn time_zones() -> Vec<&'static str> {
    TZ_VARIANTS.iter().map(|zone| zone.name()).collect()
}

fn read(
    cron: Option<String>,
    zone: Option<String>,
    now: DateTime<Utc>,
    mut fields: Fields,
) -> Result<Schedule, AppError> {
    let pattern = cron.unwrap_or_default().trim().to_owned();
    let parsed = pattern_of(&pattern).map_err(|message| fields.refuse("cron", message)).ok();
    let zone = zone.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| "UTC".to_owned());
    let zone = zone_of(zone.trim()).map_err(|message| fields.refuse("timezone", message)).ok();
    let schedule = parsed.zip(zone).map(|(cron, zone)| Schedule { pattern, cron: Box::new(cron), zone });
    if let Some(schedule) = &schedule
        && schedule.after(now).is_none()
    {
        let message =
            "never fires: no day of the next 100 years fits it; correct the day, the month or the year";
        fields.refuse("cron", message);
    }
    fields.check()?;
    schedule.ok_or_else(|| AppError::field("cron", "cannot be read"))
}

fn pattern_of(pattern: &str) -> Result<Cron, String> {
    if pattern.chars().count() > PATTERN_CHARS {
        return Err(format!("is longer than {PATTERN_CHARS} characters"));
    }
    Cron::from_str(pattern).map_err(|error| match error {
        CronError::EmptyPattern => {
            "is empty; write five fields, such as `0 9 * * 1-5`: minute, hour, day, month, weekday".to_owned()
        }
        CronError::InvalidPattern(what)
        | CronError::IllegalCharacters(what)
        | CronError::ComponentError(what) => format!(
            "is not a cron pattern: {}; write five fields, such as `0 9 * * 1-5`: minute, hour, day, month, weekday",
            what.trim_end_matches('.')
        ),
        other => format!("is not a cron pattern: {}", other.to_string().trim_end_matches('.')),
    })
}

fn zone_of(name: &str) -> Result<Tz, String> {
    Tz::from_str(name).map_err(|_| {
        let shown: String = name.chars().take(60).collect();
        match TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(name)) {
            Some(zone) => format!("`{shown}` is not the name of a time zone; it is written `{zone}`"),
            None => format!(
                "`{shown}` is not the name of a time zone; take one of the IANA database, such as `Europe/Berlin` or `UTC`"
            ),
        }
    })
}

#[cfg(test)]
mod tests;
