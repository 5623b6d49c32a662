//! The database: connections, transactions, errors. Queries are in one module per resource and return domain and
//! wire types; entities never leave. Every finder takes the owner, save those of `engine_runs`, and what finds out the owner
//! (`triggers`, `failure_notices`).

pub mod again;
pub mod api_keys;
pub mod approvals;
pub mod checkpoints;
pub mod children;
pub mod collections;
pub mod credentials;
pub mod data_tables;
pub mod documents;
pub mod engine_runs;
mod entities;
mod error;
pub mod events;
mod executions;
pub mod failure_notices;
pub mod faults;
pub mod files;
pub mod graph;
pub mod journal;
mod json;
pub mod llm_cache;
mod lock;
mod notes;
mod open;
pub mod page;
pub mod refresh_tokens;
pub mod remote_models;
pub mod runs;
pub mod triggers;
pub mod users;
pub mod uses;
pub mod versions;
pub mod workflows;
mod writer;

pub use error::StoreError;
pub use lock::FolderLock;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
    sqlx::{
        Connection as _,
        sqlite::{SqliteConnectOptions, SqliteConnection},
    },
};
use std::sync::Arc;
use tokio::sync::Mutex;

/// The database; cheap to clone.
///
/// SQLite has one writer connection and a pool of readers, Postgres a pool for each. Reading goes through `&Store` or,
/// inside a transaction, through `&Write`; writing needs a [`Write`], so that nothing can write past a transaction.
#[derive(Debug, Clone)]
pub struct Store(Arc<Connections>);

#[derive(Debug)]
struct Connections {
    writer: DatabaseConnection,
    readers: DatabaseConnection,
    /// Whose turn it is to write on SQLite, with the journal's own connection.
    turn: Arc<Mutex<Option<SqliteConnection>>>,
    /// The folder of a temporary database, removed with the last handle.
    _folder: Option<open::TemporaryFolder>,
}

/// How many connections there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PoolState {
    pub open: u32,
    /// Those of `open` that nobody uses.
    pub idle: u32,
}

/// An open transaction that may write. Dropping it without [`Write::commit`] undoes everything.
///
/// Never call [`Store::write`] while holding one: on SQLite there is a single writer.
#[derive(Debug)]
pub struct Write {
    transaction: DatabaseTransaction,
    /// Given back after the transaction has gone.
    _turn: Option<writer::Turn>,
}

/// Where a query may read: the store, or a transaction that sees its own changes.
pub trait Read: Sync {
    /// What SeaORM runs the query on.
    #[doc(hidden)]
    fn connection(&self) -> &impl ConnectionTrait;
}

impl Read for Store {
    fn connection(&self) -> &impl ConnectionTrait {
        &self.0.readers
    }
}

impl Read for Write {
    fn connection(&self) -> &impl ConnectionTrait {
        &self.transaction
    }
}

impl Store {
    /// Opens `sqlite://PATH` (made if absent) or `postgres://…`. Creates no tables: see [`Store::migrate`].
    ///
    /// # Errors
    /// `Unavailable` when the database cannot be reached or the address is neither.
    pub async fn open(database_url: &str) -> Result<Self, StoreError> {
        open::open(database_url).await
    }

    /// A migrated SQLite database in a folder of its own that goes away with the last handle; not durable.
    ///
    /// # Errors
    /// `Unavailable` when the folder for temporary files cannot be written.
    pub async fn temporary() -> Result<Self, StoreError> {
        open::temporary().await
    }

    /// Applies the migrations that this database has not seen.
    ///
    /// # Errors
    /// `Unavailable` when one of them fails; those before it stay applied.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        use migration::MigratorTrait;
        Ok(migration::Migrator::up(&self.0.writer, None).await?)
    }

    /// How many migrations this database has not seen; 0 when it is up to date.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn pending_migrations(&self) -> Result<usize, StoreError> {
        use migration::MigratorTrait;
        Ok(migration::Migrator::get_pending_migrations(&self.0.writer).await?.len())
    }

    /// Begins a transaction that may write (`BEGIN IMMEDIATE` on SQLite).
    ///
    /// # Errors
    /// `Unavailable` when no connection comes free or the database is locked by another process.
    pub async fn write(&self) -> Result<Write, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: (self.backend() == DbBackend::Sqlite)
                .then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let turn = match self.backend() {
            DbBackend::Sqlite => Some(self.turn().await?),
            _ => None,
        };
        Ok(Write { transaction: self.0.writer.begin_with_options(options).await?, _turn: turn })
    }

    async fn turn(&self) -> Result<writer::Turn, StoreError> {
        let turn = Arc::clone(&self.0.turn).lock_owned();
        let too_long = |_| StoreError::Unavailable("others have been writing all the time".to_owned());
        tokio::time::timeout(open::ACQUIRE, turn).await.map_err(too_long)
    }

    /// The journal's own connection, for what it may do in few texts; on SQLite only.
    async fn sqlite_writer(&self) -> Result<Option<writer::Writer>, StoreError> {
        if self.backend() != DbBackend::Sqlite {
            return Ok(None);
        }
        let options = self.0.writer.get_sqlite_connection_pool().connect_options();
        let turn = self.turn().await?;
        writer::Writer::take(turn, SqliteConnectOptions::clone(&options)).await.map(Some)
    }

    /// Whether the database answers; for `/health/ready`.
    ///
    /// # Errors
    /// `Unavailable` when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.0.readers.ping().await?)
    }

    /// The connections of this process, for the metrics.
    #[must_use]
    pub fn connections(&self) -> PoolState {
        let pools = [&self.0.writer, &self.0.readers];
        let mut state = PoolState::default();
        for pool in pools {
            let (open, idle) = if self.backend() == DbBackend::Sqlite {
                let pool = pool.get_sqlite_connection_pool();
                (pool.size(), pool.num_idle())
            } else {
                let pool = pool.get_postgres_connection_pool();
                (pool.size(), pool.num_idle())
            };
            state.open += open;
            state.idle += u32::try_from(idle).unwrap_or(u32::MAX);
        }
        state
    }

    /// Whether both are the same connections.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether other processes may use the database too; a SQLite folder belongs to one.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.backend() != DbBackend::Sqlite
    }

    /// `sqlite` or `postgres`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        if self.backend() == DbBackend::Sqlite { "sqlite" } else { "postgres" }
    }

    /// Closes the connections after what runs on them has ended. For an orderly exit; dropping is fine too.
    ///
    /// # Errors
    /// `Unavailable` when a connection cannot be closed.
    pub async fn close(&self) -> Result<(), StoreError> {
        if let Some(connection) = self.turn().await?.take() {
            connection.close().await.map_err(|e| StoreError::Unavailable(e.to_string()))?;
        }
        self.0.writer.close_by_ref().await?;
        Ok(self.0.readers.close_by_ref().await?)
    }

    fn backend(&self) -> DbBackend {
        self.0.writer.get_database_backend()
    }
}

impl Write {
    /// Makes the changes durable and visible.
    ///
    /// # Errors
    /// `Unavailable` when the database cannot write; then nothing of the transaction happened.
    pub async fn commit(self) -> Result<(), StoreError> {
        faults::pass("store::before_commit")?;
        self.transaction.commit().await?;
        faults::pass("store::after_commit")
    }

    /// Undoes everything, and waits until that is done: the next writer need not.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn undo(self) -> Result<(), StoreError> {
        Ok(self.transaction.rollback().await?)
    }

    fn backend(&self) -> DbBackend {
        self.transaction.get_database_backend()
    }
}
