//! Notices of failed runs. Each is stored in the transaction that ends its run (see `journal`), sent later, and kept as
//! history. What the sender looks up knows no owner; what people ask takes one.

use super::{
    Read, StoreError, Write,
    entities::{failure_notices as notices, workflow_runs as runs, workflows},
    json, workflows as workflow_queries,
};
use crate::{
    api::triggers::NoticeOutcome,
    workflow::ids::{RunId, UserId, WorkflowId},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, Order, QueryFilter, QueryOrder,
    sea_query::{Expr, ExprTrait, InsertStatement, OnConflict, Query},
};
use uuid::Uuid;

/// A notice to send, with what it tells.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct DueNotice {
    pub run_id: Uuid,
    pub url: String,
    pub attempts: i32,
    /// As it was read.
    pub due_at: DateTime<Utc>,
    pub workflow_id: Uuid,
    pub workflow_name: String,
    pub trigger: String,
    pub trigger_id: Option<Uuid>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub created_at: DateTime<Utc>,
    pub completed_at: Option<DateTime<Utc>>,
}

/// Notes that a run has failed, if its workflow wants somebody told; runs of other runs are their parents' affair. For the
/// transaction that ends the run.
pub(super) fn note(run: RunId, at: DateTime<Utc>) -> Result<InsertStatement, StoreError> {
    let select = Query::select()
        .column((runs::Entity, runs::Column::Id))
        .column((workflows::Entity, workflows::Column::Id))
        .column((workflows::Entity, workflows::Column::FailureUrl))
        .expr(Expr::val(0))
        .expr(Expr::val(at))
        .expr(Expr::val(at))
        .from(runs::Entity)
        .inner_join(
            workflows::Entity,
            Expr::col((workflows::Entity, workflows::Column::Id))
                .equals((runs::Entity, runs::Column::WorkflowId)),
        )
        .and_where(Expr::col((runs::Entity, runs::Column::Id)).eq(run.0))
        .and_where(Expr::col((runs::Entity, runs::Column::ParentRunId)).is_null())
        .and_where(Expr::col((workflows::Entity, workflows::Column::FailureUrl)).is_not_null())
        .to_owned();
    let mut insert = Query::insert();
    insert
        .into_table(notices::Entity)
        .columns([
            notices::Column::RunId,
            notices::Column::WorkflowId,
            notices::Column::Url,
            notices::Column::Attempts,
            notices::Column::DueAt,
            notices::Column::CreatedAt,
        ])
        .select_from(select)
        .map_err(StoreError::damaged)?
        .on_conflict(OnConflict::column(notices::Column::RunId).do_nothing().to_owned());
    Ok(insert)
}

/// Notices whose time has come, the longest due first.
///
/// # Errors
/// `Unavailable`.
pub async fn due(db: &impl Read, now: DateTime<Utc>, limit: u64) -> Result<Vec<DueNotice>, StoreError> {
    let select = Query::select()
        .columns([
            (notices::Entity, notices::Column::RunId),
            (notices::Entity, notices::Column::Url),
            (notices::Entity, notices::Column::Attempts),
            (notices::Entity, notices::Column::DueAt),
        ])
        .columns([
            (runs::Entity, runs::Column::WorkflowId),
            (runs::Entity, runs::Column::Trigger),
            (runs::Entity, runs::Column::TriggerId),
            (runs::Entity, runs::Column::ErrorCode),
            (runs::Entity, runs::Column::ErrorMessage),
            (runs::Entity, runs::Column::CreatedAt),
            (runs::Entity, runs::Column::CompletedAt),
        ])
        .expr_as(Expr::col((workflows::Entity, workflows::Column::Name)), "workflow_name")
        .from(notices::Entity)
        .inner_join(
            runs::Entity,
            Expr::col((runs::Entity, runs::Column::Id)).equals((notices::Entity, notices::Column::RunId)),
        )
        .inner_join(
            workflows::Entity,
            Expr::col((workflows::Entity, workflows::Column::Id))
                .equals((runs::Entity, runs::Column::WorkflowId)),
        )
        .and_where(Expr::col((notices::Entity, notices::Column::DueAt)).lte(now))
        .order_by((notices::Entity, notices::Column::DueAt), Order::Asc)
        .limit(limit)
        .to_owned();
    let rows = db.connection().query_all(&select).await?;
    rows.iter().map(|row| Ok(DueNotice::from_query_result(row, "")?)).collect()
}

/// When the next notice is due.
///
/// # Errors
/// `Unavailable`.
pub async fn next_due(db: &impl Read) -> Result<Option<DateTime<Utc>>, StoreError> {
    let select = Query::select()
        .column(notices::Column::DueAt)
        .from(notices::Entity)
        .and_where(Expr::col(notices::Column::DueAt).is_not_null())
        .order_by(notices::Column::DueAt, Order::Asc)
        .limit(1)
        .to_owned();
    match db.connection().query_one(&select).await? {
        Some(row) => Ok(row.try_get("", "due_at")?),
        None => Ok(None),
    }
}

/// Takes a notice for one attempt; whoever reads it as due `until` then may take it again. `false`: another process has it.
///
/// # Errors
/// `Unavailable`.
pub async fn claim(write: &Write, notice: &DueNotice, until: DateTime<Utc>) -> Result<bool, StoreError> {
    let update = Query::update()
        .table(notices::Entity)
        .value(notices::Column::DueAt, until)
        .value(notices::Column::Attempts, Expr::col(notices::Column::Attempts).add(1))
        .and_where(Expr::col(notices::Column::RunId).eq(notice.run_id))
        .and_where(Expr::col(notices::Column::DueAt).eq(notice.due_at))
        .to_owned();
    Ok(write.connection().execute(&update).await?.rows_affected() == 1)
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempted {
    /// It was taken.
    Sent(DateTime<Utc>),
    /// It was not; when to try again, if ever.
    Failed { error: String, due_at: Option<DateTime<Utc>> },
}

/// Writes down what became of an attempt that was claimed until `claimed`.
///
/// # Errors
/// `Unavailable`.
pub async fn attempted(
    write: &Write,
    run: Uuid,
    claimed: DateTime<Utc>,
    what: &Attempted,
) -> Result<(), StoreError> {
    let mut update = Query::update();
    update
        .table(notices::Entity)
        .and_where(Expr::col(notices::Column::RunId).eq(run))
        .and_where(Expr::col(notices::Column::DueAt).eq(claimed));
    match what {
        Attempted::Sent(at) => update
            .value(notices::Column::SentAt, *at)
            .value(notices::Column::DueAt, Option::<DateTime<Utc>>::None)
            .value(notices::Column::Error, Option::<String>::None),
        Attempted::Failed { error, due_at } => {
            update.value(notices::Column::DueAt, *due_at).value(notices::Column::Error, json::storable(error))
        }
    };
    write.connection().execute(&update).await?;
    Ok(())
}

/// Where notices of a workflow go.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn url(db: &impl Read, owner: UserId, workflow: WorkflowId) -> Result<Option<String>, StoreError> {
    Ok(workflow_queries::find(db, owner, workflow).await?.failure_url)
}

/// Sends the notices of a workflow elsewhere from now on; those that nobody has taken yet are dropped when there is nobody
/// to tell any more.
///
/// # Errors
/// `NotFound`, `Invalid` for NUL, `Unavailable`.
pub async fn set_url(
    write: &Write,
    owner: UserId,
    workflow: WorkflowId,
    url: Option<&str>,
) -> Result<(), StoreError> {
    json::refuse_nul("url", url.unwrap_or_default())?;
    workflow_queries::lock(write, owner, workflow, None).await?;
    let update = Query::update()
        .table(workflows::Entity)
        .value(workflows::Column::FailureUrl, url)
        .and_where(Expr::col(workflows::Column::Id).eq(workflow.0))
        .to_owned();
    write.connection().execute(&update).await?;
    let mut waiting = Query::update();
    waiting
        .table(notices::Entity)
        .and_where(Expr::col(notices::Column::WorkflowId).eq(workflow.0))
        .and_where(Expr::col(notices::Column::DueAt).is_not_null());
    match url {
        Some(url) => waiting.value(notices::Column::Url, url),
        None => waiting.value(notices::Column::DueAt, Option::<DateTime<Utc>>::None),
    };
    write.connection().execute(&waiting).await?;
    Ok(())
}

/// The last notice of a workflow.
///
/// # Errors
/// `NotFound` for the workflow, `Unavailable`.
pub async fn last(
    db: &impl Read,
    owner: UserId,
    workflow: WorkflowId,
) -> Result<Option<NoticeOutcome>, StoreError> {
    workflow_queries::find(db, owner, workflow).await?;
    let row = notices::Entity::find()
        .filter(notices::Column::WorkflowId.eq(workflow.0))
        .order_by_desc(notices::Column::CreatedAt)
        .order_by_desc(notices::Column::RunId)
        .one(db.connection())
        .await?;
    Ok(row.map(|row| NoticeOutcome {
        run_id: row.run_id,
        created_at: row.created_at,
        sent_at: row.sent_at,
        due_at: row.due_at,
        attempts: u32::try_from(row.attempts).unwrap_or_default(),
        error: row.error,
    }))
}
