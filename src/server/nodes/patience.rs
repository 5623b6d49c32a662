//! Patience with the database: a step does not fail because it is away for a while. What the engine writes itself waits
//! in the same way.

use crate::server::{
    llm::LlmError, search::SearchError, secrets::SecretError, store::data_tables::TableError,
};
use std::{fmt::Display, time::Duration};

/// How long to wait before trying again when the database cannot be used.
const AGAIN: Duration = Duration::from_secs(1);

/// An error that may say that the database is away, and that nothing else was done.
pub(super) trait Away: Display {
    fn is_away(&self) -> bool;
}

impl Away for TableError {
    fn is_away(&self) -> bool {
        self.is_transient()
    }
}

impl Away for SecretError {
    fn is_away(&self) -> bool {
        self.is_retryable()
    }
}

impl Away for LlmError {
    fn is_away(&self) -> bool {
        self.is_database_away()
    }
}

impl Away for SearchError {
    fn is_away(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::Model(error) => error.is_database_away(),
            _ => false,
        }
    }
}

/// Asks until the database answers. The limit on the step's time ends it, as does whoever drops the future.
///
/// # Errors
/// Whatever else is in the way.
pub(super) async fn insist<T, E: Away, F: Future<Output = Result<T, E>>>(
    ask: impl Fn() -> F,
) -> Result<T, E> {
    loop {
        match ask().await {
            Err(error) if error.is_away() => {
                tracing::warn!(%error, "a step waits for the database: {error}");
                tokio::time::sleep(AGAIN).await;
            }
            done => return done,
        }
    }
}
