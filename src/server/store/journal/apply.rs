//! Applies writes inside a transaction, each as a whole or not at all.

use super::{RunWrite, Verdict, rows, run};
use crate::server::store::{
    StoreError, Write,
    data_tables::{self, NotWritten},
    entities::workflow_runs as runs,
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, TransactionTrait,
    sea_query::{Cond, Expr, ExprTrait, LockType, Order, Query},
};
use std::{collections::BTreeSet, sync::Arc};

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
        return Ok(if holds(db, write).await? { Verdict::Written } else { Verdict::Fenced });
    };
    let savepoint = db.begin().await?;
    if !holds(&savepoint, write).await? {
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

async fn rows_of(db: &impl ConnectionTrait, writes: &[&RunWrite]) -> Result<(), StoreError> {
    for statement in rows::statements(db.get_database_backend(), writes)? {
        db.execute_raw(statement).await?;
    }
    Ok(())
}

/// Whether there is still, or from now on, the row of the run that the write is about.
async fn holds(db: &impl ConnectionTrait, write: &RunWrite) -> Result<bool, StoreError> {
    Ok(db.execute_raw(run::fence(db.get_database_backend(), write)).await?.rows_affected() > 0)
}
