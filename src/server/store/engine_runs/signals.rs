//! What others want of a run, stored so that whoever has the run learns of it. Persons' decisions are in `approvals`.

use crate::{
    server::store::{Read, StoreError, Write, entities::workflow_runs as runs, runs::unfinished},
    workflow::ids::RunId,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, EntityTrait, QuerySelect,
    sea_query::{Expr, ExprTrait, Query},
};

/// Notes that a run shall stop; `false` when it has ended already.
///
/// # Errors
/// `Unavailable`.
pub async fn request_cancel(write: &Write, run: RunId, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let update = Query::update()
        .table(runs::Entity)
        .value(runs::Column::CancelRequested, true)
        .value(runs::Column::WakeAt, now)
        .and_where(Expr::col(runs::Column::Id).eq(run.0))
        .and_where(unfinished())
        .to_owned();
    Ok(write.connection().execute(&update).await?.rows_affected() > 0)
}

/// Whether the run shall stop, and when somebody wanted it looked at.
///
/// # Errors
/// `NotFound`, `Unavailable`.
pub async fn signals(db: &impl Read, run: RunId) -> Result<(bool, Option<DateTime<Utc>>), StoreError> {
    runs::Entity::find_by_id(run.0)
        .select_only()
        .columns([runs::Column::CancelRequested, runs::Column::WakeAt])
        .into_tuple()
        .one(db.connection())
        .await?
        .ok_or(StoreError::NotFound("run"))
}
