//! What can go wrong in the database, sorted by what the caller does about it.

use sea_orm::{DbErr, SqlErr};

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It does not exist, or it is somebody else's: the caller cannot tell, and shall not.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// Another row has that value already; the name of the field.
    #[error("that {0} is taken already")]
    Unique(&'static str),
    /// The edit started from another revision than the one that is stored.
    #[error("it was changed meanwhile; the stored revision is {revision}")]
    Stale {
        /// The revision in the store.
        revision: i64,
    },
    /// The same idempotency key came with another body before.
    #[error("this idempotency key was used before with another body")]
    IdempotencyKeyReused,
    /// A value that this column cannot hold.
    #[error("{field}: {message}")]
    Invalid {
        /// Dotted path of the field.
        field: String,
        /// What is wrong with it.
        message: String,
    },
    /// It refers to something that does not exist.
    #[error("it refers to something that does not exist")]
    Reference,
    /// A stored row does not make sense; a bug or a hand-edited database.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
    /// The database did not answer or could not write; trying again later may help.
    #[error("the database is not available: {0}")]
    Unavailable(String),
}

/// Each unique constraint: its name on Postgres, what SQLite says instead, and the field that people know.
const UNIQUE: &[(&str, &str, &str)] = &[
    ("users_username_key", "users_username_key", "username"),
    ("users_email_key", "users_email_key", "email"),
    ("nodes_workflow_id_name_key", "nodes.workflow_id, nodes.name", "name"),
    ("nodes_pkey", "nodes.id", "node id"),
    ("edges_pkey", "edges.id", "edge id"),
    ("credentials_user_id_name_key", "credentials.user_id, credentials.name", "name"),
    ("edges_source_node_id_source_port_target_node_id_target_port_key", "edges.source_node_id", "edge"),
    ("data_tables_user_id_name_key", "data_tables.user_id, data_tables.name", "name"),
    (
        "workflow_runs_user_id_workflow_id_idempotency_key_key",
        "workflow_runs.idempotency_key",
        "idempotency key",
    ),
    ("vector_collections_user_id_name_key", "vector_collections.user_id", "name"),
    ("remote_models_user_id_name_key", "remote_models.user_id", "name"),
];

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(message)) => Self::Unique(
                UNIQUE
                    .iter()
                    // Postgres cuts names at 63 bytes.
                    .find(|(postgres, sqlite, _)| {
                        message.contains(&postgres[..postgres.len().min(63)]) || message.contains(sqlite)
                    })
                    .map_or("value", |(_, _, field)| field),
            ),
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => Self::Reference,
            _ if is_transient(&error) => Self::Unavailable(error.to_string()),
            _ => Self::Damaged(error.to_string()),
        }
    }
}

/// Whether the database was away, locked, overloaded or full, rather than asked for nonsense.
fn is_transient(error: &DbErr) -> bool {
    use sea_orm::{RuntimeErr, sqlx::Error};
    let error = match error {
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => error,
        other => return matches!(other, DbErr::Conn(_) | DbErr::ConnectionAcquire(_)),
    };
    match error.as_ref() {
        Error::Database(answer) => answer.code().is_some_and(|code| match code.parse::<u32>() {
            // SQLite: the low byte of BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN. Its codes have up to four digits.
            Ok(number) if code.len() < 5 => matches!(number & 0xff, 5 | 6 | 8 | 10 | 13 | 14),
            // Postgres: connection, transaction rollback, resources, locks, operator, system.
            _ => ["08", "40", "53", "55", "57", "58", "25006"].iter().any(|class| code.starts_with(class)),
        }),
        Error::ColumnDecode { .. } | Error::Decode(_) | Error::Encode(_) | Error::ColumnNotFound(_) => false,
        _ => true,
    }
}

impl StoreError {
    /// For `Option` results of finders.
    pub(super) fn missing(what: &'static str) -> impl Fn() -> Self {
        move || Self::NotFound(what)
    }

    pub(super) fn damaged(what: impl std::fmt::Display) -> Self {
        Self::Damaged(what.to_string())
    }

    /// Whether the database may take the same statement later; what else it says is about the statement.
    pub(super) fn is_passing(error: &DbErr) -> bool {
        is_transient(error)
    }

    /// Whether the same call may succeed later: the database was away, locked or full.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}
