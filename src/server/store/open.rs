//! Opening a database: what each kind needs to be durable and not to lock up.

use super::{Connections, Store, StoreError};
use sea_orm::{
    ConnectOptions, Database, DbErr, RuntimeErr,
    sqlx::{
        Connection as _, Error, Executor as _,
        sqlite::{SqliteJournalMode, SqliteSynchronous},
    },
};
use std::{
    io::ErrorKind,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

const READERS: u32 = 8;
const POSTGRES_WRITERS: u32 = 8;
/// How long a caller waits for a connection before it is told that the database is not available.
pub const ACQUIRE: Duration = Duration::from_secs(10);

/// How long a start waits for a database that was there.
const START: Duration = Duration::from_secs(60);
/// How long a start waits before it asks again.
const AGAIN: Duration = Duration::from_millis(200);

/// A folder for a temporary database; removed on drop.
#[derive(Debug)]
pub struct TemporaryFolder(PathBuf);

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // Nothing to do about a failure: the system clears its folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub async fn open(database_url: &str) -> Result<Store, StoreError> {
    if database_url.starts_with("sqlite:") {
        sqlite(database_url, SqliteSynchronous::Full, None).await
    } else if database_url.starts_with("postgres://") || database_url.starts_with("postgresql://") {
        let connections = Connections {
            writer: connect(database_url, POSTGRES_WRITERS, give_up_when_frozen).await?,
            readers: connect(database_url, READERS, |_| {}).await?,
            turn: Arc::default(),
            _folder: None,
        };
        Ok(Store(Arc::new(connections)))
    } else {
        Err(StoreError::Unavailable(
            "DATABASE_URL must begin with sqlite:// or postgres://; correct it".to_owned(),
        ))
    }
}

/// A process that stands still in the middle of a transaction keeps others from its runs. Postgres ends its transaction
/// when the lease on them would have run out.
fn give_up_when_frozen(options: &mut ConnectOptions) {
    options.map_sqlx_postgres_pool_opts(|pool| {
        pool.after_connect(|connection, _| {
            Box::pin(async move {
                connection.execute("SET idle_in_transaction_session_timeout = '5s'").await.map(drop)
            })
        })
    });
}

pub async fn temporary() -> Result<Store, StoreError> {
    let folder = TemporaryFolder(std::env::temp_dir().join(format!("millrace-{}", uuid::Uuid::now_v7())));
    std::fs::create_dir_all(&folder.0).map_err(|e| {
        StoreError::Unavailable(format!("cannot make the temporary folder {}: {e}", folder.0.display()))
    })?;
    let url = format!("sqlite://{}", folder.0.join("millrace.db").display());
    let store = sqlite(&url, SqliteSynchronous::Off, Some(folder)).await?;
    store.migrate().await?;
    Ok(store)
}

async fn sqlite(
    url: &str,
    synchronous: SqliteSynchronous,
    folder: Option<TemporaryFolder>,
) -> Result<Store, StoreError> {
    let configure = move |options: &mut ConnectOptions| {
        options.map_sqlx_sqlite_opts(move |o| {
            o.create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(synchronous)
                .busy_timeout(Duration::from_secs(5))
                .foreign_keys(true)
                .statement_cache_capacity(256)
        });
        // SQLite ends a transaction by itself when the disk is full or cannot be read. The driver does not notice: it
        // would count the next one as nested in it, and never commit. Such a connection is not used again.
        options.map_sqlx_sqlite_before_acquire(|connection, _| {
            let clean = !connection.is_in_transaction();
            Box::pin(std::future::ready(Ok(clean)))
        });
    };
    let writer = connect(url, 1, configure).await?;
    let readers = connect(url, READERS, configure).await?;
    Ok(Store(Arc::new(Connections { writer, readers, turn: Arc::default(), _folder: folder })))
}

async fn connect(
    url: &str,
    connections: u32,
    configure: impl FnOnce(&mut ConnectOptions),
) -> Result<sea_orm::DatabaseConnection, StoreError> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .connect_timeout(ACQUIRE)
        .acquire_timeout(ACQUIRE)
        .sqlx_logging(false)
        .record_stmt_in_spans(false);
    if url.starts_with("sqlite:") {
        // No network in between that could have cut it off; checking it before each use costs a round trip.
        options.test_before_acquire(false).max_lifetime(None).idle_timeout(None);
    }
    configure(&mut options);
    let began = Instant::now();
    loop {
        match Database::connect(options.clone()).await {
            // The driver itself waits for a server that takes no connections yet, not for one that ends meanwhile.
            Err(error) if is_cut_off(&error) && began.elapsed() < ACQUIRE => tokio::time::sleep(AGAIN).await,
            done => {
                return done.map_err(|e| StoreError::Unavailable(without_password(url, &e.to_string())));
            }
        }
    }
}

/// Whether the other side went away in the middle of a word.
fn is_cut_off(error: &DbErr) -> bool {
    let DbErr::Conn(RuntimeErr::SqlxError(error)) = error else { return false };
    let Error::Io(error) = error.as_ref() else { return false };
    matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)
}

impl Store {
    /// What a server asks while it starts. A database elsewhere that goes away after it was there is waited for, up to a
    /// minute; whatever keeps SQLite from its file will not pass by itself.
    ///
    /// # Errors
    /// Those of `ask`.
    pub async fn at_start<T, F: Future<Output = Result<T, StoreError>>>(
        &self,
        ask: impl Fn() -> F,
    ) -> Result<T, StoreError> {
        let began = Instant::now();
        loop {
            match ask().await {
                Err(error) if error.is_transient() && self.is_shared() && began.elapsed() < START => {
                    tracing::warn!(%error, "the start waits for the database: {error}");
                    tokio::time::sleep(AGAIN).await;
                }
                done => return done,
            }
        }
    }
}

/// Errors of the driver may quote the address; the password in it is nobody's business.
fn without_password(url: &str, message: &str) -> String {
    let password = url
        .split_once("://")
        .and_then(|(_, rest)| rest.rsplit_once('@'))
        .and_then(|(user, _)| user.split_once(':'));
    match password {
        Some((_, password)) if !password.is_empty() => message.replace(password, "***"),
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::ConnectionTrait as _;

    #[tokio::test]
    async fn a_transaction_that_sqlite_ended_does_not_swallow_the_next_one() {
        let store = temporary().await.expect("a database");
        let ended = store.write().await.expect("a transaction");
        // As SQLite does by itself when the disk is full.
        ended.transaction.execute_unprepared("ROLLBACK").await.expect("it ends");
        ended.commit().await.expect_err("there is nothing to commit");
        drop(store.write().await.expect("a transaction that is given up"));
        let write = store.write().await.expect("a transaction");
        write.transaction.execute_unprepared("CREATE TABLE kept (x)").await.expect("a table");
        write.commit().await.expect("it is kept");
        store.0.readers.execute_unprepared("SELECT x FROM kept").await.expect("others see it");
    }
}
