//! Who has which run, for how long, and which runs somebody has to look at.

use crate::{
    api::runs::RunStatus,
    server::store::{Read, StoreError, Write, entities::workflow_runs as runs, runs::unfinished},
    workflow::ids::RunId,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, DbBackend,
    sea_query::{Cond, Expr, ExprTrait, LockBehavior, LockType, Order, Query, SelectStatement},
};

/// Prolongs the leases that a process has on these runs, where they would end before `soon`. A run that is just being
/// written to is left for the next time.
///
/// # Errors
/// `Unavailable`.
pub async fn heartbeat(
    write: &Write,
    owner: &str,
    which: &[RunId],
    soon: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let mut select = Query::select();
    select
        .column(runs::Column::Id)
        .from(runs::Entity)
        .and_where(unfinished())
        .and_where(Expr::col(runs::Column::Id).is_in(which.iter().map(|run| run.0)))
        .and_where(Expr::col(runs::Column::LeaseOwner).eq(owner))
        .and_where(Expr::col(runs::Column::LeaseExpiresAt).lt(soon));
    if write.backend() != DbBackend::Sqlite {
        select.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
    let update = Query::update()
        .table(runs::Entity)
        .value(runs::Column::LeaseExpiresAt, until)
        .and_where(Expr::col(runs::Column::Id).in_subquery(select))
        .to_owned();
    Ok(write.connection().execute(&update).await?.rows_affected())
}

/// Runs whose time to wake has come, in that order.
///
/// # Errors
/// `Unavailable`.
pub async fn due(db: &impl Read, now: DateTime<Utc>, limit: u64) -> Result<Vec<RunId>, StoreError> {
    let select = Query::select()
        .column(runs::Column::Id)
        .from(runs::Entity)
        .and_where(unfinished())
        .and_where(Expr::col(runs::Column::WakeAt).lte(now))
        .order_by(runs::Column::WakeAt, Order::Asc)
        .limit(limit)
        .to_owned();
    ids(db, &select).await
}

/// Runs that nobody has or whose owner has said nothing for too long, oldest first; with `mine` those of that owner
/// too: what a process finds when it starts again.
///
/// # Errors
/// `Unavailable`.
pub async fn ownerless(
    db: &impl Read,
    now: DateTime<Utc>,
    mine: Option<&str>,
    limit: u64,
) -> Result<Vec<RunId>, StoreError> {
    let mut which = Cond::any().add(Expr::col(runs::Column::LeaseExpiresAt).lt(now)).add(
        Expr::col(runs::Column::LeaseOwner)
            .is_null()
            .and(Expr::col(runs::Column::Status).ne(RunStatus::Waiting.as_str())),
    );
    if let Some(owner) = mine {
        which = which.add(Expr::col(runs::Column::LeaseOwner).eq(owner));
    }
    let select = Query::select()
        .column(runs::Column::Id)
        .from(runs::Entity)
        .and_where(unfinished())
        .cond_where(which)
        .order_by(runs::Column::Id, Order::Asc)
        .limit(limit)
        .to_owned();
    ids(db, &select).await
}

async fn ids(db: &impl Read, select: &SelectStatement) -> Result<Vec<RunId>, StoreError> {
    let rows = db.connection().query_all(select).await?;
    rows.iter().map(|row| Ok(RunId(row.try_get("", "id")?))).collect()
}

/// When the next run has to be looked at.
///
/// # Errors
/// `Unavailable`.
pub async fn next_wake(db: &impl Read) -> Result<Option<DateTime<Utc>>, StoreError> {
    let select = Query::select()
        .column(runs::Column::WakeAt)
        .from(runs::Entity)
        .and_where(unfinished())
        .and_where(Expr::col(runs::Column::WakeAt).is_not_null())
        .order_by(runs::Column::WakeAt, Order::Asc)
        .limit(1)
        .to_owned();
    let row = db.connection().query_one(&select).await?;
    Ok(row.map(|row| row.try_get("", "wake_at")).transpose()?)
}
