//! Query parameters, each refused by its name.

use crate::{
    api::runs::RunStatus,
    server::{
        error::AppError,
        services::{
            PAGE_LIMIT,
            runs::{RunQuery, TRIGGERS},
        },
        state::AppState,
    },
};
use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use std::{collections::HashMap, time::Duration};

/// A start may wait so long for its run, in seconds.
const WAIT_MAX: u64 = 600;

pub(super) async fn pairs(parts: &mut Parts, state: &AppState) -> Result<HashMap<String, String>, AppError> {
    let Query(list) = Query::<Vec<(String, String)>>::from_request_parts(parts, state)
        .await
        .map_err(|error| AppError::field("query", error.body_text()))?;
    Ok(list.into_iter().collect())
}

/// `?limit=` and `?after=`.
pub struct PageQuery {
    pub after: Option<String>,
    pub limit: u64,
}

impl PageQuery {
    pub(super) fn from(pairs: &mut HashMap<String, String>) -> Result<Self, AppError> {
        let limit = match pairs.remove("limit") {
            Some(text) => text.parse().map_err(|_| AppError::field("limit", "must be from 1 to 200"))?,
            None => PAGE_LIMIT,
        };
        if !(1..=200).contains(&limit) {
            return Err(AppError::field("limit", "must be from 1 to 200"));
        }
        Ok(Self { after: pairs.remove("after").filter(|text| !text.is_empty()), limit })
    }
}

impl FromRequestParts<AppState> for PageQuery {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        Self::from(&mut pairs(parts, state).await?)
    }
}

/// `?status=&workflow=&trigger=&parent=&parent_node=` and the page.
pub struct RunListQuery {
    pub which: RunQuery,
    pub page: PageQuery,
}

impl FromRequestParts<AppState> for RunListQuery {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let mut pairs = pairs(parts, state).await?;
        let mut wish = |name: &str| pairs.remove(name).filter(|text| !text.is_empty());
        let status = match wish("status") {
            Some(word) => Some(RunStatus::parse(&word).ok_or_else(|| {
                AppError::field(
                    "status",
                    "must be one of pending, running, waiting, completed, failed, cancelled",
                )
            })?),
            None => None,
        };
        let workflow = match wish("workflow") {
            Some(text) => {
                Some(text.parse().map_err(|_| AppError::field("workflow", "is not the id of a workflow"))?)
            }
            None => None,
        };
        let (parent, top_level) = match wish("parent").as_deref() {
            Some("none") => (None, true),
            Some(text) => {
                let message = "must be the id of a run, or `none` for runs that have no parent";
                (Some(text.parse().map_err(|_| AppError::field("parent", message))?), false)
            }
            None => (None, false),
        };
        let parent_node = match wish("parent_node") {
            Some(text) => {
                Some(text.parse().map_err(|_| AppError::field("parent_node", "is not the id of a node"))?)
            }
            None => None,
        };
        let trigger = wish("trigger");
        if trigger.as_ref().is_some_and(|word| !TRIGGERS.contains(&word.as_str())) {
            return Err(AppError::field("trigger", format!("must be one of {}", TRIGGERS.join(", "))));
        }
        let which = RunQuery { workflow, status, trigger, parent, parent_node, top_level };
        Ok(Self { which, page: PageQuery::from(&mut pairs)? })
    }
}

/// `?wait=SECONDS`.
pub struct WaitQuery(pub Option<Duration>);

impl FromRequestParts<AppState> for WaitQuery {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let Some(text) = pairs(parts, state).await?.remove("wait") else { return Ok(Self(None)) };
        let seconds: f64 = text.parse().unwrap_or(f64::NAN);
        if !(0.0..=WAIT_MAX as f64).contains(&seconds) {
            return Err(AppError::field("wait", format!("must be a number of seconds from 0 to {WAIT_MAX}")));
        }
        Ok(Self(Some(Duration::from_secs_f64(seconds))))
    }
}

/// `?with=NUMBER|draft`; `None` is the draft.
pub struct DiffQuery(pub Option<i32>);

impl FromRequestParts<AppState> for DiffQuery {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        match pairs(parts, state).await?.remove("with").as_deref() {
            None | Some("" | "draft") => Ok(Self(None)),
            Some(text) => text
                .parse()
                .map(|number| Self(Some(number)))
                .map_err(|_| AppError::field("with", "must be the number of a version, or `draft`")),
        }
    }
}
