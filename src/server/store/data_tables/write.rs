//! Rows ready to be written: into a table whose columns were made before, in statements of many rows, with nothing left
//! to decide. What the database still refuses comes back as a [`Refusal`].

use super::{
    cell::Cell,
    error::{TableError, shown},
    physical::{Physical, created_at_column},
};
use crate::{
    api::tables::ColumnType,
    server::store::{Read as _, Store, StoreError, faults},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, DbErr, RuntimeErr,
    sea_query::{InsertStatement, OnConflict, Query},
};

/// Rows of one statement: powers of two, so that few statements have to be prepared whatever the number of rows. More
/// would be no faster, and prepared statements stay in memory.
const ROWS: usize = 128;
/// Parameters of one statement; SQLite takes 32,766.
const PARAMETERS: usize = 30_000;

/// Rows for one table, all or none. Written by [`apply`] inside a transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct RowsWrite {
    /// What the user calls the table, for messages.
    pub(super) name: String,
    pub(super) table: Physical,
    pub(super) created_at: DateTime<Utc>,
    pub(super) parts: Vec<Part>,
    /// The columns of an upsert's key; empty for new rows.
    pub(super) key: Vec<Physical>,
    /// Every key of the table: its index, its columns, and what users call them.
    pub(super) keys: Vec<(Physical, Vec<Physical>, Vec<String>)>,
}

/// Rows that name the same columns.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part {
    pub columns: Vec<(Physical, ColumnType)>,
    pub rows: Vec<Vec<Cell>>,
}

/// The database does not take the rows; nothing of them was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Stable, for programs.
    pub code: &'static str,
    pub message: String,
}

/// Why rows were not written.
#[derive(Debug)]
pub enum NotWritten {
    /// It is these rows' own fault.
    Refused(Refusal),
    /// Nothing more can be done on this connection.
    Store(StoreError),
}

impl RowsWrite {
    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| part.rows.len()).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn refusal(&self, error: &DbErr) -> Option<Refusal> {
        let text = error.to_string();
        let refused = |code, message| Some(Refusal { code, message });
        if let Some(sea_orm::SqlErr::UniqueConstraintViolation(said)) = error.sql_err() {
            let of_key = |(index, columns, _): &&(Physical, Vec<Physical>, Vec<String>)| {
                // Postgres names the index, SQLite the columns.
                let named: Vec<_> =
                    columns.iter().map(|c| format!("{}.{}", self.table.as_str(), c.as_str())).collect();
                said.contains(&format!("\"{}\"", index.as_str()))
                    || said.rsplit(": ").next() == Some(named.join(", ").as_str())
            };
            let names = self.keys.iter().find(of_key).map_or_else(String::new, |(_, _, names)| {
                let names: Vec<_> = names.iter().map(|name| format!("`{}`", shown(name))).collect();
                format!(" in {}", names.join(", "))
            });
            let message = format!(
                "the table `{}` has a row with the same value{names} already; use the mode upsert to change it",
                shown(&self.name)
            );
            return refused("not_unique", message);
        }
        if is_gone(error, &text) {
            let message =
                format!("the table `{}` was deleted meanwhile; run the step again", shown(&self.name));
            return refused("unknown_table", message);
        }
        if StoreError::is_passing(error) {
            return None;
        }
        let message = format!("the database does not take the rows for `{}`: {text}", shown(&self.name));
        refused("rows_refused", message)
    }
}

/// Writes the rows. On Postgres an error leaves the transaction to be rolled back, at least to its last savepoint.
///
/// # Errors
/// `Refused` when it is the rows' fault, `Store` when the database is away or full.
pub async fn apply(db: &impl ConnectionTrait, write: &RowsWrite) -> Result<(), NotWritten> {
    for part in &write.parts {
        let mut rows = part.rows.as_slice();
        while !rows.is_empty() {
            let (now, later) = rows.split_at(portion(rows.len(), part.columns.len() + 1));
            db.execute(&insert(db, write, part, now)).await.map_err(|error| match write.refusal(&error) {
                Some(refusal) => NotWritten::Refused(refusal),
                None => NotWritten::Store(error.into()),
            })?;
            rows = later;
        }
    }
    faults::pass("tables::after_rows").map_err(NotWritten::Store)
}

/// Writes the rows in a transaction of their own.
///
/// # Errors
/// What the database refuses, and `Unavailable`; then nothing was written.
pub async fn write_alone(store: &Store, rows: &RowsWrite) -> Result<(), TableError> {
    let write = store.write().await?;
    match apply(write.connection(), rows).await {
        Ok(()) => Ok(write.commit().await?),
        Err(error) => {
            // What is wrong matters more than that it could not be undone at once.
            let _ = write.undo().await;
            Err(match error {
                NotWritten::Refused(Refusal { code, message }) => TableError::refused(code, "rows", message),
                NotWritten::Store(error) => error.into(),
            })
        }
    }
}

/// How many of so many rows go into the next statement.
fn portion(rows: usize, columns: usize) -> usize {
    let most = (PARAMETERS / columns.max(1)).clamp(1, ROWS).min(rows);
    1 << most.ilog2()
}

fn insert(db: &impl ConnectionTrait, write: &RowsWrite, part: &Part, rows: &[Vec<Cell>]) -> InsertStatement {
    let backend = db.get_database_backend();
    let created_at = Cell::Int(write.created_at.timestamp_millis());
    let mut insert = Query::insert();
    insert.into_table(write.table.iden()).columns(
        std::iter::once(created_at_column().physical.iden())
            .chain(part.columns.iter().map(|(c, _)| c.iden())),
    );
    for row in rows {
        let cells = part.columns.iter().zip(row).map(|((_, kind), cell)| cell.expr(backend, *kind));
        insert.values_panic(std::iter::once(created_at.expr(backend, ColumnType::Timestamp)).chain(cells));
    }
    if !write.key.is_empty() {
        let mut conflict = OnConflict::columns(write.key.iter().map(Physical::iden));
        let changed: Vec<_> = part
            .columns
            .iter()
            .filter(|(column, _)| !write.key.contains(column))
            .map(|(column, _)| column.iden())
            .collect();
        if changed.is_empty() {
            conflict.do_nothing();
        } else {
            conflict.update_columns(changed);
        }
        insert.on_conflict(conflict);
    }
    insert
}

/// Whether the table is not there any more.
pub(super) fn is_gone(error: &DbErr, text: &str) -> bool {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner)) => {
            match inner.as_ref() {
                sea_orm::sqlx::Error::Database(answer) => {
                    // 42P01 is Postgres's undefined_table.
                    answer.code().is_some_and(|code| code == "42P01") || text.contains("no such table")
                }
                _ => false,
            }
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::portion;

    #[test]
    fn few_different_statements_whatever_the_number_of_rows() {
        assert_eq!(portion(10_000, 5), 128);
        assert_eq!(portion(127, 5), 64);
        assert_eq!(portion(1, 5), 1);
        assert_eq!(portion(10_000, 400), 64);
        let (mut left, mut statements) = (10_000, Vec::new());
        while left > 0 {
            let now = portion(left, 6);
            statements.push(now);
            left -= now;
        }
        assert_eq!(statements.iter().sum::<usize>(), 10_000);
        statements.dedup();
        assert!(statements.len() <= 10, "{statements:?}");
    }
}
