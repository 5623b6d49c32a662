//! What is due, and who fires it. The due time in the row is the ticket: whoever changes it first, fires.

use super::{Trigger, found, read};
use crate::{
    server::store::{
        Read, StoreError, Write,
        entities::{triggers, users, workflows},
        json,
    },
    workflow::ids::TriggerId,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, Order,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};

/// One due time of one schedule.
#[derive(Debug, Clone)]
pub struct Claim {
    pub trigger: TriggerId,
    /// As it was read.
    pub due: DateTime<Utc>,
    /// What comes after it; none: it never fires again.
    pub next_at: Option<DateTime<Utc>>,
    /// Why no run is made: code and message.
    pub error: Option<(String, String)>,
}

/// Schedules whose time has come, the longest due first.
///
/// # Errors
/// `Unavailable`.
pub async fn due(db: &impl Read, now: DateTime<Utc>, limit: u64) -> Result<Vec<Trigger>, StoreError> {
    let mut select = that_fire(found());
    select
        .and_where(Expr::col((triggers::Entity, triggers::Column::NextAt)).lte(now))
        .order_by((triggers::Entity, triggers::Column::NextAt), Order::Asc)
        .limit(limit);
    read(db, &select).await
}

/// When the next schedule is due.
///
/// # Errors
/// `Unavailable`.
pub async fn next_due(db: &impl Read) -> Result<Option<DateTime<Utc>>, StoreError> {
    let mut select = that_fire(found());
    select
        .clear_selects()
        .column((triggers::Entity, triggers::Column::NextAt))
        .and_where(Expr::col((triggers::Entity, triggers::Column::NextAt)).is_not_null())
        .order_by((triggers::Entity, triggers::Column::NextAt), Order::Asc)
        .limit(1);
    match db.connection().query_one(&select).await? {
        Some(row) => Ok(row.try_get("", "next_at")?),
        None => Ok(None),
    }
}

/// Those that are on.
fn that_fire(mut select: SelectStatement) -> SelectStatement {
    select
        .and_where(Expr::col((triggers::Entity, triggers::Column::Paused)).eq(false))
        .and_where(Expr::col((workflows::Entity, workflows::Column::IsActive)).eq(true))
        .and_where(Expr::col((users::Entity, users::Column::IsActive)).eq(true))
        .to_owned()
}

/// Takes a due time, in the transaction that makes its run. `false`: another process has taken it, or the trigger was
/// changed, paused or switched off meanwhile.
///
/// # Errors
/// `Unavailable`.
pub async fn claim(write: &Write, claim: &Claim, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let active = Query::select()
        .expr(Expr::val(1))
        .from(workflows::Entity)
        .and_where(
            Expr::col((workflows::Entity, workflows::Column::Id))
                .equals((triggers::Entity, triggers::Column::WorkflowId)),
        )
        .and_where(Expr::col((workflows::Entity, workflows::Column::IsActive)).eq(true))
        .and_where(Expr::col((workflows::Entity, workflows::Column::DeletedAt)).is_null())
        .to_owned();
    let (code, message) = stored(claim.error.as_ref());
    let update = Query::update()
        .table(triggers::Entity)
        .value(triggers::Column::NextAt, claim.next_at)
        .value(triggers::Column::LastAt, now)
        .value(triggers::Column::ErrorCode, code)
        .value(triggers::Column::ErrorMessage, message)
        .and_where(Expr::col((triggers::Entity, triggers::Column::Id)).eq(claim.trigger.0))
        .and_where(Expr::col((triggers::Entity, triggers::Column::NextAt)).eq(claim.due))
        .and_where(Expr::col((triggers::Entity, triggers::Column::Paused)).eq(false))
        .and_where(Expr::exists(active))
        .to_owned();
    Ok(write.connection().execute(&update).await?.rows_affected() == 1)
}

/// A request came to a webhook and made no run.
///
/// # Errors
/// `Unavailable`.
pub async fn refused(
    write: &Write,
    id: TriggerId,
    error: &(String, String),
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (code, message) = stored(Some(error));
    let update = Query::update()
        .table(triggers::Entity)
        .value(triggers::Column::LastAt, now)
        .value(triggers::Column::ErrorCode, code)
        .value(triggers::Column::ErrorMessage, message)
        .and_where(Expr::col(triggers::Column::Id).eq(id.0))
        .to_owned();
    write.connection().execute(&update).await?;
    Ok(())
}

fn stored(error: Option<&(String, String)>) -> (Option<String>, Option<String>) {
    error.map(|(code, message)| (json::storable(code), json::storable(message))).unzip()
}
