//! Reads rows.

use super::{
    cell::Cell,
    error::TableError,
    filter::{Select, read as read_column},
    fit::Row,
    physical::{Table, TableColumn, id_column},
    write::is_gone,
};
use crate::{
    api::tables::ID_COLUMN,
    server::store::{Read, StoreError},
};
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, QueryResult,
    sea_query::{Cond, Expr, ExprTrait, Func, Order, Query, SelectStatement},
};
use serde_json::Value;

/// Rows that are read at once, so that few large ones do not fill the memory.
const PORTION: u64 = 200;

/// Rows that were read.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub rows: Vec<Row>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// How many rows a table has.
///
/// # Errors
/// `unknown_table` when it was deleted meanwhile, `Unavailable`.
pub async fn row_count(db: &impl Read, table: &Table) -> Result<i64, TableError> {
    let count = Func::count(Expr::col(id_column().physical.iden()));
    number(db, table, Query::select().expr(count).from(table.physical().iden()).to_owned()).await
}

/// The number of the last row; 0 without rows.
pub(super) async fn highest_id(db: &impl Read, table: &Table) -> Result<i64, TableError> {
    let highest = Func::max(Expr::col(id_column().physical.iden()));
    number(db, table, Query::select().expr(highest).from(table.physical().iden()).to_owned()).await
}

async fn number(db: &impl Read, table: &Table, select: SelectStatement) -> Result<i64, TableError> {
    let row = db.connection().query_one(&select).await.map_err(|error| gone_or(table, error))?;
    Ok(row.map(|row| row.try_get_by_index::<Option<i64>>(0)).transpose()?.flatten().unwrap_or_default())
}

/// A page of at most `limit` rows.
///
/// # Errors
/// `unknown_table` when it was deleted meanwhile, `Invalid` for a bad `after`, `Unavailable`.
pub async fn read(
    db: &impl Read,
    table: &Table,
    select: &Select,
    limit: u64,
    after: Option<&str>,
) -> Result<Found, TableError> {
    let columns = table.all_columns();
    let backend = db.connection().get_database_backend();
    let mut query = Query::select();
    for column in &columns {
        query.expr(read_column(backend, column));
    }
    query.from(table.physical().iden()).cond_where(select.condition(backend)).limit(limit.saturating_add(1));
    for (column, descending) in &select.order {
        // Rows without a value come last either way.
        let value = || Expr::col(column.physical.iden());
        if column.name != ID_COLUMN {
            query.order_by_expr(value().is_null(), Order::Asc);
        }
        query.order_by_expr(value(), if *descending { Order::Desc } else { Order::Asc });
    }
    if let Some(after) = after {
        query.cond_where(beyond(db, table, select, after).await?);
    }
    let found = db.connection().query_all(&query).await.map_err(|error| gone_or(table, error))?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = found.len() > limit;
    let mut rows = Vec::with_capacity(found.len().min(limit));
    for row in found.iter().take(limit) {
        rows.push(row_of(&columns, row)?);
    }
    let last = rows.last().and_then(|row| row.get(ID_COLUMN)).map(Value::to_string);
    Ok(Found { rows, next: last.filter(|_| has_more) })
}

/// Up to `limit` rows whose JSON has together about `bytes` bytes at most.
///
/// # Errors
/// As [`read`]; `output_too_large` where there is more.
pub async fn read_all(
    db: &impl Read,
    table: &Table,
    select: &Select,
    limit: u64,
    bytes: usize,
) -> Result<Vec<Row>, TableError> {
    let (mut rows, mut size, mut after) = (Vec::new(), 0, None);
    loop {
        let left = limit.saturating_sub(rows.len() as u64);
        let found = read(db, table, select, std::cmp::min(left, PORTION), after.as_deref()).await?;
        size += found.rows.iter().flat_map(Row::values).map(weight).sum::<usize>();
        rows.extend(found.rows);
        if size > bytes {
            let message = format!(
                "the rows have more than {bytes} bytes (MILLRACE_MAX_OUTPUT_BYTES); ask for fewer with `limit` or `where`"
            );
            return Err(TableError::refused("output_too_large", "limit", message));
        }
        after = found.next;
        if after.is_none() || rows.len() as u64 >= limit {
            return Ok(rows);
        }
    }
}

/// Bytes of a value, roughly: at least those of its texts.
fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(fields) => fields.iter().map(|(name, value)| name.len() + weight(value)).sum(),
        _ => 1,
    }
}

fn row_of(columns: &[TableColumn], row: &QueryResult) -> Result<Row, StoreError> {
    let value = |(index, column): (usize, &TableColumn)| {
        Ok((column.name.clone(), Cell::read(row, index, column.kind)?.json(column.kind)?))
    };
    columns.iter().enumerate().map(value).collect()
}

/// What comes after the row of that number, in the order of the question.
async fn beyond(db: &impl Read, table: &Table, select: &Select, after: &str) -> Result<Cond, TableError> {
    let bad = || StoreError::Invalid {
        field: "after".to_owned(),
        message: "is not a value that `next` of a page has given; leave it out to start anew".to_owned(),
    };
    let id: i64 = after.parse().map_err(|_| bad())?;
    let backend = db.connection().get_database_backend();
    let mut query = Query::select();
    for (column, _) in &select.order {
        query.expr(read_column(backend, column));
    }
    query.from(table.physical().iden()).and_where(Expr::col(id_column().physical.iden()).eq(id));
    let row = db.connection().query_one(&query).await.map_err(|error| gone_or(table, error))?;
    let row = row.ok_or_else(bad)?;
    let mut any = Cond::any();
    let mut equal = Cond::all();
    for (index, (column, descending)) in select.order.iter().enumerate() {
        let cell = Cell::read(&row, index, column.kind)?;
        if let Some(later) = later(backend, column, &cell, *descending) {
            any = any.add(equal.clone().add(later));
        }
        let value = Expr::col(column.physical.iden());
        equal = equal.add(match &cell {
            Cell::Null => value.is_null(),
            cell => value.eq(cell.expr(backend, column.kind)),
        });
    }
    Ok(any)
}

/// What stands behind that value in the order of one column; nothing stands behind null.
fn later(backend: DbBackend, column: &TableColumn, cell: &Cell, descending: bool) -> Option<Expr> {
    if *cell == Cell::Null {
        return None;
    }
    let value = || Expr::col(column.physical.iden());
    let bound = cell.expr(backend, column.kind);
    let beyond = if descending { value().lt(bound) } else { value().gt(bound) };
    Some(beyond.or(value().is_null()))
}

/// A table that was deleted since it was looked up is unknown, like one that never was.
pub(super) fn gone_or(table: &Table, error: DbErr) -> TableError {
    if is_gone(&error, &error.to_string()) { TableError::unknown(&table.name) } else { error.into() }
}
