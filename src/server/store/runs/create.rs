//! New runs, and the idempotency keys that keep a repeated request from making another one.

use super::{super::Write, parse_status};
use crate::{
    api::runs::RunStatus,
    server::store::{Read, StoreError, entities::workflow_runs as runs, json, workflows},
    workflow::ids::{RunId, TriggerId, UserId, VersionId, WorkflowId},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait,
    sea_query::{Expr, ExprTrait, OnConflict, Query},
};
use serde_json::Value;

/// A run to make.
#[derive(Debug, Clone)]
pub struct NewRun {
    pub workflow_id: WorkflowId,
    pub version_id: VersionId,
    /// `manual`, `api`, `cli`, …
    pub trigger: String,
    pub input_data: Value,
    pub use_pinned: bool,
    /// What started it by itself.
    pub trigger_id: Option<TriggerId>,
    /// The same key with the same body gives the same run.
    pub idempotency_key: Option<String>,
}

/// What a run has from the run that it resumes or forks; nothing for a run of its own.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    pub forked_from: Option<RunId>,
    /// The first run of the resume chain.
    pub effect_root: Option<RunId>,
    /// Tells requests under one idempotency key apart.
    pub request_digest: Option<String>,
    /// How many events the run has before the engine takes it up.
    pub events: i64,
}

/// What [`create`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreatedRun {
    pub id: RunId,
    pub status: RunStatus,
    /// `false`: the idempotency key had made this run before.
    pub is_new: bool,
}

/// Makes a pending run; submit it to the engine after the commit.
///
/// # Errors
/// `NotFound` for the workflow, `IdempotencyKeyReused`, `Invalid` for NUL in the key, `Unavailable`.
pub async fn create(
    write: &Write,
    owner: UserId,
    new: NewRun,
    now: DateTime<Utc>,
) -> Result<CreatedRun, StoreError> {
    insert(write, owner, &new, &Origin::default(), now).await
}

/// [`create`], with what comes from another run.
pub async fn insert(
    write: &Write,
    owner: UserId,
    new: &NewRun,
    origin: &Origin,
    now: DateTime<Utc>,
) -> Result<CreatedRun, StoreError> {
    json::refuse_nul("Idempotency-Key", new.idempotency_key.as_deref().unwrap_or_default())?;
    workflows::find(write, owner, new.workflow_id).await?;
    let id = RunId::new();
    let backend = write.backend();
    let mut insert = Query::insert();
    insert
        .into_table(runs::Entity)
        .columns([
            runs::Column::Id,
            runs::Column::WorkflowId,
            runs::Column::UserId,
            runs::Column::VersionId,
            runs::Column::Status,
            runs::Column::Trigger,
            runs::Column::TriggerId,
            runs::Column::InputData,
            runs::Column::OutputData,
            runs::Column::UsePinned,
            runs::Column::IdempotencyKey,
            runs::Column::RequestDigest,
            runs::Column::ForkedFrom,
            runs::Column::EffectRoot,
            runs::Column::NextEventSeq,
            runs::Column::CreatedAt,
        ])
        .values_panic([
            id.0.into(),
            new.workflow_id.0.into(),
            owner.0.into(),
            new.version_id.0.into(),
            RunStatus::Pending.as_str().into(),
            new.trigger.as_str().into(),
            new.trigger_id.map(|trigger| trigger.0).into(),
            json::value(backend, &new.input_data)?,
            json::value(backend, &Value::Null)?,
            new.use_pinned.into(),
            new.idempotency_key.clone().into(),
            origin.request_digest.clone().into(),
            origin.forked_from.map(|run| run.0).into(),
            origin.effect_root.map(|run| run.0).into(),
            (origin.events + 1).into(),
            now.into(),
        ])
        .on_conflict(
            OnConflict::columns([
                runs::Column::UserId,
                runs::Column::WorkflowId,
                runs::Column::IdempotencyKey,
            ])
            .do_nothing()
            .to_owned(),
        );
    let done = write.connection().execute(&insert).await?;
    if done.rows_affected() == 1 {
        return Ok(CreatedRun { id, status: RunStatus::Pending, is_new: true });
    }
    same_as_before(write, owner, new, origin.request_digest.as_ref()).await
}

/// The run that the key of a plain start made before.
///
/// # Errors
/// `IdempotencyKeyReused` when the request was another one, `Unavailable`.
pub async fn existing(db: &impl Read, owner: UserId, new: &NewRun) -> Result<CreatedRun, StoreError> {
    same_as_before(db, owner, new, None).await
}

async fn same_as_before(
    db: &impl Read,
    owner: UserId,
    new: &NewRun,
    request_digest: Option<&String>,
) -> Result<CreatedRun, StoreError> {
    let earlier = find_earlier(db, owner, new.workflow_id, new.idempotency_key.as_deref()).await?;
    let earlier = earlier
        .ok_or_else(|| StoreError::Unavailable("the run of this idempotency key is being made".to_owned()))?;
    // The digest covers the whole request; a plain start has none, it is its input.
    let same = match (request_digest, &earlier.request_digest) {
        (None, None) => earlier.input == new.input_data && earlier.use_pinned == new.use_pinned,
        (now, before) => now == before.as_ref(),
    };
    if same { Ok(earlier.run) } else { Err(StoreError::IdempotencyKeyReused) }
}

/// The run that a request with this key and digest made before, if it did.
///
/// # Errors
/// `IdempotencyKeyReused` when the key made another one, `Unavailable`.
pub async fn made_before(
    db: &impl Read,
    owner: UserId,
    workflow: WorkflowId,
    key: &str,
    request_digest: &str,
) -> Result<Option<CreatedRun>, StoreError> {
    json::refuse_nul("Idempotency-Key", key)?;
    match find_earlier(db, owner, workflow, Some(key)).await? {
        Some(earlier) if earlier.request_digest.as_deref() == Some(request_digest) => Ok(Some(earlier.run)),
        Some(_) => Err(StoreError::IdempotencyKeyReused),
        None => Ok(None),
    }
}

/// The run that an idempotency key made before, and what tells whether it was the same request.
struct Earlier {
    run: CreatedRun,
    input: Value,
    use_pinned: bool,
    request_digest: Option<String>,
}

async fn find_earlier(
    db: &impl Read,
    owner: UserId,
    workflow: WorkflowId,
    key: Option<&str>,
) -> Result<Option<Earlier>, StoreError> {
    let select = Query::select()
        .columns([
            runs::Column::Id,
            runs::Column::Status,
            runs::Column::InputData,
            runs::Column::UsePinned,
            runs::Column::RequestDigest,
        ])
        .from(runs::Entity)
        .and_where(Expr::col(runs::Column::UserId).eq(owner.0))
        .and_where(Expr::col(runs::Column::WorkflowId).eq(workflow.0))
        .and_where(Expr::col(runs::Column::IdempotencyKey).eq(key))
        .to_owned();
    let Some(row) = db.connection().query_one(&select).await? else { return Ok(None) };
    let status: String = row.try_get("", "status")?;
    Ok(Some(Earlier {
        run: CreatedRun { id: RunId(row.try_get("", "id")?), status: parse_status(&status)?, is_new: false },
        input: row.try_get("", "input_data")?,
        use_pinned: row.try_get("", "use_pinned")?,
        request_digest: row.try_get("", "request_digest")?,
    }))
}
