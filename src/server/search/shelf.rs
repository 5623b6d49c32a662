//! What is kept in memory of one collection: vectors, words and metadata, each made when a search first needs it.

use super::{
    SearchError,
    facts::Facts,
    kept::{Held, Kept, Of, PAGE, Part},
    vectors::{self, Base, IndexFile, Rows, Unusable, Vectors, Work},
    words::Words,
    workers::Workers,
};
use crate::server::{
    clock::Clock,
    store::{Store, collections, collections::Collection, documents},
};
use chrono::TimeDelta;
use serde_json::{Map, Value};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use uuid::Uuid;

/// An index file is written when a collection has not changed for so long,
const PAUSE: TimeDelta = TimeDelta::seconds(1);
/// or after so many times that.
const LONGEST_PAUSES: usize = 30;

/// What shelves work with.
pub struct Tools {
    pub store: Store,
    /// Searches and small changes.
    pub workers: Workers,
    /// Making big parts: one at a time, beside the searches.
    pub builder: Workers,
    /// Where index files are kept; `None`: nowhere.
    pub folder: Option<PathBuf>,
    pub clock: Clock,
}

/// One collection in memory.
pub struct Shelf {
    of: Of,
    vectors: Kept<Vectors>,
    words: Kept<Arc<Words>>,
    facts: Kept<Facts>,
    building: AtomicBool,
    saving: AtomicBool,
    gone: AtomicBool,
}

impl Shelf {
    pub fn new(collection: &Collection) -> Self {
        let of = Of {
            collection: collection.id,
            metric: collection.metric,
            dimension: usize::try_from(collection.dimension).unwrap_or(usize::MAX),
        };
        Self {
            of,
            vectors: Kept::default(),
            words: Kept::default(),
            facts: Kept::default(),
            building: AtomicBool::new(false),
            saving: AtomicBool::new(false),
            gone: AtomicBool::new(false),
        }
    }

    /// The vectors as the row says; starts making the big part anew where that pays.
    pub async fn vectors(
        self: &Arc<Self>,
        tools: &Arc<Tools>,
        row: &Collection,
    ) -> Result<Arc<Held<Vectors>>, SearchError> {
        let start = || self.first(tools, row);
        let held = self.vectors.fresh((&tools.store, &tools.workers), self.of, row.stamp, start).await?;
        self.tend(tools, &held.value);
        Ok(held)
    }

    /// The words as the row says.
    pub async fn words(&self, tools: &Tools, row: &Collection) -> Result<Arc<Held<Arc<Words>>>, SearchError> {
        let start = || async { Ok(Held::nothing(Arc::new(Words::empty()?))) };
        self.words.fresh((&tools.store, &tools.workers), self.of, row.stamp, start).await
    }

    /// The metadata as the row says.
    pub async fn facts(&self, tools: &Tools, row: &Collection) -> Result<Arc<Held<Facts>>, SearchError> {
        let start = || async { Ok(Held::nothing(Facts::default())) };
        self.facts.fresh((&tools.store, &tools.workers), self.of, row.stamp, start).await
    }

    /// The vectors are in memory.
    pub fn is_loaded(&self) -> bool {
        self.vectors.now().is_some()
    }

    /// Notes a deletion where that needs no look at the database.
    pub async fn note_deleted(&self, tools: &Tools, seqs: Vec<i64>, stamp: collections::Stamp) {
        self.vectors.note_deleted(&tools.workers, seqs.clone(), stamp).await;
        self.words.note_deleted(&tools.workers, seqs.clone(), stamp).await;
        self.facts.note_deleted(&tools.workers, seqs, stamp).await;
    }

    fn file(&self, tools: &Tools) -> Option<IndexFile> {
        let Of { collection, metric, dimension } = self.of;
        tools.folder.clone().map(|folder| IndexFile { folder, collection, metric, dimension })
    }

    /// The big part as its file has it, if the file can be believed.
    async fn first(&self, tools: &Tools, row: &Collection) -> Result<Held<Vectors>, SearchError> {
        let nothing = || Held::nothing(Vectors::empty(self.of.metric, self.of.dimension));
        let Some(file) = self.file(tools) else { return Ok(nothing()) };
        let name = file.name();
        let doubt = |reason: &dyn std::fmt::Display| {
            tracing::warn!(collection.id = %self.of.collection, index.file = name,
                "an index file is not used and made anew from the database: {reason}");
        };
        let (base, generation) = match tools.workers.run(move || Ok(file.read())).await? {
            Ok(read) => read,
            Err(Unusable::Absent) => return Ok(nothing()),
            Err(reason) => {
                doubt(&reason);
                return Ok(nothing());
            }
        };
        if generation > row.stamp.generation {
            doubt(&"it is newer than the database");
            return Ok(nothing());
        }
        // A database that was restored from a backup gives numbers out again; the last common document tells.
        let there = documents::seqs(&tools.store, self.of.collection).await?;
        let last = there.iter().rev().find_map(|seq| base.seqs().binary_search(seq).ok());
        if let Some(place) = last {
            let (seq, id) = (base.seqs()[place], base.ids()[place]);
            if documents::id_at(&tools.store, self.of.collection, seq).await? != Some(id) {
                doubt(&"its documents are others than those of the database");
                return Ok(nothing());
            }
        }
        let last_seq = base.seqs().last().copied().unwrap_or(0);
        let value = nothing().value.on(Arc::new(base))?;
        Ok(Held { last_seq, value, ..nothing() })
    }

    /// Starts making the big part anew if that pays and nobody is at it.
    fn tend(self: &Arc<Self>, tools: &Arc<Tools>, vectors: &Vectors) {
        let Some(work) = vectors::wanted(vectors) else { return };
        if self.building.swap(true, Ordering::AcqRel) {
            return;
        }
        let (shelf, tools) = (Arc::clone(self), Arc::clone(tools));
        tokio::spawn(async move {
            if let Err(error) = shelf.build(&tools, work).await {
                tracing::warn!(collection.id = %shelf.of.collection, %error, "an index was not made: {error}");
            }
            shelf.building.store(false, Ordering::Release);
        });
    }

    async fn build(self: &Arc<Self>, tools: &Arc<Tools>, work: Work) -> Result<(), SearchError> {
        let Some(held) = self.vectors.now() else { return Ok(()) };
        let Of { collection, metric, dimension } = self.of;
        let made: Base = match work {
            Work::Absorb => tools.builder.run(move || vectors::absorb(&held.value)).await?,
            Work::Rebuild => {
                let mut all = Rows::default();
                let mut seq = 0;
                while let Some((rows, last)) = Vectors::read(&tools.store, self.of, seq).await? {
                    all.seqs.extend(rows.seqs);
                    all.ids.extend(rows.ids);
                    all.numbers.extend(rows.numbers);
                    seq = last;
                }
                tools.builder.run(move || vectors::build(metric, dimension, all)).await?
            }
        };
        let last_seq = made.seqs().last().copied().unwrap_or(0);
        let base = Arc::new(made);
        let held = self.vectors.change(&tools.workers, move |vectors| vectors.on(base), last_seq).await?;
        let kind = held.as_ref().map_or("flat", |held| held.value.kind());
        note(tools, collection, kind, None).await?;
        self.save_soon(tools);
        Ok(())
    }

    /// Writes the file when changes have paused, or after a while if they do not.
    fn save_soon(self: &Arc<Self>, tools: &Arc<Tools>) {
        if tools.folder.is_none() || self.saving.swap(true, Ordering::AcqRel) {
            return;
        }
        let (shelf, tools) = (Arc::clone(self), Arc::clone(tools));
        tokio::spawn(async move {
            let generation = || shelf.vectors.now().map(|held| held.generation);
            let mut before = generation();
            for _ in 0..LONGEST_PAUSES {
                tools.clock.sleep_until(tools.clock.now() + PAUSE).await;
                let now = generation();
                if std::mem::replace(&mut before, now) == now {
                    break;
                }
            }
            // What comes from here on is for the next file.
            shelf.saving.store(false, Ordering::Release);
            if let Err(error) = shelf.save(&tools).await {
                tracing::warn!(collection.id = %shelf.of.collection, %error, "an index file was not written: {error}");
            }
        });
    }

    async fn save(&self, tools: &Tools) -> Result<(), SearchError> {
        if self.is_gone() {
            return Ok(());
        }
        let (Some(file), Some(held)) = (self.file(tools), self.vectors.now()) else { return Ok(()) };
        let (Some(base), generation) = (held.value.base(), held.generation) else { return Ok(()) };
        let (name, kind) = (file.name(), held.value.kind());
        let written = tools.builder.run(move || Ok(file.write(&base, generation))).await?;
        written.map_err(|reason| SearchError::Index(reason.to_string()))?;
        note(tools, self.of.collection, kind, Some(name)).await
    }

    /// The collection was deleted by this process.
    pub fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Acquire)
    }

    /// The collection is gone: no file is written any more, and searches that are under way find nothing.
    pub fn leave(&self) {
        self.gone.store(true, Ordering::Release);
    }

    /// Removes the file, for a collection that is gone.
    pub fn remove_file(tools: &Tools, collection: Uuid) {
        if let Some(folder) = tools.folder.clone() {
            let metric = crate::api::vectors::Metric::default();
            IndexFile { folder, collection, metric, dimension: 0 }.remove();
        }
    }
}

async fn note(tools: &Tools, collection: Uuid, kind: &str, file: Option<String>) -> Result<(), SearchError> {
    let write = tools.store.write().await?;
    collections::note_index(&write, collection, kind, file).await?;
    Ok(write.commit().await?)
}

impl Part for Vectors {
    type Rows = Rows;

    async fn read(store: &Store, of: Of, seq: i64) -> Result<Option<(Rows, i64)>, SearchError> {
        let read = documents::vectors_after(store, of.collection, seq, of.dimension, PAGE).await?;
        let Some(last) = read.last().map(|document| document.seq) else { return Ok(None) };
        let mut rows = Rows::default();
        for document in read {
            rows.seqs.push(document.seq);
            rows.ids.push(document.id);
            rows.numbers.extend(document.vector);
        }
        Ok(Some((rows, last)))
    }

    fn seqs(&self) -> Result<Vec<i64>, SearchError> {
        Ok(self.seqs().collect())
    }

    fn with(&self, rows: Rows) -> Result<Self, SearchError> {
        self.with(rows)
    }

    fn without(&self, seqs: Vec<i64>) -> Result<Self, SearchError> {
        Ok(self.without(seqs))
    }
}

impl Part for Arc<Words> {
    type Rows = Vec<(i64, String)>;

    async fn read(store: &Store, of: Of, seq: i64) -> Result<Option<(Self::Rows, i64)>, SearchError> {
        let rows = documents::texts_after(store, of.collection, seq, PAGE).await?;
        Ok(rows.last().map(|(seq, _)| *seq).map(|last| (rows, last)))
    }

    fn seqs(&self) -> Result<Vec<i64>, SearchError> {
        Words::seqs(self)
    }

    fn with(&self, rows: Self::Rows) -> Result<Self, SearchError> {
        self.change(rows, &[])?;
        Ok(Self::clone(self))
    }

    fn without(&self, seqs: Vec<i64>) -> Result<Self, SearchError> {
        self.change(Vec::new(), &seqs)?;
        Ok(Self::clone(self))
    }
}

impl Part for Facts {
    type Rows = Vec<(i64, Map<String, Value>)>;

    async fn read(store: &Store, of: Of, seq: i64) -> Result<Option<(Self::Rows, i64)>, SearchError> {
        let rows = documents::metadata_after(store, of.collection, seq, PAGE).await?;
        Ok(rows.last().map(|(seq, _)| *seq).map(|last| (rows, last)))
    }

    fn seqs(&self) -> Result<Vec<i64>, SearchError> {
        Ok(self.seqs().collect())
    }

    fn with(&self, rows: Self::Rows) -> Result<Self, SearchError> {
        Ok(self.with(rows))
    }

    fn without(&self, seqs: Vec<i64>) -> Result<Self, SearchError> {
        Ok(self.without(seqs))
    }
}
