//! Tables of users: made, described, read, filled, imported, exported, deleted. What fits a table is the store's to say.

mod csv;
mod transfer;

pub use transfer::{Export, export, import};

use super::{PAGE_LIMIT, page_request};
use crate::{
    api::{
        page::Page,
        tables::{RowPage, RowQuery, RowsBody, RowsWritten, Table, TableBody, WriteMode},
    },
    server::{
        config::Config,
        error::AppError,
        state::AppState,
        store::data_tables::{self, NewRows, RowsWanted, Select, TableLimits},
    },
    workflow::ids::UserId,
};

/// What tables may grow to, by the configuration.
#[must_use]
pub fn limits(config: &Config) -> TableLimits {
    let limits = &config.limits;
    TableLimits { tables: limits.max_tables, columns: limits.max_table_columns, rows: limits.max_table_rows }
}

/// A page of the owner's tables, newest first; `limit` from 1 to 200.
///
/// # Errors
/// 422 for a bad `limit` or `after`.
pub async fn list(
    state: &AppState,
    owner: UserId,
    after: Option<String>,
    limit: u64,
) -> Result<Page<Table>, AppError> {
    Ok(data_tables::list(&state.store, owner, &page_request(after, limit)?).await?)
}

/// Makes a table without rows.
///
/// # Errors
/// 409 for a name that is taken; 422 with the field for names and columns that cannot be, and for one table too many.
pub async fn create(state: &AppState, owner: UserId, body: TableBody) -> Result<Table, AppError> {
    let write = state.store.write().await?;
    let limits = limits(&state.config);
    let made =
        data_tables::create(&write, owner, &body.name, &body.columns, &limits, state.clock.now()).await;
    match made {
        Ok(table) => {
            write.commit().await?;
            Ok(data_tables::describe(&state.store, &table).await?)
        }
        Err(error) => {
            write.undo().await?;
            Err(error.into())
        }
    }
}

/// A table without its rows.
///
/// # Errors
/// 404.
pub async fn get(state: &AppState, owner: UserId, name: &str) -> Result<Table, AppError> {
    let table = data_tables::get(&state.store, owner, name).await?;
    Ok(data_tables::describe(&state.store, &table).await?)
}

/// Whether the owner has that table.
///
/// # Errors
/// 404 if not.
pub async fn check_owner(state: &AppState, owner: UserId, name: &str) -> Result<(), AppError> {
    data_tables::get(&state.store, owner, name).await?;
    Ok(())
}

/// Deletes a table with its rows.
///
/// # Errors
/// 404.
pub async fn delete(state: &AppState, owner: UserId, name: &str) -> Result<(), AppError> {
    let write = state.store.write().await?;
    data_tables::delete(&write, owner, name).await?;
    Ok(write.commit().await?)
}

/// A page of rows.
///
/// # Errors
/// 404; 422 for a filter or an order that the table's columns do not allow, a bad `limit` or `after`.
pub async fn rows(
    state: &AppState,
    owner: UserId,
    name: &str,
    query: &RowQuery,
) -> Result<RowPage, AppError> {
    let page = page_request(query.after.clone(), query.limit.unwrap_or(PAGE_LIMIT))?;
    let table = data_tables::get(&state.store, owner, name).await?;
    let wanted = RowsWanted { filter: query.filter.as_ref(), order: &query.order };
    let select = Select::of(&table, wanted)?;
    let found = data_tables::read(&state.store, &table, &select, page.limit, page.after.as_deref()).await?;
    Ok(RowPage { columns: table.columns_view(), items: found.rows, next: found.next })
}

/// Writes rows into a table that is there; all of them or none.
///
/// # Errors
/// 404; 422 with the row and the column that do not fit, or the limit that would be passed.
pub async fn add_rows(
    state: &AppState,
    owner: UserId,
    name: &str,
    body: RowsBody,
) -> Result<RowsWritten, AppError> {
    let key = key(body.mode, &body.key)?;
    let rows: Vec<_> = body.rows.iter().collect();
    write(state, owner, name, &rows, key).await?;
    Ok(RowsWritten { rows: rows.len() as u64, table: get(state, owner, name).await? })
}

async fn write(
    state: &AppState,
    owner: UserId,
    table: &str,
    rows: &[&data_tables::Row],
    key: &[String],
) -> Result<(), data_tables::TableError> {
    if rows.is_empty() {
        return Ok(());
    }
    let new = NewRows { table, rows, key, may_create: false, now: state.clock.now() };
    let ready = data_tables::prepare(&state.store, owner, &limits(&state.config), new).await?;
    data_tables::write_alone(&state.store, &ready).await
}

/// The key of an upsert; without one it is no upsert.
fn key(mode: WriteMode, key: &[String]) -> Result<&[String], AppError> {
    match (mode, key.is_empty()) {
        (WriteMode::Insert, true) | (WriteMode::Upsert, false) => Ok(key),
        (WriteMode::Insert, false) => {
            Err(AppError::field("key", "is for the mode `upsert`; choose that mode, or leave the key out"))
        }
        (WriteMode::Upsert, true) => Err(AppError::field(
            "key",
            "is missing: an upsert needs the column whose value tells a row from the others",
        )
        .with_code("missing_key")),
    }
}
