//! Makes and changes tables in the database. The statements hold names that are made here, and nothing else.

use super::{
    catalogue,
    error::{TableError, shown},
    fit::Fitted,
    physical::{Key, Physical, Table, TableColumn, storage},
};
use crate::{
    api::tables::{Column, ColumnType},
    server::store::{Read as _, StoreError, Write},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, DbBackend, SqlErr,
    sea_query::{Expr, ExprTrait, Query},
};

/// Keys of one table.
const KEYS: usize = 8;
/// Beyond it not every whole number is a number with fractions.
const EXACT: i64 = 1 << 53;

async fn run(write: &Write, statement: String) -> Result<(), StoreError> {
    write.connection().execute_unprepared(&statement).await?;
    Ok(())
}

/// A column in the database. SQLite keeps any value in a column without a type, exactly as it is given; texts compare
/// by their bytes on both.
fn declaration(backend: DbBackend, column: &TableColumn) -> String {
    let name = column.physical.as_str();
    match (backend, storage(column.kind)) {
        (DbBackend::Sqlite, _) => name.to_owned(),
        (_, "text") => format!("{name} text COLLATE \"C\""),
        (_, word) => format!("{name} {word}"),
    }
}

/// The physical table, without columns of the user.
pub(super) async fn make(write: &Write, table: &Table) -> Result<(), StoreError> {
    let own = match write.backend() {
        DbBackend::Sqlite => "_id INTEGER PRIMARY KEY AUTOINCREMENT, _created_at NOT NULL",
        _ => "_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, _created_at bigint NOT NULL",
    };
    run(write, format!("CREATE TABLE {} ({own})", table.physical().as_str())).await
}

/// Takes the physical table away, its rows with it.
pub(super) async fn unmake(write: &Write, table: &Table) -> Result<(), StoreError> {
    run(write, format!("DROP TABLE {}", table.physical().as_str())).await
}

/// Adds columns and writes the catalogue.
pub(super) async fn add_columns(
    write: &Write,
    mut table: Table,
    columns: &[Column],
    now: DateTime<Utc>,
) -> Result<Table, TableError> {
    for column in columns {
        let new = TableColumn {
            name: column.name.clone(),
            kind: column.kind,
            physical: Physical::column(table.next_number),
        };
        table.next_number += 1;
        let declared = declaration(write.backend(), &new);
        run(write, format!("ALTER TABLE {} ADD COLUMN {declared}", table.physical().as_str())).await?;
        table.columns.push(new);
    }
    table.updated_at = now;
    catalogue::save(write, &table).await?;
    Ok(table)
}

/// Makes the table fit for the rows: adds columns, widens columns, makes the index of the key.
pub(super) async fn change(
    write: &Write,
    mut table: Table,
    fitted: &Fitted,
    now: DateTime<Utc>,
) -> Result<Table, TableError> {
    for place in &fitted.widened {
        widen(write, &table, *place).await?;
        table.columns[*place].kind = ColumnType::Real;
    }
    let mut table = add_columns(write, table, &fitted.columns[fitted.known..], now).await?;
    if !fitted.key.is_empty() && !has_key(&table, fitted) {
        add_key(write, &mut table, fitted).await?;
        catalogue::save(write, &table).await?;
    }
    Ok(table)
}

/// Whether the table has the index that an upsert by this key needs.
pub(super) fn has_key(table: &Table, fitted: &Fitted) -> bool {
    let wanted: Option<Vec<_>> =
        fitted.key.iter().map(|place| table.columns.get(*place).map(|c| &c.physical)).collect();
    wanted.is_some_and(|wanted| {
        table.keys.iter().any(|key| {
            key.columns.len() == wanted.len() && wanted.iter().all(|column| key.columns.contains(column))
        })
    })
}

async fn widen(write: &Write, table: &Table, place: usize) -> Result<(), TableError> {
    let column = &table.columns[place];
    let value = || Expr::col(column.physical.iden());
    let too_large = Query::select()
        .expr(Expr::val(1))
        .from(table.physical().iden())
        .cond_where(value().gt(EXACT).or(value().lt(-EXACT)))
        .limit(1)
        .to_owned();
    if write.connection().query_one(&too_large).await?.is_some() {
        let name = shown(&column.name);
        let message = format!(
            "column `{name}` holds whole numbers that a number with fractions cannot keep exactly, so it cannot take one; \
             write it to another column"
        );
        return Err(TableError::refused("type_conflict", format!("rows.{name}"), message));
    }
    if write.backend() != DbBackend::Sqlite {
        let (table, column) = (table.physical(), column.physical.as_str());
        run(write, format!("ALTER TABLE {} ALTER COLUMN {column} TYPE double precision", table.as_str()))
            .await?;
    }
    Ok(())
}

async fn add_key(write: &Write, table: &mut Table, fitted: &Fitted) -> Result<(), TableError> {
    let columns: Vec<_> = fitted.key.iter().map(|place| &table.columns[*place]).collect();
    let names: Vec<_> = columns.iter().map(|column| format!("`{}`", shown(&column.name))).collect();
    let names = names.join(", ");
    let refused = |code, message| Err(TableError::refused(code, "key", message));
    if table.keys.len() >= KEYS {
        return refused("too_many_keys", format!("the table has {KEYS} keys already; use one of them"));
    }
    let index = Physical::index(table.id, table.next_number);
    let listed: Vec<_> = columns.iter().map(|column| column.physical.as_str()).collect();
    let statement = format!(
        "CREATE UNIQUE INDEX {} ON {} ({})",
        index.as_str(),
        table.physical().as_str(),
        listed.join(", ")
    );
    if let Err(error) = write.connection().execute_unprepared(&statement).await {
        return match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => {
                let message = format!(
                    "{names} cannot be the key of `{}`: several rows have the same value there; choose another key",
                    shown(&table.name)
                );
                refused("not_unique", message)
            }
            _ if StoreError::is_passing(&error) && !error.to_string().contains("index row") => {
                Err(error.into())
            }
            _ => refused("bad_key", format!("{names} cannot be the key: {error}")),
        };
    }
    let columns = columns.into_iter().map(|column| column.physical.clone()).collect();
    table.keys.push(Key { columns, index });
    table.next_number += 1;
    Ok(())
}
