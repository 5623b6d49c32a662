//! Whole tables in and out, as CSV.

use super::{csv, key, write};
use crate::{
    api::tables::{Column, ImportOptions, RowsWritten},
    server::{
        error::AppError,
        state::AppState,
        store::{
            Store,
            data_tables::{self, RowsWanted, Select, Table, TableError},
        },
    },
    workflow::ids::UserId,
};
use futures::{Stream, stream};

/// Rows that are read at once for an export.
const PORTION: u64 = 500;

/// Adds the rows of a CSV file to a table; all of them or none. Its first line names the columns; new names become
/// columns.
///
/// # Errors
/// 404; 422 for what is no CSV, and for rows that do not fit, with the line and the column.
pub async fn import(
    state: &AppState,
    owner: UserId,
    name: &str,
    file: impl AsRef<[u8]> + Send + 'static,
    options: &ImportOptions,
) -> Result<RowsWritten, AppError> {
    let key = key(options.mode, &options.key)?;
    let table = data_tables::get(&state.store, owner, name).await?;
    let columns = table.columns_view();
    let parsed = tokio::task::spawn_blocking(move || csv::parse(file.as_ref(), &columns))
        .await
        .map_err(AppError::internal)??;
    let rows: Vec<_> = parsed.rows.iter().collect();
    write(state, owner, name, &rows, key).await.map_err(|error| by_line(error, &parsed.lines))?;
    Ok(RowsWritten { rows: rows.len() as u64, table: super::get(state, owner, name).await? })
}

/// What is wrong with a row, by the line of the file instead of the row's number.
fn by_line(error: TableError, lines: &[u64]) -> TableError {
    let TableError::Refused { code, field, message } = error else { return error };
    let rest = field.strip_prefix("rows.").map(|rest| rest.split_once('.').unwrap_or((rest, "")));
    let line = rest.and_then(|(row, _)| lines.get(row.parse::<usize>().ok()?));
    match line {
        Some(line) => {
            TableError::Refused { code, field: "file".to_owned(), message: format!("line {line}: {message}") }
        }
        None => TableError::Refused { code, field, message },
    }
}

/// A table on its way out.
pub struct Export<S> {
    /// For the name of the file.
    pub name: String,
    /// CSV in pieces.
    pub pieces: S,
}

/// A whole table as CSV, oldest row first, read as it is sent.
///
/// # Errors
/// 404.
pub async fn export(
    state: &AppState,
    owner: UserId,
    name: &str,
) -> Result<Export<impl Stream<Item = Result<Vec<u8>, AppError>> + Send + 'static>, AppError> {
    let table = data_tables::get(&state.store, owner, name).await?;
    let oldest_first = ["_id".to_owned()];
    let select = Select::of(&table, RowsWanted { filter: None, order: &oldest_first })?;
    let columns = table.columns_view();
    let name = table.name.clone();
    let reading = Reading { store: state.store.clone(), table, select, columns, place: Place::Header };
    Ok(Export { name, pieces: stream::try_unfold(reading, Reading::next) })
}

struct Reading {
    store: Store,
    table: Table,
    select: Select,
    columns: Vec<Column>,
    place: Place,
}

enum Place {
    Header,
    After(Option<String>),
    End,
}

impl Reading {
    async fn next(mut self) -> Result<Option<(Vec<u8>, Self)>, AppError> {
        let after = match &self.place {
            Place::Header => {
                self.place = Place::After(None);
                return Ok(Some((csv::header(&self.columns)?, self)));
            }
            Place::After(after) => after.clone(),
            Place::End => return Ok(None),
        };
        let found =
            data_tables::read(&self.store, &self.table, &self.select, PORTION, after.as_deref()).await?;
        self.place = if found.next.is_some() { Place::After(found.next) } else { Place::End };
        Ok(Some((csv::body(&self.columns, &found.rows)?, self)))
    }
}
