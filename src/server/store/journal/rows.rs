//! Everything that writes make and change beside the runs' own rows, as statements. Both ways to commit run this list:
//! what only one of them knew would be lost with the other.

use super::{RunWrite, attempts, checkpoints, children};
use crate::{
    api::{events::RunEvent, runs::RunStatus},
    server::store::{StoreError, entities::run_events, failure_notices, json},
    workflow::ids::RunId,
};
use sea_orm::{
    DbBackend, Statement,
    sea_query::{InsertStatement, Query},
};

/// As many new rows share a statement. Only so many different numbers of them on SQLite, where the statements stay
/// prepared; on Postgres far from the number of parameters that it takes.
const SQLITE_ROWS: &[usize] = &[64, 16, 8, 4, 3, 2, 1];
const POSTGRES_ROWS: usize = 500;

/// In the order of a row's life: one write may make the row of an attempt, start the attempt and end it. The rows of
/// several writes share statements where they can, and equal statements come together.
///
/// # Errors
/// `Damaged` when something cannot be written as JSON.
pub(super) fn statements(backend: DbBackend, writes: &[&RunWrite]) -> Result<Vec<Statement>, StoreError> {
    let mut all = Vec::new();
    let started: Vec<_> = each(writes, |write| &write.started);
    for rows in parts(backend, &started) {
        all.push(backend.build(&attempts::insert(backend, rows)));
    }
    let told: Vec<_> = writes.iter().flat_map(|w| w.events.iter().map(|event| (w.run, event))).collect();
    for rows in parts(backend, &told) {
        all.push(backend.build(&events(backend, rows)?));
    }
    let checkpoints: Vec<_> = each(writes, |write| &write.checkpoints);
    for rows in parts(backend, &checkpoints) {
        all.push(backend.build(&checkpoints::insert(backend, rows)));
    }
    let restarted = each(writes, |write| &write.restarted).into_iter();
    all.extend(restarted.map(|(write, row)| backend.build(&attempts::restart(write, row))));
    let mut changed: Vec<_> = each(writes, |write| &write.changed)
        .into_iter()
        .map(|(write, row)| backend.build(&attempts::change(backend, write.run, row)))
        .collect();
    sort(&mut changed);
    all.extend(changed);
    for write in writes {
        for rows in parts(backend, &write.children) {
            all.push(backend.build(&children::insert(backend, write.run, rows)));
        }
        let cancelled = write.cancel_children.iter();
        all.extend(cancelled.map(|node| backend.build(&children::cancel(write, *node))));
        all.extend(write.wake_parent.map(|(parent, at)| backend.build(&children::wake(parent, at))));
        all.extend(notice_of(write)?.map(|notice| backend.build(&notice)));
    }
    Ok(all)
}

/// Those that are written the same come together.
pub(super) fn sort(statements: &mut [Statement]) {
    statements.sort_by(|a, b| a.sql.cmp(&b.sql));
}

fn each<'a, T>(
    writes: &[&'a RunWrite],
    rows: impl Fn(&'a RunWrite) -> &'a [T],
) -> Vec<(&'a RunWrite, &'a T)> {
    writes.iter().flat_map(|write| rows(write).iter().map(|row| (*write, row))).collect()
}

/// Rows that share a statement.
fn parts<T>(backend: DbBackend, mut rows: &[T]) -> Vec<&[T]> {
    let mut parts = Vec::new();
    while !rows.is_empty() {
        let take = match backend {
            DbBackend::Sqlite => SQLITE_ROWS.iter().copied().find(|n| *n <= rows.len()).unwrap_or(1),
            _ => rows.len().min(POSTGRES_ROWS),
        };
        let (part, rest) = rows.split_at(take);
        parts.push(part);
        rows = rest;
    }
    parts
}

/// That the run has failed, for those who want to be told.
fn notice_of(write: &RunWrite) -> Result<Option<InsertStatement>, StoreError> {
    match (write.status, &write.end) {
        (RunStatus::Failed, Some(end)) => failure_notices::note(write.run, end.at).map(Some),
        _ => Ok(None),
    }
}

/// Stores events of runs.
///
/// # Errors
/// `Damaged` when one cannot be written as JSON.
pub(in crate::server::store) fn events(
    backend: DbBackend,
    rows: &[(RunId, &RunEvent)],
) -> Result<InsertStatement, StoreError> {
    let mut insert = Query::insert();
    insert.into_table(run_events::Entity).columns([
        run_events::Column::RunId,
        run_events::Column::Seq,
        run_events::Column::At,
        run_events::Column::Kind,
        run_events::Column::Payload,
    ]);
    for (run, event) in rows {
        insert.values_panic([
            run.0.into(),
            event.seq.into(),
            event.at.into(),
            event.kind.as_str().into(),
            json::value(backend, &event.payload)?,
        ]);
    }
    Ok(insert)
}
