//! The run's own row: the fence of every write, or the row's making.

use super::{Lease, NewRow, RunClock, RunWrite, TakeOver, WakeChange};
use crate::server::store::{
    entities::workflow_runs::{Column, Entity},
    json,
    runs::unfinished,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    DbBackend, Statement,
    sea_query::{CaseStatement, Expr, ExprTrait, InsertStatement, OnConflict, Query, UpdateStatement},
};

/// Changes or makes the run's row: exactly one, or the write may not go on.
pub(super) fn fence(backend: DbBackend, write: &RunWrite) -> Statement {
    match row_of(write) {
        Some(row) => backend.build(&create(backend, write, row)),
        None => backend.build(&update(backend, write)),
    }
}

/// The row that the write makes, if the run begins with it.
fn row_of(write: &RunWrite) -> Option<&NewRow> {
    match &write.lease {
        Lease::Take(TakeOver { create, .. }) => create.as_deref(),
        _ => None,
    }
}

fn update(backend: DbBackend, write: &RunWrite) -> UpdateStatement {
    let mut update = Query::update();
    update
        .table(Entity)
        .value(Column::Status, write.status.as_str())
        .and_where(Expr::col(Column::Id).eq(write.run.0))
        .and_where(Expr::col(Column::LeaseEpoch).eq(write.epoch))
        .and_where(unfinished());
    if let Some(seq) = write.events.last().and_then(|event| event.seq) {
        update.value(Column::NextEventSeq, seq + 1);
    }
    if let Lease::Take(lease) = &write.lease {
        update
            .value(Column::LeaseEpoch, write.epoch + 1)
            .value(Column::StartedAt, lease.started_at)
            .and_where(Expr::col(Column::NextEventSeq).eq(lease.seen_seq));
    }
    if let Some((owner, expires_at)) = lease_of(write) {
        update.value(Column::LeaseOwner, owner).value(Column::LeaseExpiresAt, expires_at);
    }
    if let Some(clock) = write.clock {
        let (deadline_at, time_left_ms) = columns_of(clock);
        update.value(Column::DeadlineAt, deadline_at).value(Column::TimeLeftMs, time_left_ms);
    }
    if let Some(WakeChange { seen, new }) = write.wake {
        let unchanged = match seen {
            Some(at) => Expr::col(Column::WakeAt).eq(at),
            None => Expr::col(Column::WakeAt).is_null(),
        };
        let value = CaseStatement::new().case(unchanged, Expr::value(new)).finally(Expr::col(Column::WakeAt));
        update.value(Column::WakeAt, value);
    }
    if let Some(error) = &write.error {
        update
            .value(Column::ErrorCode, json::storable(&error.code))
            .value(Column::ErrorMessage, json::storable(&error.message));
    }
    if let Some(end) = &write.end {
        update
            .value(Column::CompletedAt, end.at)
            .value(Column::OutputData, json::expr(backend, Some(end.output_data.clone())));
    }
    update
}

/// A run that begins in this very write. A key that made one before makes no row.
fn create(backend: DbBackend, write: &RunWrite, row: &NewRow) -> InsertStatement {
    let (owner, expires_at) = lease_of(write).unwrap_or_default();
    let (deadline_at, time_left_ms) = write.clock.map(columns_of).unwrap_or_default();
    let started_at = match &write.lease {
        Lease::Take(lease) => Some(lease.started_at),
        _ => None,
    };
    let output = write.end.as_ref().map_or("null", |end| end.output_data.as_str()).to_owned();
    Query::insert()
        .into_table(Entity)
        .columns([
            Column::Id,
            Column::WorkflowId,
            Column::UserId,
            Column::VersionId,
            Column::Status,
            Column::Trigger,
            Column::TriggerId,
            Column::InputData,
            Column::OutputData,
            Column::UsePinned,
            Column::ErrorCode,
            Column::ErrorMessage,
            Column::IdempotencyKey,
            Column::LeaseOwner,
            Column::LeaseEpoch,
            Column::LeaseExpiresAt,
            Column::DeadlineAt,
            Column::TimeLeftMs,
            Column::WakeAt,
            Column::NextEventSeq,
            Column::CreatedAt,
            Column::StartedAt,
            Column::CompletedAt,
        ])
        .values_panic([
            write.run.0.into(),
            row.workflow_id.0.into(),
            row.owner.0.into(),
            row.version_id.0.into(),
            write.status.as_str().into(),
            row.trigger.as_str().into(),
            row.trigger_id.map(|trigger| trigger.0).into(),
            json::expr(backend, Some(row.input_data.to_string())),
            json::expr(backend, Some(output)),
            row.use_pinned.into(),
            write.error.as_ref().map(|e| json::storable(&e.code)).into(),
            write.error.as_ref().map(|e| json::storable(&e.message)).into(),
            row.idempotency_key.clone().into(),
            owner.into(),
            (write.epoch + 1).into(),
            expires_at.into(),
            deadline_at.into(),
            time_left_ms.into(),
            write.wake.and_then(|wake| wake.new).into(),
            write.events.last().and_then(|event| event.seq).map_or(1, |seq| seq + 1).into(),
            row.created_at.into(),
            started_at.into(),
            write.end.as_ref().map(|end| end.at).into(),
        ])
        .on_conflict(
            OnConflict::columns([Column::UserId, Column::WorkflowId, Column::IdempotencyKey])
                .do_nothing()
                .to_owned(),
        )
        .to_owned()
}

/// Who has the run after this write, where that changes.
fn lease_of(write: &RunWrite) -> Option<(Option<String>, Option<DateTime<Utc>>)> {
    match &write.lease {
        // A write may take a run over and end it at once.
        _ if write.end.is_some() => Some((None, None)),
        Lease::Take(lease) => Some((Some(lease.owner.clone()), Some(lease.expires_at))),
        Lease::Release => Some((None, None)),
        Lease::Keep => None,
    }
}

fn columns_of(clock: RunClock) -> (Option<DateTime<Utc>>, Option<i64>) {
    match clock {
        RunClock::Running { deadline_at } => (Some(deadline_at), None),
        RunClock::Waiting { time_left_ms } => (None, Some(time_left_ms)),
    }
}
