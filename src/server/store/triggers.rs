//! Triggers. What the scheduler and the public hooks look up (`due`, `next_due`, `find_by_slug`, `sealed_secrets`) knows no
//! owner yet: it gives one. Everything else takes the owner.

mod firing;
mod last_run;

pub use firing::{Claim, claim, due, next_due, refused};
pub use last_run::{LastRun, last_runs};

use super::{
    Read, StoreError, Write,
    entities::{triggers, users, workflows},
    json, workflows as workflow_queries,
};
use crate::{
    api::triggers::TriggerKind,
    workflow::ids::{TriggerId, UserId, WorkflowId},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, Order, QueryFilter,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};
use serde_json::Value;
use uuid::Uuid;

/// A trigger with whom it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Trigger {
    pub id: TriggerId,
    pub workflow: WorkflowId,
    pub owner: UserId,
    /// Its workflow's triggers fire.
    pub is_active: bool,
    pub row: TriggerRow,
    /// When it last fired, or tried to; runs of webhooks are not counted here.
    pub last_at: Option<DateTime<Utc>>,
    /// Why the last firing made no run: code and message.
    pub error: Option<(String, String)>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Trigger {
    /// Whether it fires.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.is_active && !self.row.paused
    }
}

/// What its owner and the service decide of a trigger: to make it, or what becomes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct TriggerRow {
    pub kind: TriggerKind,
    pub name: String,
    /// What the service put there.
    pub config: Value,
    pub slug: Option<String>,
    /// Sealed.
    pub secret: Option<String>,
    pub paused: bool,
    pub next_at: Option<DateTime<Utc>>,
}

/// The triggers of a workflow, newest first.
///
/// # Errors
/// `NotFound` for the workflow, `Unavailable`.
pub async fn list(db: &impl Read, owner: UserId, workflow: WorkflowId) -> Result<Vec<Trigger>, StoreError> {
    workflow_queries::find(db, owner, workflow).await?;
    let mut select = found();
    select
        .and_where(Expr::col((workflows::Entity, workflows::Column::UserId)).eq(owner.0))
        .and_where(Expr::col((triggers::Entity, triggers::Column::WorkflowId)).eq(workflow.0))
        .order_by((triggers::Entity, triggers::Column::Id), Order::Desc);
    read(db, &select).await
}

/// One trigger.
///
/// # Errors
/// `NotFound`, also when it is of another workflow.
pub async fn get(
    db: &impl Read,
    owner: UserId,
    workflow: WorkflowId,
    id: TriggerId,
) -> Result<Trigger, StoreError> {
    let mut select = found();
    select
        .and_where(Expr::col((workflows::Entity, workflows::Column::UserId)).eq(owner.0))
        .and_where(Expr::col((triggers::Entity, triggers::Column::WorkflowId)).eq(workflow.0))
        .and_where(Expr::col((triggers::Entity, triggers::Column::Id)).eq(id.0));
    read(db, &select).await?.pop().ok_or(StoreError::NotFound("trigger"))
}

/// The webhook at that address, whoever's it is; none for those of deleted workflows and closed accounts.
///
/// # Errors
/// `Unavailable`.
pub async fn find_by_slug(db: &impl Read, slug: &str) -> Result<Option<Trigger>, StoreError> {
    let mut select = found();
    select
        .and_where(Expr::col((triggers::Entity, triggers::Column::Slug)).eq(slug))
        .and_where(Expr::col((users::Entity, users::Column::IsActive)).eq(true));
    Ok(read(db, &select).await?.pop())
}

/// Stores a trigger. The caller holds the workflow (see [`lock_workflow`]).
///
/// # Errors
/// `Invalid` for NUL in the name, `Unavailable`.
pub async fn create(
    write: &Write,
    workflow: WorkflowId,
    id: TriggerId,
    row: &TriggerRow,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    json::refuse_nul("name", &row.name)?;
    let insert = Query::insert()
        .into_table(triggers::Entity)
        .columns([
            triggers::Column::Id,
            triggers::Column::WorkflowId,
            triggers::Column::Kind,
            triggers::Column::Name,
            triggers::Column::Config,
            triggers::Column::Slug,
            triggers::Column::Secret,
            triggers::Column::Paused,
            triggers::Column::NextAt,
            triggers::Column::CreatedAt,
            triggers::Column::UpdatedAt,
        ])
        .values_panic([
            id.0.into(),
            workflow.0.into(),
            row.kind.as_str().into(),
            row.name.as_str().into(),
            json::value(write.backend(), &row.config)?,
            row.slug.clone().into(),
            row.secret.clone().into(),
            row.paused.into(),
            row.next_at.into(),
            now.into(),
            now.into(),
        ])
        .to_owned();
    write.connection().execute(&insert).await?;
    Ok(())
}

/// Replaces a trigger; what it last did stays. The caller has found it with its owner.
///
/// # Errors
/// `NotFound` when it is gone meanwhile, `Invalid` for NUL in the name, `Unavailable`.
pub async fn update(
    write: &Write,
    id: TriggerId,
    row: &TriggerRow,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    json::refuse_nul("name", &row.name)?;
    let update = Query::update()
        .table(triggers::Entity)
        .value(triggers::Column::Name, row.name.as_str())
        .value(triggers::Column::Config, json::value(write.backend(), &row.config)?)
        .value(triggers::Column::Slug, row.slug.clone())
        .value(triggers::Column::Secret, row.secret.clone())
        .value(triggers::Column::Paused, row.paused)
        .value(triggers::Column::NextAt, row.next_at)
        .value(triggers::Column::UpdatedAt, now)
        .and_where(Expr::col(triggers::Column::Id).eq(id.0))
        .to_owned();
    match write.connection().execute(&update).await?.rows_affected() {
        0 => Err(StoreError::NotFound("trigger")),
        _ => Ok(()),
    }
}

/// Removes a trigger; its runs stay.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn delete(
    write: &Write,
    owner: UserId,
    workflow: WorkflowId,
    id: TriggerId,
) -> Result<(), StoreError> {
    workflow_queries::find(write, owner, workflow).await?;
    let done = triggers::Entity::delete_many()
        .filter(triggers::Column::Id.eq(id.0))
        .filter(triggers::Column::WorkflowId.eq(workflow.0))
        .exec(write.connection())
        .await?;
    if done.rows_affected == 0 { Err(StoreError::NotFound("trigger")) } else { Ok(()) }
}

/// Keeps a workflow as it is until the transaction ends, and tells whether its triggers fire.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn lock_workflow(write: &Write, owner: UserId, workflow: WorkflowId) -> Result<bool, StoreError> {
    Ok(workflow_queries::lock(write, owner, workflow, None).await?.is_active)
}

/// When a trigger fires next; none while it is off.
///
/// # Errors
/// `Unavailable`.
pub async fn set_next(
    write: &Write,
    id: TriggerId,
    next_at: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    let update = Query::update()
        .table(triggers::Entity)
        .value(triggers::Column::NextAt, next_at)
        .and_where(Expr::col(triggers::Column::Id).eq(id.0))
        .to_owned();
    write.connection().execute(&update).await?;
    Ok(())
}

/// None of a workflow's triggers is due any more.
///
/// # Errors
/// `Unavailable`.
pub async fn clear_next(write: &Write, workflow: WorkflowId) -> Result<(), StoreError> {
    let update = Query::update()
        .table(triggers::Entity)
        .value(triggers::Column::NextAt, Option::<DateTime<Utc>>::None)
        .and_where(Expr::col(triggers::Column::WorkflowId).eq(workflow.0))
        .to_owned();
    write.connection().execute(&update).await?;
    Ok(())
}

/// Every sealed secret with its trigger and owner, those of deleted workflows too: for a change of keys.
///
/// # Errors
/// `Unavailable`.
pub async fn sealed_secrets(db: &impl Read) -> Result<Vec<(UserId, TriggerId, String)>, StoreError> {
    let select = Query::select()
        .column((workflows::Entity, workflows::Column::UserId))
        .columns([(triggers::Entity, triggers::Column::Id), (triggers::Entity, triggers::Column::Secret)])
        .from(triggers::Entity)
        .inner_join(
            workflows::Entity,
            Expr::col((workflows::Entity, workflows::Column::Id))
                .equals((triggers::Entity, triggers::Column::WorkflowId)),
        )
        .and_where(Expr::col((triggers::Entity, triggers::Column::Secret)).is_not_null())
        .to_owned();
    let rows = db.connection().query_all(&select).await?;
    rows.iter()
        .map(|row| {
            let (owner, id) = (UserId(row.try_get("", "user_id")?), TriggerId(row.try_get("", "id")?));
            Ok((owner, id, row.try_get("", "secret")?))
        })
        .collect()
}

/// The same secret, sealed anew; nothing happens if it was changed meanwhile.
///
/// # Errors
/// `Unavailable`.
pub async fn reseal(write: &Write, id: TriggerId, before: &str, after: &str) -> Result<(), StoreError> {
    let update = Query::update()
        .table(triggers::Entity)
        .value(triggers::Column::Secret, after)
        .and_where(Expr::col(triggers::Column::Id).eq(id.0))
        .and_where(Expr::col(triggers::Column::Secret).eq(before))
        .to_owned();
    write.connection().execute(&update).await?;
    Ok(())
}

/// Triggers of live workflows.
fn found() -> SelectStatement {
    let own = |column: triggers::Column| (triggers::Entity, column);
    Query::select()
        .columns([
            own(triggers::Column::Id),
            own(triggers::Column::WorkflowId),
            own(triggers::Column::Kind),
            own(triggers::Column::Name),
            own(triggers::Column::Config),
            own(triggers::Column::Slug),
            own(triggers::Column::Secret),
            own(triggers::Column::Paused),
            own(triggers::Column::NextAt),
            own(triggers::Column::LastAt),
            own(triggers::Column::ErrorCode),
            own(triggers::Column::ErrorMessage),
            own(triggers::Column::CreatedAt),
            own(triggers::Column::UpdatedAt),
        ])
        .column((workflows::Entity, workflows::Column::UserId))
        .column((workflows::Entity, workflows::Column::IsActive))
        .from(triggers::Entity)
        .inner_join(
            workflows::Entity,
            Expr::col((workflows::Entity, workflows::Column::Id)).equals(own(triggers::Column::WorkflowId)),
        )
        .inner_join(
            users::Entity,
            Expr::col((users::Entity, users::Column::Id))
                .equals((workflows::Entity, workflows::Column::UserId)),
        )
        .and_where(Expr::col((workflows::Entity, workflows::Column::DeletedAt)).is_null())
        .to_owned()
}

async fn read(db: &impl Read, select: &SelectStatement) -> Result<Vec<Trigger>, StoreError> {
    let rows = db.connection().query_all(select).await?;
    rows.iter().map(|row| Row::from_query_result(row, "")?.trigger()).collect()
}

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    workflow_id: Uuid,
    user_id: Uuid,
    is_active: bool,
    kind: String,
    name: String,
    config: Value,
    slug: Option<String>,
    secret: Option<String>,
    paused: bool,
    next_at: Option<DateTime<Utc>>,
    last_at: Option<DateTime<Utc>>,
    error_code: Option<String>,
    error_message: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Row {
    fn trigger(self) -> Result<Trigger, StoreError> {
        Ok(Trigger {
            id: TriggerId(self.id),
            workflow: WorkflowId(self.workflow_id),
            owner: UserId(self.user_id),
            is_active: self.is_active,
            row: TriggerRow {
                kind: TriggerKind::parse(&self.kind)
                    .ok_or_else(|| StoreError::damaged(format!("trigger kind {}", self.kind)))?,
                name: self.name,
                config: self.config,
                slug: self.slug,
                secret: self.secret,
                paused: self.paused,
                next_at: self.next_at,
            },
            last_at: self.last_at,
            error: self.error_code.map(|code| (code, self.error_message.unwrap_or_default())),
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}
