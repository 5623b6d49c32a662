//! Applies writes inside a transaction, each as a whole or not at all.

use super::{RunWrite, Verdict, attempts, children, run};
use crate::{
    api::{events::RunEvent, runs::RunStatus},
    server::store::{
        StoreError, Write,
        data_tables::{self, NotWritten},
        entities::{run_events, workflow_runs as runs},
        failure_notices, json,
    },
    workflow::ids::RunId,
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, TransactionTrait,
    sea_query::{Cond, Expr, ExprTrait, InsertStatement, LockType, Order, Query},
};
use std::{collections::BTreeSet, sync::Arc};

/// Rows of one statement: far from the number of parameters that the databases take.
const ROWS: usize = 500;

/// Applies several writes in this transaction, as one: in few statements, and only if nothing is wrong with any of them.
/// The verdicts hold only once the transaction is committed.
///
/// # Errors
/// The first error; then nothing of the transaction may be committed.
pub async fn apply_together(write: &Write, batch: &[Arc<RunWrite>]) -> Result<Vec<Verdict>, StoreError> {
    lock_in_order(write, batch).await?;
    let db = &write.transaction;
    let mut verdicts = Vec::with_capacity(batch.len());
    let mut written = Vec::with_capacity(batch.len());
    for one in batch {
        let verdict = fence(db, one).await?;
        if verdict == Verdict::Written {
            written.push(one.as_ref());
        }
        verdicts.push(verdict);
    }
    rows_of(db, &written).await?;
    Ok(verdicts)
}

/// Applies several writes in this transaction, each under a savepoint of its own: what is wrong with one of them does
/// not touch the others. The verdicts hold only once the transaction is committed.
///
/// # Errors
/// `Unavailable` when the transaction as a whole is lost.
pub async fn apply_apart(
    write: &Write,
    batch: &[Arc<RunWrite>],
) -> Result<Vec<Result<Verdict, StoreError>>, StoreError> {
    lock_in_order(write, batch).await?;
    let mut verdicts = Vec::with_capacity(batch.len());
    for one in batch {
        let savepoint = write.transaction.begin().await?;
        let verdict = apply_one(&savepoint, one).await;
        if matches!(verdict, Ok(Verdict::Written)) {
            savepoint.commit().await?;
        } else {
            savepoint.rollback().await?;
        }
        verdicts.push(verdict);
    }
    Ok(verdicts)
}

/// Where several processes write, takes the rows of all runs that the batch is about, always in the same order: two of
/// them that waited for each other would both lose.
async fn lock_in_order(write: &Write, batch: &[Arc<RunWrite>]) -> Result<(), StoreError> {
    if write.backend() == DbBackend::Sqlite {
        return Ok(());
    }
    let mut ids = BTreeSet::new();
    let mut which = Cond::any();
    let mut has_more = false;
    for one in batch {
        ids.insert(one.run.0);
        ids.extend(one.wake_parent.map(|(parent, _)| parent.0));
        for node in &one.cancel_children {
            has_more = true;
            let parent = Expr::col(runs::Column::ParentRunId).eq(one.run.0);
            which = which.add(parent.and(Expr::col(runs::Column::ParentNodeId).eq(node.0)));
        }
    }
    if ids.len() < 2 && !has_more {
        return Ok(());
    }
    let select = Query::select()
        .column(runs::Column::Id)
        .from(runs::Entity)
        .cond_where(which.add(Expr::col(runs::Column::Id).is_in(ids)))
        .order_by(runs::Column::Id, Order::Asc)
        .lock(LockType::Update)
        .to_owned();
    write.transaction.query_all(&select).await?;
    Ok(())
}

async fn apply_one(db: &DatabaseTransaction, write: &RunWrite) -> Result<Verdict, StoreError> {
    let verdict = fence(db, write).await?;
    if verdict == Verdict::Written {
        rows_of(db, &[write]).await?;
    }
    Ok(verdict)
}

/// Whether the write may go on. Its effect is done here, under a savepoint together with the fence: rows that the
/// database refuses leave no trace, and concern no other write.
async fn fence(db: &DatabaseTransaction, write: &RunWrite) -> Result<Verdict, StoreError> {
    let Some(rows) = &write.effect else {
        let verdict = if run::fence(db, write).await? == 0 { Verdict::Fenced } else { Verdict::Written };
        return Ok(verdict);
    };
    let savepoint = db.begin().await?;
    if run::fence(&savepoint, write).await? == 0 {
        savepoint.rollback().await?;
        return Ok(Verdict::Fenced);
    }
    match data_tables::apply(&savepoint, rows).await {
        Ok(()) => {
            savepoint.commit().await?;
            Ok(Verdict::Written)
        }
        Err(NotWritten::Refused(refusal)) => {
            savepoint.rollback().await?;
            Ok(Verdict::Refused(refusal))
        }
        Err(NotWritten::Store(error)) => Err(error),
    }
}

/// In the order of a row's life: one write may make the row of an attempt, start the attempt and end it.
async fn rows_of(db: &impl ConnectionTrait, writes: &[&RunWrite]) -> Result<(), StoreError> {
    new_rows(db, writes).await?;
    for write in writes {
        changes(db, write).await?;
    }
    Ok(())
}

/// Changes of rows, and rows that few writes make.
async fn changes(db: &impl ConnectionTrait, write: &RunWrite) -> Result<(), StoreError> {
    for restarted in &write.restarted {
        db.execute(&attempts::restart(write, restarted)).await?;
    }
    for changed in &write.changed {
        db.execute(&attempts::change(db.get_database_backend(), write.run, changed)).await?;
    }
    for children in write.children.chunks(ROWS) {
        db.execute(&children::insert(db.get_database_backend(), write.run, children)).await?;
    }
    for node in &write.cancel_children {
        db.execute(&children::cancel(write, *node)).await?;
    }
    if let Some((parent, at)) = write.wake_parent {
        db.execute(&children::wake(parent, at)).await?;
    }
    if let Some(notice) = notice_of(write)? {
        db.execute(&notice).await?;
    }
    Ok(())
}

/// That the run has failed, for those who want to be told.
pub(super) fn notice_of(write: &RunWrite) -> Result<Option<InsertStatement>, StoreError> {
    match (write.status, &write.end) {
        (RunStatus::Failed, Some(end)) => failure_notices::note(write.run, end.at).map(Some),
        _ => Ok(None),
    }
}

/// New attempts and events, those of several writes in one statement.
async fn new_rows(db: &impl ConnectionTrait, writes: &[&RunWrite]) -> Result<(), StoreError> {
    let started: Vec<_> =
        writes.iter().flat_map(|write| write.started.iter().map(move |row| (*write, row))).collect();
    for rows in started.chunks(ROWS) {
        db.execute(&attempts::insert(db.get_database_backend(), rows)).await?;
    }
    let told: Vec<_> =
        writes.iter().flat_map(|write| write.events.iter().map(move |event| (write.run, event))).collect();
    for rows in told.chunks(ROWS) {
        db.execute(&events(db.get_database_backend(), rows)?).await?;
    }
    Ok(())
}

pub(super) fn events(backend: DbBackend, rows: &[(RunId, &RunEvent)]) -> Result<InsertStatement, StoreError> {
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
