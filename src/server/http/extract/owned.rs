//! Resources by the ids of the address: 404 for whatever is not the caller's, malformed ids included.

use super::auth::{Auth, Needed};
use crate::{
    api::vectors::CollectionView,
    server::{
        error::AppError,
        services::{
            collections, runs, triggers,
            workflows::{self, DraftHead},
        },
        state::AppState,
    },
    workflow::ids::{EdgeId, NodeId, RunId, TriggerId, UserId, WorkflowId},
};
use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{HeaderMap, header, request::Parts},
};
use std::{marker::PhantomData, str::FromStr};

/// A part of the path as a typed id.
///
/// # Errors
/// 404 when it is none.
pub async fn path_id<T: FromStr>(
    parts: &mut Parts,
    state: &AppState,
    name: &str,
    what: &str,
) -> Result<T, AppError> {
    let not_found = || AppError::not_found(what);
    let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| not_found())?;
    let found = params.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned());
    found.and_then(|text| text.parse().ok()).ok_or_else(not_found)
}

/// A workflow of somebody who may do what `S` says.
pub struct WorkflowOf<S> {
    pub owner: UserId,
    pub id: WorkflowId,
    /// The draft as it was found, where the workflow itself was looked for.
    pub head: Option<DraftHead>,
    needed: PhantomData<S>,
}

impl<S: Needed> WorkflowOf<S> {
    async fn without_check(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let owner = Auth::<S>::from_request_parts(parts, state).await?.user;
        let id = path_id(parts, state, "id", "workflow").await?;
        Ok(Self { owner, id, head: None, needed: PhantomData })
    }
}

impl<S: Needed> FromRequestParts<AppState> for WorkflowOf<S> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let this = Self::without_check(parts, state).await?;
        let head = workflows::head(state, this.owner, this.id).await?;
        Ok(Self { head: Some(head), ..this })
    }
}

/// A node of a workflow.
pub struct NodeOf<S> {
    pub workflow: WorkflowOf<S>,
    pub node: NodeId,
}

impl<S: Needed> FromRequestParts<AppState> for NodeOf<S> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let workflow = WorkflowOf::from_request_parts(parts, state).await?;
        let node = path_id(parts, state, "node_id", "node").await?;
        workflows::get_node(state, workflow.owner, workflow.id, node).await?;
        Ok(Self { workflow, node })
    }
}

/// An edge of a workflow; whether it is there, the service says.
pub struct EdgeOf<S> {
    pub workflow: WorkflowOf<S>,
    pub edge: EdgeId,
}

impl<S: Needed> FromRequestParts<AppState> for EdgeOf<S> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let workflow = WorkflowOf::without_check(parts, state).await?;
        let edge = path_id(parts, state, "edge_id", "edge").await?;
        Ok(Self { workflow, edge })
    }
}

/// A version of a workflow; whether it is there, the service says.
pub struct VersionOf<S> {
    pub workflow: WorkflowOf<S>,
    pub number: i32,
}

impl<S: Needed> FromRequestParts<AppState> for VersionOf<S> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let workflow = WorkflowOf::from_request_parts(parts, state).await?;
        let number = path_id(parts, state, "number", "version").await?;
        Ok(Self { workflow, number })
    }
}

/// A run of a workflow.
pub struct RunOf<S> {
    pub workflow: WorkflowOf<S>,
    pub run: RunId,
}

impl<S: Needed> FromRequestParts<AppState> for RunOf<S> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let workflow = WorkflowOf::without_check(parts, state).await?;
        let run = path_id(parts, state, "run_id", "run").await?;
        runs::summary(state, workflow.owner, workflow.id, run).await?;
        Ok(Self { workflow, run })
    }
}

/// A trigger of a workflow.
pub struct TriggerOf<S> {
    pub workflow: WorkflowOf<S>,
    pub trigger: TriggerId,
}

impl<S: Needed> FromRequestParts<AppState> for TriggerOf<S> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let workflow = WorkflowOf::without_check(parts, state).await?;
        let trigger = path_id(parts, state, "trigger_id", "trigger").await?;
        triggers::check_owner(state, workflow.owner, workflow.id, trigger).await?;
        Ok(Self { workflow, trigger })
    }
}

/// A collection by its name.
pub struct CollectionOf<S> {
    pub owner: UserId,
    pub view: CollectionView,
    needed: PhantomData<S>,
}

impl<S: Needed> FromRequestParts<AppState> for CollectionOf<S> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let owner = Auth::<S>::from_request_parts(parts, state).await?.user;
        let name: String = path_id(parts, state, "name", "collection").await?;
        let view = collections::get(state, owner, &name).await?;
        Ok(Self { owner, view, needed: PhantomData })
    }
}

/// The revision that the caller's edit started from, if they say so.
pub struct IfMatch(pub Option<i64>);

impl FromRequestParts<AppState> for IfMatch {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _state: &AppState) -> Result<Self, AppError> {
        revision(&parts.headers).map(Self)
    }
}

/// The key under which a repeated request makes nothing new.
pub struct IdempotencyKey(pub Option<String>);

impl FromRequestParts<AppState> for IdempotencyKey {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _state: &AppState) -> Result<Self, AppError> {
        match parts.headers.get("idempotency-key").map(|value| value.to_str()) {
            Some(Ok(key)) => Ok(Self(Some(key.to_owned()))),
            Some(Err(_)) => Err(AppError::field("Idempotency-Key", "must be plain ASCII text")),
            None => Ok(Self(None)),
        }
    }
}

fn revision(headers: &HeaderMap) -> Result<Option<i64>, AppError> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let digits = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    digits.parse().map(Some).map_err(|_| AppError::field("If-Match", "is not a revision, such as \"3\""))
}
