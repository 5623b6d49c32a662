//! Applies writes inside a transaction, each as a whole or not at all.

use super::{RunWrite, Verdict, attempts, children, run};
use crate::server::store::{StoreError, Write, entities::run_events, json};
use sea_orm::{
    ConnectionTrait, TransactionTrait,
    sea_query::{InsertStatement, Query},
};
use std::sync::Arc;

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
    if run::fence(db, write).await? == 0 {
        return Ok(Verdict::Fenced);
    }
    // In the order of a row's life: one write may make a row, start its attempt and end it.
    if !write.started.is_empty() {
        db.execute(&attempts::insert(db, write)).await?;
    }
    for restarted in &write.restarted {
        db.execute(&attempts::restart(write, restarted)).await?;
    }
    for changed in &write.changed {
        db.execute(&attempts::change(db, write.run, changed)).await?;
    }
    if !write.children.is_empty() {
        db.execute(&children::insert(db, write)).await?;
    }
    for node in &write.cancel_children {
        db.execute(&children::cancel(write, *node)).await?;
    }
    if let Some((parent, at)) = write.wake_parent {
        db.execute(&children::wake(parent, at)).await?;
    }
    if !write.events.is_empty() {
        db.execute(&events(db, write)?).await?;
    }
    Ok(Verdict::Written)
}

fn events(db: &impl ConnectionTrait, write: &RunWrite) -> Result<InsertStatement, StoreError> {
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
