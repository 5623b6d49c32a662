//! The last run of each trigger: one step along an index per trigger, in one statement.

use crate::{
    api::runs::RunStatus,
    server::store::{Read, StoreError, entities::workflow_runs as runs, runs::parse_status},
    workflow::ids::{RunId, TriggerId},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, FromQueryResult, Order,
    sea_query::{Alias, Expr, ExprTrait, Query, UnionType},
};
use std::collections::HashMap;
use uuid::Uuid;

/// What a trigger last started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRun {
    pub id: RunId,
    pub status: RunStatus,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub created_at: DateTime<Utc>,
}

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    trigger_id: Uuid,
    status: String,
    error_code: Option<String>,
    error_message: Option<String>,
    created_at: DateTime<Utc>,
}

/// The last run of each of these triggers, which the caller has found with their owner.
///
/// # Errors
/// `Unavailable`.
pub async fn last_runs(
    db: &impl Read,
    triggers: &[TriggerId],
) -> Result<HashMap<TriggerId, LastRun>, StoreError> {
    let last_of = |id: TriggerId| {
        let last = Query::select()
            .columns([
                runs::Column::Id,
                runs::Column::TriggerId,
                runs::Column::Status,
                runs::Column::ErrorCode,
                runs::Column::ErrorMessage,
                runs::Column::CreatedAt,
            ])
            .from(runs::Entity)
            .and_where(Expr::col(runs::Column::TriggerId).eq(id.0))
            .order_by(runs::Column::Id, Order::Desc)
            .limit(1)
            .to_owned();
        // SQLite takes ORDER BY and LIMIT in a part of a union only inside a sub-query.
        Query::select().expr(Expr::cust("*")).from_subquery(last, Alias::new("last")).to_owned()
    };
    let mut parts = triggers.iter().copied().map(last_of);
    let Some(mut query) = parts.next() else { return Ok(HashMap::new()) };
    for part in parts {
        query.union(UnionType::All, part);
    }
    let rows = db.connection().query_all(&query).await?;
    rows.iter()
        .map(|row| {
            let row = Row::from_query_result(row, "")?;
            let last = LastRun {
                id: RunId(row.id),
                status: parse_status(&row.status)?,
                error_code: row.error_code,
                error_message: row.error_message,
                created_at: row.created_at,
            };
            Ok((TriggerId(row.trigger_id), last))
        })
        .collect()
}
