//! Rows of attempts.

use super::{ChangedAttempt, Lease, RestartedAttempt, RunWrite, StartedAttempt};
use crate::{
    api::runs::NodeStatus,
    server::store::{
        entities::node_executions::{Column, Entity},
        json,
    },
    workflow::ids::RunId,
};
use sea_orm::{
    DbBackend,
    sea_query::{Expr, ExprTrait, InsertStatement, Query, UpdateStatement},
};
use uuid::Uuid;

pub(super) fn change(backend: DbBackend, run: RunId, changed: &ChangedAttempt) -> UpdateStatement {
    let json = |text: &str| json::expr(backend, Some(text.to_owned()));
    let mut update = Query::update();
    update
        .table(Entity)
        .value(Column::Status, changed.status.as_str())
        .value(Column::Port, changed.port.clone())
        .value(Column::OutputData, json(&changed.output_data))
        .value(Column::ErrorCode, changed.error.as_ref().map(|e| json::storable(&e.code)))
        .value(Column::ErrorMessage, changed.error.as_ref().map(|e| json::storable(&e.message)))
        .value(Column::DueAt, changed.due_at)
        .value(Column::CompletedAt, changed.completed_at)
        .and_where(Expr::col(Column::WorkflowRunId).eq(run.0))
        .and_where(Expr::col(Column::NodeId).eq(changed.node.0))
        .and_where(Expr::col(Column::Attempt).eq(changed.attempt));
    if let Some(logs) = &changed.logs {
        update.value(Column::Logs, json(logs));
    }
    if let Some(usage) = &changed.usage {
        update.value(Column::Usage, json(usage));
    }
    update
}

pub(super) fn restart(write: &RunWrite, restarted: &RestartedAttempt) -> UpdateStatement {
    Query::update()
        .table(Entity)
        .value(Column::Status, NodeStatus::Running.as_str())
        .value(Column::StartedAt, restarted.started_at)
        .value(Column::LeaseEpoch, epoch(write))
        .and_where(Expr::col(Column::WorkflowRunId).eq(write.run.0))
        .and_where(Expr::col(Column::NodeId).eq(restarted.node.0))
        .and_where(Expr::col(Column::Attempt).eq(restarted.attempt))
        .to_owned()
}

/// Each row with the write that it is of.
pub(super) fn insert(backend: DbBackend, rows: &[(&RunWrite, &StartedAttempt)]) -> InsertStatement {
    let json = |text: &str| json::expr(backend, Some(text.to_owned()));
    let mut insert = Query::insert();
    insert.into_table(Entity).columns([
        Column::Id,
        Column::WorkflowRunId,
        Column::NodeId,
        Column::NodeName,
        Column::NodeType,
        Column::Attempt,
        Column::Status,
        Column::InputData,
        Column::OutputData,
        Column::Logs,
        Column::Usage,
        Column::ExecutionOrder,
        Column::LeaseEpoch,
        Column::DueAt,
        Column::StartedAt,
        Column::CompletedAt,
    ]);
    for (write, attempt) in rows {
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
            epoch(write).into(),
            attempt.due_at.into(),
            attempt.started_at.into(),
            attempt.completed_at.into(),
        ]);
    }
    insert
}

/// The epoch that the writer has after this write.
fn epoch(write: &RunWrite) -> i64 {
    write.epoch + i64::from(matches!(write.lease, Lease::Take(_)))
}
