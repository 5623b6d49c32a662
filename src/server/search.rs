//! Collections of documents: embedding, the vector index (FAISS), the lexical index, and searching them together.
//!
//! [`Search`] is the door. The truth is in the database; everything here in memory or in files is made from it and can be
//! thrown away. What does not belong here: HTTP and accounts (`server::services`), workflow steps (`server::nodes`).

mod add;
mod embedder;
mod embedders;
mod error;
mod facts;
mod filter;
mod find;
mod fuse;
pub mod ingest;
mod kept;
mod manage;
mod minilm;
mod rules;
mod shelf;
mod split;
pub mod vectors;
mod words;
mod workers;

pub use add::{Duplicates, NewDocument};
pub use embedder::{EmbedFuture, Embedder, EmbedderState};
pub use embedders::Embedders;
pub use error::SearchError;
pub use find::Wanted;
pub use minilm::MiniLm;
pub use rules::{LONGEST_NAME, MOST_RESULTS, WIDEST, check_name};

pub use crate::api::vectors::{CollectionBody, SearchMode};
use crate::server::{clock::Clock, store::Store};
use shelf::{Shelf, Tools};
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};
use uuid::Uuid;
use workers::Workers;

/// The collections of this process. Cheap to clone.
#[derive(Clone)]
pub struct Search(Arc<Inner>);

struct Inner {
    tools: Arc<Tools>,
    clock: Clock,
    embedders: Embedders,
    /// One for each collection that was searched.
    shelves: Mutex<HashMap<Uuid, Arc<Shelf>>>,
}

impl Search {
    /// Starts the threads; reads nothing yet. Index files are kept in `folder`, if there is one.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn open(
        store: Store,
        clock: Clock,
        embedders: Embedders,
        folder: Option<PathBuf>,
    ) -> std::io::Result<Self> {
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        let workers = Workers::start("search", threads)?;
        let builder = Workers::start("index builder", 1)?;
        let tools = Arc::new(Tools { store, workers, builder, folder, clock: clock.clone() });
        Ok(Self(Arc::new(Inner { tools, clock, embedders, shelves: Mutex::default() })))
    }

    /// What makes vectors of texts.
    #[must_use]
    pub fn embedders(&self) -> &Embedders {
        &self.0.embedders
    }

    /// The embedding model of this machine.
    #[must_use]
    pub fn embedder(&self) -> &Arc<dyn Embedder> {
        self.embedders().here()
    }

    fn store(&self) -> &Store {
        &self.0.tools.store
    }

    fn shelves(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, Arc<Shelf>>> {
        self.0.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
