//! What others want of a run, stored so that whoever has the run learns of it: to stop, or a person's decision.

use crate::{
    server::store::{
        Read, StoreError, Write,
        entities::{node_checkpoints, workflow_runs as runs},
        runs::unfinished,
    },
    workflow::ids::{NodeId, RunId},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait, Query},
};
use serde_json::Value;

/// The kind of a checkpoint that holds a person's decision.
pub const APPROVAL: &str = "approval";

/// A person's answer to an attempt of an approval.
#[derive(Debug, Clone)]
pub struct Decision {
    pub node: NodeId,
    pub attempt: i64,
    /// `{approved, comment, …}`.
    pub payload: Value,
}

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

/// Every decision that persons have made in a run.
///
/// # Errors
/// `Unavailable`.
pub async fn decisions(db: &impl Read, run: RunId) -> Result<Vec<Decision>, StoreError> {
    let rows = node_checkpoints::Entity::find()
        .filter(node_checkpoints::Column::RunId.eq(run.0))
        .filter(node_checkpoints::Column::Kind.eq(APPROVAL))
        .all(db.connection())
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| Decision { node: NodeId(row.node_id), attempt: row.seq, payload: row.payload })
        .collect())
}
