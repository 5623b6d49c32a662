//! The stored events of runs: what the event stream replays. Callers have checked whose run it is.

use super::{Read, StoreError, entities::run_events};
use crate::{
    api::events::{EventKind, RunEvent},
    workflow::ids::RunId,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// Up to `limit` events after sequence number `seq`, in order.
///
/// # Errors
/// `Unavailable`.
pub async fn after(db: &impl Read, run: RunId, seq: i64, limit: u64) -> Result<Vec<RunEvent>, StoreError> {
    let rows = run_events::Entity::find()
        .filter(run_events::Column::RunId.eq(run.0))
        .filter(run_events::Column::Seq.gt(seq))
        .order_by_asc(run_events::Column::Seq)
        .limit(limit)
        .all(db.connection())
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(RunEvent {
                seq: Some(row.seq),
                at: row.at,
                kind: EventKind::parse(&row.kind)
                    .ok_or_else(|| StoreError::damaged(format!("event kind {}", row.kind)))?,
                payload: row.payload,
            })
        })
        .collect()
}
