//! The one writer of runs: drains a queue and commits what waits there in one transaction. Whoever waits is woken after
//! the commit, so that nothing depends on what is not durable.

use crate::server::store::{
    Store, StoreError, Write, faults,
    journal::{RunWrite, Verdict, apply_apart, apply_together, commit_at_once},
};
use futures::FutureExt as _;
use std::{panic::AssertUnwindSafe, sync::Arc};
use tokio::sync::{mpsc, oneshot};

/// Writes that share a transaction, at most.
const BATCH: usize = 64;
/// Writes that may wait; who comes later waits before the queue.
const QUEUE: usize = 1024;

type Reply = oneshot::Sender<Result<Verdict, StoreError>>;

/// Where runs hand in their writes; cheap to clone. The writer ends with the last handle.
#[derive(Debug, Clone)]
pub struct Journal {
    queue: mpsc::Sender<(Arc<RunWrite>, Reply)>,
}

impl Journal {
    /// Starts the writer.
    #[must_use]
    pub fn start(store: Store) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(write_all(store, waiting));
        Self { queue }
    }

    /// Makes a write durable, or tells that it does not count.
    ///
    /// # Errors
    /// What the store says; then nothing of the write happened.
    pub async fn commit(&self, write: Arc<RunWrite>) -> Result<Verdict, StoreError> {
        let (reply, answer) = oneshot::channel();
        let gone = || StoreError::Unavailable("the journal has stopped".to_owned());
        self.queue.send((write, reply)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

async fn write_all(store: Store, mut waiting: mpsc::Receiver<(Arc<RunWrite>, Reply)>) {
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        let (writes, replies): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
        // A panic costs this batch its answer, not the engine its only writer.
        let committed = AssertUnwindSafe(commit(&store, &writes)).catch_unwind().await;
        match committed.unwrap_or_else(|_| Err(StoreError::Unavailable("the journal panicked".to_owned()))) {
            Ok(verdicts) => {
                metrics::counter!("millrace_commits_total").increment(1);
                metrics::counter!("millrace_committed_writes_total").increment(writes.len() as u64);
                for (reply, verdict) in replies.into_iter().zip(verdicts) {
                    // Nobody waits any more when the engine is shutting down.
                    let _ = reply.send(verdict);
                }
            }
            Err(error) => {
                let message = error.to_string();
                tracing::error!(writes = writes.len(), error = message, "a commit of the journal failed");
                let mut first = Some(error);
                for reply in replies {
                    let error = first.take().unwrap_or_else(|| StoreError::Unavailable(message.clone()));
                    let _ = reply.send(Err(error));
                }
            }
        }
    }
}

async fn commit(
    store: &Store,
    writes: &[Arc<RunWrite>],
) -> Result<Vec<Result<Verdict, StoreError>>, StoreError> {
    faults::pass("journal::before_batch")?;
    if commit_at_once(store, writes).await? {
        return Ok(writes.iter().map(|_| Ok(Verdict::Written)).collect());
    }
    let transaction = store.write().await?;
    match apply_together(&transaction, writes).await {
        Ok(verdicts) => {
            keep(transaction).await?;
            Ok(verdicts.into_iter().map(Ok).collect())
        }
        // One of them is wrong: the others shall not suffer for it.
        Err(error) if writes.len() > 1 && !error.is_transient() => {
            transaction.undo().await?;
            let transaction = store.write().await?;
            let verdicts = apply_apart(&transaction, writes).await?;
            keep(transaction).await?;
            Ok(verdicts)
        }
        Err(error) => {
            // Where the connection is gone, the database undoes it by itself.
            let _ = transaction.undo().await;
            Err(error)
        }
    }
}

async fn keep(transaction: Write) -> Result<(), StoreError> {
    faults::pass("journal::before_commit")?;
    transaction.commit().await?;
    faults::pass("journal::after_commit")
}
