//! What the engine writes: one [`RunWrite`] is everything that becomes true of a run at once.
//! The fence is a conditional update of the run's row; what fails it is refused as a whole.

use super::{
    StoreError, Write,
    entities::{node_executions as executions, run_events, workflow_runs as runs},
    json,
    runs::unfinished,
};
use crate::{
    api::{
        events::RunEvent,
        runs::{NodeStatus, RunStatus},
    },
    workflow::ids::{NodeId, RunId},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, TransactionTrait,
    sea_query::{Expr, ExprTrait, Query},
};
use std::sync::Arc;
use uuid::Uuid;

/// Changes of one run that become durable together or not at all.
#[derive(Debug, Clone)]
pub struct RunWrite {
    pub run: RunId,
    /// The epoch that the writer believes in; another one in the row refuses the write.
    pub epoch: i64,
    pub status: RunStatus,
    /// Present once: when the writer takes the run over.
    pub take_over: Option<TakeOver>,
    pub error: Option<Failure>,
    /// Present when the run ends.
    pub end: Option<End>,
    pub started: Vec<StartedAttempt>,
    pub ended: Vec<EndedAttempt>,
    /// With their sequence numbers; the last one's successor becomes `next_event_seq`.
    pub events: Vec<RunEvent>,
}

/// The first write of a process that takes a run over: it raises the epoch, so that nobody else's writes count.
#[derive(Debug, Clone)]
pub struct TakeOver {
    pub owner: String,
    pub lease_expires_at: DateTime<Utc>,
    pub deadline_at: DateTime<Utc>,
    pub started_at: DateTime<Utc>,
}

/// Why a node or a run failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub code: String,
    pub message: String,
}

/// The end of a run.
#[derive(Debug, Clone)]
pub struct End {
    pub at: DateTime<Utc>,
    /// JSON text; `null` unless the run completed.
    pub output_data: String,
}

/// A new row: an attempt that starts, or a node that is skipped (attempt 0).
#[derive(Debug, Clone)]
pub struct StartedAttempt {
    pub node: NodeId,
    pub node_name: String,
    pub node_type: String,
    pub attempt: i32,
    pub status: NodeStatus,
    /// JSON text.
    pub input_data: String,
    pub execution_order: i32,
    pub started_at: DateTime<Utc>,
    /// Present for what is over at once.
    pub completed_at: Option<DateTime<Utc>>,
}

/// How an attempt that was under way ended.
#[derive(Debug, Clone)]
pub struct EndedAttempt {
    pub node: NodeId,
    pub attempt: i32,
    pub status: NodeStatus,
    pub port: Option<String>,
    /// JSON text.
    pub output_data: String,
    pub error: Option<Failure>,
    /// JSON text: a list of log lines.
    pub logs: String,
    /// JSON text.
    pub usage: String,
    pub completed_at: DateTime<Utc>,
}

/// Whether a write counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Written,
    /// Somebody else owns the run, or it has ended: nothing was written.
    Fenced,
}

/// Applies several writes in this transaction, each under a savepoint of its own: what is wrong with one of them does
/// not touch the others. The verdicts hold only once the transaction is committed.
///
/// # Errors
/// `Unavailable` when the transaction as a whole is lost.
pub async fn apply(
    write: &Write,
    batch: &[Arc<RunWrite>],
) -> Result<Vec<Result<Verdict, StoreError>>, StoreError> {
    if let [only] = batch {
        // The transaction itself is the savepoint: an error makes the caller drop it.
        return Ok(vec![Ok(apply_one(&write.transaction, only).await?)]);
    }
    let mut verdicts = Vec::with_capacity(batch.len());
    for one in batch {
        let savepoint = write.transaction.begin().await?;
        let verdict = apply_one(&savepoint, one).await;
        if verdict.is_ok() {
            savepoint.commit().await?;
        } else {
            savepoint.rollback().await?;
        }
        verdicts.push(verdict);
    }
    Ok(verdicts)
}

async fn apply_one(db: &impl ConnectionTrait, write: &RunWrite) -> Result<Verdict, StoreError> {
    if db.execute(&fence(db, write)).await?.rows_affected() == 0 {
        return Ok(Verdict::Fenced);
    }
    for ended in &write.ended {
        db.execute(&end_of_attempt(db, write.run, ended)).await?;
    }
    if !write.started.is_empty() {
        db.execute(&new_attempts(db, write)).await?;
    }
    if !write.events.is_empty() {
        db.execute(&new_events(db, write)?).await?;
    }
    Ok(Verdict::Written)
}

fn fence(db: &impl ConnectionTrait, write: &RunWrite) -> sea_orm::sea_query::UpdateStatement {
    let mut update = Query::update();
    update
        .table(runs::Entity)
        .value(runs::Column::Status, write.status.as_str())
        .and_where(Expr::col(runs::Column::Id).eq(write.run.0))
        .and_where(Expr::col(runs::Column::LeaseEpoch).eq(write.epoch))
        .and_where(unfinished());
    if let Some(seq) = write.events.last().and_then(|event| event.seq) {
        update.value(runs::Column::NextEventSeq, seq + 1);
    }
    if let Some(lease) = &write.take_over {
        update
            .value(runs::Column::LeaseEpoch, write.epoch + 1)
            .value(runs::Column::DeadlineAt, lease.deadline_at)
            .value(runs::Column::StartedAt, lease.started_at);
    }
    if let Some(error) = &write.error {
        update
            .value(runs::Column::ErrorCode, json::storable(&error.code))
            .value(runs::Column::ErrorMessage, json::storable(&error.message));
    }
    if let Some(end) = &write.end {
        update.value(runs::Column::CompletedAt, end.at).value(
            runs::Column::OutputData,
            json::expr(db.get_database_backend(), Some(end.output_data.clone())),
        );
    }
    // Postgres refuses a column that is set twice: a write may take a run over and end it at once.
    let lease =
        write.take_over.as_ref().map(|lease| (Some(lease.owner.clone()), Some(lease.lease_expires_at)));
    if let Some((owner, expires_at)) = write.end.as_ref().map(|_| (None, None)).or(lease) {
        update.value(runs::Column::LeaseOwner, owner).value(runs::Column::LeaseExpiresAt, expires_at);
    }
    update
}

fn end_of_attempt(
    db: &impl ConnectionTrait,
    run: RunId,
    ended: &EndedAttempt,
) -> sea_orm::sea_query::UpdateStatement {
    let json = |text: &String| json::expr(db.get_database_backend(), Some(text.clone()));
    Query::update()
        .table(executions::Entity)
        .value(executions::Column::Status, ended.status.as_str())
        .value(executions::Column::Port, ended.port.clone())
        .value(executions::Column::OutputData, json(&ended.output_data))
        .value(executions::Column::ErrorCode, ended.error.as_ref().map(|e| json::storable(&e.code)))
        .value(executions::Column::ErrorMessage, ended.error.as_ref().map(|e| json::storable(&e.message)))
        .value(executions::Column::Logs, json(&ended.logs))
        .value(executions::Column::Usage, json(&ended.usage))
        .value(executions::Column::CompletedAt, ended.completed_at)
        .and_where(Expr::col(executions::Column::WorkflowRunId).eq(run.0))
        .and_where(Expr::col(executions::Column::NodeId).eq(ended.node.0))
        .and_where(Expr::col(executions::Column::Attempt).eq(ended.attempt))
        .to_owned()
}

fn new_attempts(db: &impl ConnectionTrait, write: &RunWrite) -> sea_orm::sea_query::InsertStatement {
    let json = |text: &str| json::expr(db.get_database_backend(), Some(text.to_owned()));
    let mut insert = Query::insert();
    insert.into_table(executions::Entity).columns([
        executions::Column::Id,
        executions::Column::WorkflowRunId,
        executions::Column::NodeId,
        executions::Column::NodeName,
        executions::Column::NodeType,
        executions::Column::Attempt,
        executions::Column::Status,
        executions::Column::InputData,
        executions::Column::OutputData,
        executions::Column::Logs,
        executions::Column::Usage,
        executions::Column::ExecutionOrder,
        executions::Column::LeaseEpoch,
        executions::Column::StartedAt,
        executions::Column::CompletedAt,
    ]);
    let epoch = write.epoch + i64::from(write.take_over.is_some());
    for attempt in &write.started {
        insert.values_panic([
            Uuid::now_v7().into(),
            write.run.0.into(),
            attempt.node.0.into(),
            attempt.node_name.as_str().into(),
            attempt.node_type.as_str().into(),
            attempt.attempt.into(),
            attempt.status.as_str().into(),
            json(&attempt.input_data),
            json("null"),
            json("[]"),
            json("null"),
            attempt.execution_order.into(),
            epoch.into(),
            attempt.started_at.into(),
            attempt.completed_at.into(),
        ]);
    }
    insert
}

fn new_events(
    db: &impl ConnectionTrait,
    write: &RunWrite,
) -> Result<sea_orm::sea_query::InsertStatement, StoreError> {
    let mut insert = Query::insert();
    insert.into_table(run_events::Entity).columns([
        run_events::Column::RunId,
        run_events::Column::Seq,
        run_events::Column::At,
        run_events::Column::Kind,
        run_events::Column::Payload,
    ]);
    for event in &write.events {
        insert.values_panic([
            write.run.0.into(),
            event.seq.into(),
            event.at.into(),
            event.kind.as_str().into(),
            json::value(db.get_database_backend(), &event.payload)?,
        ]);
    }
    Ok(insert)
}
