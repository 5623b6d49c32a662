//! A part of a collection that is kept in memory and brought up to date when the collection's row says that it is stale,
//! whichever process made the change.

use super::{SearchError, workers::Workers};
use crate::{
    api::vectors::Metric,
    server::store::{Store, collections::Stamp},
};
use std::{
    collections::HashSet,
    future::Future,
    sync::{Arc, PoisonError, RwLock},
};
use tokio::sync::Mutex;
use uuid::Uuid;

/// Documents read from the database in one go.
pub const PAGE: u64 = 2_000;
/// For a part of which nobody knows what has been deleted since it was made.
pub const UNKNOWN: i64 = -1;

/// Which collection a part belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Of {
    pub collection: Uuid,
    pub metric: Metric,
    pub dimension: usize,
}

/// What can be kept: a value that is made from rows of the database.
pub trait Part: Clone + Send + Sync + 'static {
    /// Documents as this part needs them.
    type Rows: Send + 'static;

    /// The next documents after number `seq` and the last number among them; `None` when there are no more.
    fn read(
        store: &Store,
        of: Of,
        seq: i64,
    ) -> impl Future<Output = Result<Option<(Self::Rows, i64)>, SearchError>> + Send;

    /// The numbers of the documents that are there. Blocks.
    fn seqs(&self) -> Result<Vec<i64>, SearchError>;

    /// With these documents too. Blocks.
    fn with(&self, rows: Self::Rows) -> Result<Self, SearchError>;

    /// Without these documents. Blocks.
    fn without(&self, seqs: Vec<i64>) -> Result<Self, SearchError>;
}

/// A value and how far it has come.
#[derive(Debug, Clone)]
pub struct Held<P> {
    /// The collection's generation that it shows, at least.
    pub generation: i64,
    /// The last deletion that it shows.
    pub deletion: i64,
    /// Documents up to this number are in it, if they were not deleted.
    pub last_seq: i64,
    pub value: P,
}

impl<P> Held<P> {
    /// A value that shows nothing yet.
    pub fn nothing(value: P) -> Self {
        Self { generation: UNKNOWN, deletion: UNKNOWN, last_seq: 0, value }
    }
}

/// The place of a part. Searches take the present value and never wait for a change; changes take turns.
pub struct Kept<P> {
    now: RwLock<Option<Arc<Held<P>>>>,
    turn: Mutex<()>,
}

impl<P> Default for Kept<P> {
    fn default() -> Self {
        Self { now: RwLock::default(), turn: Mutex::default() }
    }
}

impl<P: Part> Kept<P> {
    /// The present value, if it has been made.
    pub fn now(&self) -> Option<Arc<Held<P>>> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, held: Held<P>) -> Arc<Held<P>> {
        let held = Arc::new(held);
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&held));
        held
    }

    /// A value that shows everything up to `stamp`. `start` makes the first one.
    pub async fn fresh<F>(
        &self,
        (store, workers): (&Store, &Workers),
        of: Of,
        stamp: Stamp,
        start: impl FnOnce() -> F,
    ) -> Result<Arc<Held<P>>, SearchError>
    where
        F: Future<Output = Result<Held<P>, SearchError>>,
    {
        let recent = |held: &Arc<Held<P>>| held.generation >= stamp.generation;
        if let Some(held) = self.now().filter(recent) {
            return Ok(held);
        }
        let _turn = self.turn.lock().await;
        let mut held = match self.now() {
            Some(held) if recent(&held) => return Ok(held),
            Some(held) => Held::clone(&held),
            None => start().await?,
        };
        if held.deletion != stamp.deletion {
            held.value = forget(store, workers, of, held.value).await?;
            held.deletion = stamp.deletion;
        }
        while held.last_seq + 1 < stamp.next_seq
            && let Some((rows, last)) = P::read(store, of, held.last_seq).await?
        {
            let value = held.value.clone();
            held.value = workers.run(move || value.with(rows)).await?;
            held.last_seq = last;
            // Whoever comes after a search that was given up goes on from here.
            self.set(held.clone());
        }
        held.generation = stamp.generation;
        Ok(self.set(held))
    }

    /// Notes a deletion at once if nothing else has happened in between; otherwise the next search finds out.
    pub async fn note_deleted(&self, workers: &Workers, seqs: Vec<i64>, stamp: Stamp) {
        let Ok(_turn) = self.turn.try_lock() else { return };
        let Some(held) = self.now().filter(|held| held.generation + 1 == stamp.generation) else { return };
        let value = held.value.clone();
        if let Ok(value) = workers.run(move || value.without(seqs)).await {
            let Stamp { generation, deletion, .. } = stamp;
            self.set(Held { generation, deletion, last_seq: held.last_seq, value });
        }
    }

    /// Replaces the present value by what `change` makes of it, in turn with other changes.
    pub async fn change(
        &self,
        workers: &Workers,
        change: impl FnOnce(&P) -> Result<P, SearchError> + Send + 'static,
        last_seq: i64,
    ) -> Result<Option<Arc<Held<P>>>, SearchError> {
        let _turn = self.turn.lock().await;
        let Some(held) = self.now() else { return Ok(None) };
        let before = Arc::clone(&held);
        let value = workers.run(move || change(&before.value)).await?;
        let Held { generation, deletion, .. } = *held;
        Ok(Some(self.set(Held { generation, deletion, last_seq: last_seq.max(held.last_seq), value })))
    }
}

/// The value without the documents that are not in the database any more.
async fn forget<P: Part>(store: &Store, workers: &Workers, of: Of, value: P) -> Result<P, SearchError> {
    let there = crate::server::store::documents::seqs(store, of.collection).await?;
    workers
        .run(move || {
            let there: HashSet<i64> = there.into_iter().collect();
            let gone: Vec<i64> = value.seqs()?.into_iter().filter(|seq| !there.contains(seq)).collect();
            if gone.is_empty() { Ok(value) } else { value.without(gone) }
        })
        .await
}
