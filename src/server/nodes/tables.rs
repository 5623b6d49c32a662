//! Tables of users, as the steps that read and write them reach them.

mod elsewhere;

pub use elsewhere::{Database, Elsewhere};

use super::{Effect, NodeError, patience::insist};
use crate::{
    server::store::{
        Store,
        data_tables::{self, NewRows, RowsWanted, RowsWrite, Select, TableError, TableLimits},
    },
    workflow::ids::UserId,
};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use std::sync::Arc;

/// What the steps work with; cheap to clone.
#[derive(Debug, Clone)]
pub struct Tables {
    store: Store,
    limits: TableLimits,
    /// The most bytes that a question gives, about.
    output_bytes: usize,
    /// Whether runs are kept in the same database: then rows are written with the completion of their step.
    with_runs: bool,
}

/// Rows to write.
#[derive(Debug, Clone, Copy)]
pub struct Writing<'w> {
    pub table: &'w str,
    pub rows: &'w [&'w Map<String, Value>],
    /// The columns of an upsert's key; empty for new rows.
    pub key: &'w [String],
    pub now: DateTime<Utc>,
}

/// A question.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    pub table: &'a str,
    pub filter: Option<&'a Value>,
    pub order: &'a [String],
    pub limit: u64,
}

impl Tables {
    /// The tables of that database. `with_runs`: it is the one that the engine keeps its runs in.
    #[must_use]
    pub fn new(store: Store, limits: TableLimits, output_bytes: usize, with_runs: bool) -> Self {
        Self { store, limits, output_bytes, with_runs }
    }

    /// The most bytes that a question gives, about.
    #[must_use]
    pub fn output_bytes(&self) -> usize {
        self.output_bytes
    }

    /// Makes table and columns for the rows, and gives what writes them: an effect for the journal. Where runs are not
    /// kept beside the tables, as for a command on the data folder, the rows are written at once.
    ///
    /// # Errors
    /// Whatever keeps the rows from being written; then none was.
    pub async fn write(&self, owner: UserId, writing: Writing<'_>) -> Result<Option<Effect>, NodeError> {
        let Writing { table, rows, key, now } = writing;
        let new = NewRows { table, rows, key, may_create: true, now };
        let ready: RowsWrite = insist(|| data_tables::prepare(&self.store, owner, &self.limits, new)).await?;
        if self.with_runs {
            return Ok(Some(Effect::Rows(Arc::new(ready))));
        }
        data_tables::write_alone(&self.store, &ready).await?;
        Ok(None)
    }

    /// The rows that somebody asks for.
    ///
    /// # Errors
    /// An unknown table or column, values that cannot be compared, more bytes than a step may give.
    pub async fn ask(&self, owner: UserId, asking: Asking<'_>) -> Result<Vec<Map<String, Value>>, NodeError> {
        let Asking { table, filter, order, limit } = asking;
        let rows = insist(|| async {
            let table = data_tables::get(&self.store, owner, table).await?;
            let select = Select::of(&table, RowsWanted { filter, order })?;
            data_tables::read_all(&self.store, &table, &select, limit, self.output_bytes).await
        });
        Ok(rows.await?)
    }
}

impl Tables {
    /// The columns of a table, as `name (type)`; none of a table that is not there or cannot be read now.
    pub async fn columns(&self, owner: UserId, table: &str) -> Vec<String> {
        match data_tables::get(&self.store, owner, table).await {
            Ok(table) => table.column_words(),
            Err(_) => Vec::new(),
        }
    }
}

impl From<TableError> for NodeError {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Refused { code, message, .. } => Self::permanent(code, message),
            TableError::Store(error) => {
                let code = if error.is_transient() { "database_unavailable" } else { "database_error" };
                Self { retryable: error.is_transient(), ..Self::permanent(code, error.to_string()) }
            }
        }
    }
}
