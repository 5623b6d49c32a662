//! Applies writes inside a transaction, each as a whole or not at all.

use super::{RunWrite, Verdict, attempts, children, run};
use crate::server::store::{
    StoreError, Write,
    entities::{run_events, workflow_runs as runs},
    json,
};
use sea_orm::{
    ConnectionTrait, DbBackend, TransactionTrait,
    sea_query::{Cond, Expr, ExprTrait, InsertStatement, LockType, Order, Query},
};
use std::{collections::BTreeSet, sync::Arc};

/// Applies several writes in this transaction, each under a savepoint of its own: what is wrong with one of them does
/// not touch the others. The verdicts hold only once the transaction is committed.
///
/// # Errors
/// `Unavailable` when the transaction as a whole is lost.
pub async fn apply(
    write: &Write,
    batch: &[Arc<RunWrite>],
) -> Result<Vec<Result<Verdict, StoreError>>, StoreError> {
    lock_in_order(write, batch).await?;
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

async fn apply_one(db: &impl ConnectionTrait, write: &RunWrite) -> Result<Verdict, StoreError> {
    if run::fence(db, write).await? == 0 {
        return Ok(Verdict::Fenced);
    }
    for changed in &write.changed {
        db.execute(&attempts::change(db, write.run, changed)).await?;
    }
    for restarted in &write.restarted {
        db.execute(&attempts::restart(write, restarted)).await?;
    }
    if !write.started.is_empty() {
        db.execute(&attempts::insert(db, write)).await?;
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
