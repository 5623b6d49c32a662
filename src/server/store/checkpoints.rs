//! Steps inside a step: what an attempt has done so far, so that the next one goes on from there. Written by the engine
//! with its other writes; here is who reads them.

use super::{
    Read, StoreError, Write, approvals,
    entities::{node_checkpoints as checkpoints, node_executions as executions},
};
use crate::workflow::ids::{NodeId, RunId};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, ExprTrait, Query},
};
use serde_json::Value;

/// The number of the first one. Decisions about `approval` steps have the number of their attempt, which is never so
/// large.
pub const FIRST: i64 = 1 << 32;
/// What a model said before it did something.
pub const THOUGHT: &str = "thought";
/// What is about to be done.
pub const CALL: &str = "call";
/// What came of it.
pub const OBSERVATION: &str = "observation";
/// What a person decided about it.
pub const DECISION: &str = approvals::KIND;

/// Why a step failed that has used up what it was allowed: going on from what it did would end the same way.
pub mod given_up {
    /// It does the same again and again.
    pub const LOOPS: &str = "agent_loops";
    /// It has no more steps.
    pub const STEPS: &str = "agent_steps_used_up";
    /// It has no more tokens.
    pub const TOKENS: &str = "agent_tokens_used_up";
    /// Each of them.
    pub const ALL: [&str; 3] = [LOOPS, STEPS, TOKENS];
}

/// A step as it was written down.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredStep {
    pub kind: String,
    pub payload: Value,
    pub at: DateTime<Utc>,
}

/// The steps inside a step, in their order; of all its attempts, which go on from each other.
///
/// # Errors
/// `Unavailable`.
pub async fn of_node(db: &impl Read, run: RunId, node: NodeId) -> Result<Vec<StoredStep>, StoreError> {
    let rows = checkpoints::Entity::find()
        .filter(checkpoints::Column::RunId.eq(run.0))
        .filter(checkpoints::Column::NodeId.eq(node.0))
        .filter(checkpoints::Column::Seq.gte(FIRST))
        .order_by_asc(checkpoints::Column::Seq)
        .all(db.connection())
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| StoredStep { kind: row.kind, payload: row.payload, at: row.created_at })
        .collect())
}

/// Gives a run that resumes another one what the steps of that one have written down, but for those that gave up.
///
/// # Errors
/// `Unavailable`.
pub(super) async fn take_over(write: &Write, run: RunId, source: RunId) -> Result<(), StoreError> {
    use checkpoints::Column;
    let gave_up = Query::select()
        .column(executions::Column::NodeId)
        .from(executions::Entity)
        .and_where(Expr::col(executions::Column::WorkflowRunId).eq(source.0))
        .and_where(Expr::col(executions::Column::ErrorCode).is_in(given_up::ALL))
        .to_owned();
    let rest = [Column::NodeId, Column::Seq, Column::Kind, Column::Payload, Column::CreatedAt];
    let select = Query::select()
        .expr(Expr::val(run.0))
        .columns(rest)
        .from(checkpoints::Entity)
        .and_where(Expr::col(Column::RunId).eq(source.0))
        .and_where(Expr::col(Column::Seq).gte(FIRST))
        .and_where(Expr::col(Column::NodeId).not_in_subquery(gave_up))
        .to_owned();
    let mut insert = Query::insert();
    insert
        .into_table(checkpoints::Entity)
        .columns([Column::RunId].into_iter().chain(rest))
        .select_from(select)
        .map_err(StoreError::damaged)?;
    write.connection().execute(&insert).await?;
    Ok(())
}
