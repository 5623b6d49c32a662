//! Makes rows ready: the table, its columns and the key's index are made here, before the rows are written, so that no
//! batch of writes ever has to wait for them.

use super::{
    TableLimits, catalogue, change,
    error::{TableError, shown},
    fit::{Fitted, Row, fit},
    physical::Table,
    rows::{highest_id, row_count},
    write::{Part, RowsWrite},
};
use crate::{
    server::store::{Read, Store, StoreError, Write},
    workflow::ids::UserId,
};
use chrono::{DateTime, Utc};

/// Rows to be written.
#[derive(Debug, Clone, Copy)]
pub struct NewRows<'r> {
    /// What the user calls the table.
    pub table: &'r str,
    pub rows: &'r [&'r Row],
    /// The columns of an upsert's key; empty for new rows.
    pub key: &'r [String],
    /// A table that is not there is made.
    pub may_create: bool,
    pub now: DateTime<Utc>,
}

/// Makes what the rows need, and gives them ready to be written.
///
/// # Errors
/// Whatever keeps the rows from fitting; then nothing was changed.
pub async fn prepare(
    store: &Store,
    owner: UserId,
    limits: &TableLimits,
    new: NewRows<'_>,
) -> Result<RowsWrite, TableError> {
    match catalogue::find(store, owner, new.table).await? {
        Some(table) => {
            let fitted = fit(&table.columns_view(), new.rows, new.key, limits)?;
            room(store, &table, &new, limits).await?;
            if is_ready(&table, &fitted) {
                return Ok(ready(&table, fitted, new.now));
            }
        }
        None if !new.may_create => return Err(TableError::unknown(new.table)),
        // Before anything is made.
        None => drop(fit(&[], new.rows, new.key, limits)?),
    }
    match make(store, owner, limits, new).await {
        // Somebody else has made it at the same moment.
        Err(TableError::Store(StoreError::Unique(_))) => make(store, owner, limits, new).await,
        done => done,
    }
}

async fn make(
    store: &Store,
    owner: UserId,
    limits: &TableLimits,
    new: NewRows<'_>,
) -> Result<RowsWrite, TableError> {
    let write = store.write().await?;
    match make_in(&write, owner, limits, new).await {
        Ok(rows) => {
            write.commit().await?;
            Ok(rows)
        }
        Err(error) => {
            // What is wrong matters more than that it could not be undone at once.
            let _ = write.undo().await;
            Err(error)
        }
    }
}

async fn make_in(
    write: &Write,
    owner: UserId,
    limits: &TableLimits,
    new: NewRows<'_>,
) -> Result<RowsWrite, TableError> {
    let table = match catalogue::lock(write, owner, new.table).await? {
        Some(table) => table,
        None if new.may_create => catalogue::create(write, owner, new.table, &[], limits, new.now).await?,
        None => return Err(TableError::unknown(new.table)),
    };
    // Others may have changed it since it was read.
    let fitted = fit(&table.columns_view(), new.rows, new.key, limits)?;
    room(write, &table, &new, limits).await?;
    let table = if is_ready(&table, &fitted) {
        table
    } else {
        change::change(write, table, &fitted, new.now).await?
    };
    Ok(ready(&table, fitted, new.now))
}

fn is_ready(table: &Table, fitted: &Fitted) -> bool {
    fitted.columns.len() == fitted.known
        && fitted.widened.is_empty()
        && (fitted.key.is_empty() || change::has_key(table, fitted))
}

/// Whether the table may take the rows. Counting takes long in a large table; the highest number of a row tells most.
async fn room(
    db: &impl Read,
    table: &Table,
    new: &NewRows<'_>,
    limits: &TableLimits,
) -> Result<(), TableError> {
    let more = new.rows.len() as u64;
    let within = |rows: i64, more: u64| u64::try_from(rows).unwrap_or(0).saturating_add(more) <= limits.rows;
    if within(highest_id(db, table).await?, more) {
        return Ok(());
    }
    let rows = row_count(db, table).await?;
    // Rows of an upsert may be there already.
    let more = if new.key.is_empty() { more } else { 0 };
    if within(rows, more) {
        return Ok(());
    }
    let message = format!(
        "the table `{}` has {rows} rows and would get {} more; the limit is {} (MILLRACE_MAX_TABLE_ROWS)",
        shown(&table.name),
        new.rows.len(),
        limits.rows
    );
    Err(TableError::refused("too_many_rows", "rows", message))
}

/// The rows in the names of the database. The table has every column that they name.
fn ready(table: &Table, fitted: Fitted, now: DateTime<Utc>) -> RowsWrite {
    let column = |place: &usize| table.columns.get(*place);
    let key = fitted.key.iter().filter_map(column).map(|column| column.physical.clone()).collect();
    let parts = fitted.groups.into_iter().map(|group| Part {
        columns: group.columns.iter().filter_map(column).map(|c| (c.physical.clone(), c.kind)).collect(),
        rows: group.rows,
    });
    RowsWrite {
        name: table.name.clone(),
        table: table.physical(),
        created_at: now,
        parts: parts.collect(),
        key,
        keys: table.keys.iter().map(|k| (k.index.clone(), k.columns.clone(), table.key_names(k))).collect(),
    }
}
