//! The connection of SQLite that the journal keeps. A pool's own tests of a connection, before and after each use, cost
//! as much as a commit.

use super::StoreError;
use sea_orm::{
    DbErr, RuntimeErr,
    sea_query::Values,
    sqlx::{
        self, AssertSqlSafe, ConnectOptions as _, Executor as _,
        sqlite::{SqliteConnectOptions, SqliteConnection},
    },
};
use sea_query_sqlx::SqlxValues;
use tokio::sync::OwnedMutexGuard;

/// Put after a statement, fails the text unless the statement has changed a row.
pub const MUST_HAVE_CHANGED: &str = ";UPDATE temp.held SET is_held = changes() > 0;";
const PREPARE: &str =
    "CREATE TEMP TABLE held (is_held INTEGER NOT NULL CHECK (is_held = 1)); INSERT INTO held VALUES (1)";
/// Statements that stay prepared.
const PREPARED: usize = 256;

/// The right to write. SQLite takes one writer at a time, and who waits here need not ask again and again.
pub type Turn = OwnedMutexGuard<Option<SqliteConnection>>;

/// The journal's connection, while nobody else writes.
pub struct Writer {
    /// Where the connection is put back; meanwhile nothing is there, so that one whose use was broken off is not used again.
    turn: Turn,
    connection: SqliteConnection,
}

impl Writer {
    /// # Errors
    /// `Unavailable` when the database cannot be opened.
    pub async fn take(mut turn: Turn, options: SqliteConnectOptions) -> Result<Self, StoreError> {
        let connection = match turn.take() {
            Some(connection) => connection,
            None => {
                let options = options.statement_cache_capacity(PREPARED);
                let mut connection = options.connect().await.map_err(store_error)?;
                connection.execute(PREPARE).await.map_err(store_error)?;
                connection
            }
        };
        Ok(Self { turn, connection })
    }

    /// Runs a text of several statements. Its values are bound in their order.
    ///
    /// # Errors
    /// That of the first statement that fails; those after it are not run.
    pub async fn execute(&mut self, sql: String, values: Values) -> Result<(), StoreError> {
        // Made of the statements that the query builder wrote; whatever comes from users is among the values.
        let query = sqlx::query_with(AssertSqlSafe(sql), SqlxValues(values));
        query.execute(&mut self.connection).await.map(drop).map_err(store_error)
    }

    /// After a success: the next one uses the connection again.
    pub fn keep(self) {
        let Self { mut turn, connection } = self;
        *turn = Some(connection);
    }

    /// After an error: undoes what the transaction did so far. Where SQLite has ended it by itself, or does not answer, the
    /// connection is given up.
    pub async fn undo(mut self) {
        if self.connection.execute("ROLLBACK").await.is_ok() {
            self.keep();
        }
    }
}

fn store_error(error: sqlx::Error) -> StoreError {
    DbErr::Exec(RuntimeErr::SqlxError(error.into())).into()
}
