//! The catalogue of tables: whose they are, what they and their columns are called, and how that is in the database.

use super::{
    TableLimits, change,
    error::{TableError, shown},
    physical::{Key, Table, TableColumn},
    rows::row_count,
};
use crate::{
    api::{
        page::Page,
        tables::{self as api, Column},
    },
    server::store::{Read, StoreError, Write, entities::data_tables, json, page::PageRequest},
    workflow::{
        ids::UserId,
        tables::{column_name_problem, table_name_problem},
    },
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Query},
};
use std::collections::HashSet;
use uuid::Uuid;

impl TryFrom<data_tables::Model> for Table {
    type Error = StoreError;

    fn try_from(row: data_tables::Model) -> Result<Self, StoreError> {
        let columns: Vec<TableColumn> = serde_json::from_value(row.columns).map_err(StoreError::damaged)?;
        let keys: Vec<Key> = serde_json::from_value(row.keys).map_err(StoreError::damaged)?;
        Ok(Self {
            id: row.id,
            owner: UserId(row.user_id),
            name: row.name,
            columns,
            keys,
            next_number: row.next_number,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

fn of_name(owner: UserId, name: &str) -> sea_orm::Select<data_tables::Entity> {
    data_tables::Entity::find()
        .filter(data_tables::Column::UserId.eq(owner.0))
        .filter(data_tables::Column::Name.eq(name))
}

/// The table of that name, if the owner has one.
pub(super) async fn find(db: &impl Read, owner: UserId, name: &str) -> Result<Option<Table>, StoreError> {
    if table_name_problem(name).is_some() {
        return Ok(None);
    }
    of_name(owner, name).one(db.connection()).await?.map(Table::try_from).transpose()
}

/// The same, kept from changing until the transaction ends.
pub(super) async fn lock(write: &Write, owner: UserId, name: &str) -> Result<Option<Table>, StoreError> {
    if table_name_problem(name).is_some() {
        return Ok(None);
    }
    of_name(owner, name).lock_exclusive().one(write.connection()).await?.map(Table::try_from).transpose()
}

/// The table of that name.
///
/// # Errors
/// `unknown_table`, `Unavailable`.
pub async fn get(db: &impl Read, owner: UserId, name: &str) -> Result<Table, TableError> {
    find(db, owner, name).await?.ok_or_else(|| TableError::unknown(name))
}

/// The names of the owner's tables.
///
/// # Errors
/// `Unavailable`.
pub async fn names(db: &impl Read, owner: UserId) -> Result<Vec<String>, StoreError> {
    Ok(data_tables::Entity::find()
        .select_only()
        .column(data_tables::Column::Name)
        .filter(data_tables::Column::UserId.eq(owner.0))
        .order_by_asc(data_tables::Column::Name)
        .into_tuple()
        .all(db.connection())
        .await?)
}

/// A page of the owner's tables, newest first.
///
/// # Errors
/// `Invalid` for a bad `after`, `Unavailable`.
pub async fn list(db: &impl Read, owner: UserId, page: &PageRequest) -> Result<Page<api::Table>, TableError> {
    let mut query = data_tables::Entity::find()
        .filter(data_tables::Column::UserId.eq(owner.0))
        .order_by_desc(data_tables::Column::Id)
        .limit(page.limit + 1);
    if let Some(after) = page.after_id()? {
        query = query.filter(data_tables::Column::Id.lt(after));
    }
    let rows = query.all(db.connection()).await?;
    let Page { items, next } = page.page(rows, |row| row.id);
    let mut tables = Vec::with_capacity(items.len());
    for row in items {
        match describe(db, &Table::try_from(row)?).await {
            Ok(table) => tables.push(table),
            // Deleted since it was read.
            Err(TableError::Refused { code: "unknown_table", .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Page { items: tables, next })
}

/// The table as its owner sees it.
///
/// # Errors
/// `unknown_table` when it was deleted meanwhile, `Unavailable`.
pub async fn describe(db: &impl Read, table: &Table) -> Result<api::Table, TableError> {
    Ok(api::Table {
        id: table.id,
        name: table.name.clone(),
        columns: table.columns_view(),
        keys: table.keys.iter().map(|key| table.key_names(key)).collect(),
        row_count: row_count(db, table).await?,
        created_at: table.created_at,
        updated_at: table.updated_at,
    })
}

/// Makes a table without rows.
///
/// # Errors
/// `bad_name`, `too_many_tables`, `too_many_columns`; `Unique` for a name that is taken.
pub async fn create(
    write: &Write,
    owner: UserId,
    name: &str,
    columns: &[Column],
    limits: &TableLimits,
    now: DateTime<Utc>,
) -> Result<Table, TableError> {
    check(name, columns, limits)?;
    let owned = data_tables::Entity::find().filter(data_tables::Column::UserId.eq(owner.0));
    let owned = owned.count(write.connection()).await?;
    if owned >= limits.tables as u64 {
        let message = format!(
            "there are {owned} tables already, the limit is {} (MILLRACE_MAX_TABLES); delete one first",
            limits.tables
        );
        return Err(TableError::refused("too_many_tables", "name", message));
    }
    let table = Table {
        id: Uuid::now_v7(),
        owner,
        name: name.to_owned(),
        columns: Vec::new(),
        keys: Vec::new(),
        next_number: 1,
        created_at: now,
        updated_at: now,
    };
    let backend = write.backend();
    let insert = Query::insert()
        .into_table(data_tables::Entity)
        .columns([
            data_tables::Column::Id,
            data_tables::Column::UserId,
            data_tables::Column::Name,
            data_tables::Column::Columns,
            data_tables::Column::Keys,
            data_tables::Column::NextNumber,
            data_tables::Column::CreatedAt,
            data_tables::Column::UpdatedAt,
        ])
        .values_panic([
            table.id.into(),
            owner.0.into(),
            name.into(),
            json::value(backend, &table.columns)?,
            json::value(backend, &table.keys)?,
            table.next_number.into(),
            now.into(),
            now.into(),
        ])
        .to_owned();
    write.connection().execute(&insert).await?;
    change::make(write, &table).await?;
    change::add_columns(write, table, columns, now).await
}

fn check(name: &str, columns: &[Column], limits: &TableLimits) -> Result<(), TableError> {
    if let Some(problem) = table_name_problem(name) {
        let message = format!("the table name `{}` {problem}", shown(name));
        return Err(TableError::refused("bad_name", "name", message));
    }
    if columns.len() > limits.columns {
        let message = format!(
            "there are {} columns, the limit is {} (MILLRACE_MAX_TABLE_COLUMNS)",
            columns.len(),
            limits.columns
        );
        return Err(TableError::refused("too_many_columns", "columns", message));
    }
    let mut seen = HashSet::new();
    for (number, column) in columns.iter().enumerate() {
        let problem = match column_name_problem(&column.name) {
            None if !seen.insert(&column.name) => Some("is there twice; rename one of them"),
            problem => problem,
        };
        if let Some(problem) = problem {
            let message = format!("the column name `{}` {problem}", shown(&column.name));
            return Err(TableError::refused("bad_name", format!("columns.{number}.name"), message));
        }
    }
    Ok(())
}

/// Writes down what a table has become.
pub(super) async fn save(write: &Write, table: &Table) -> Result<(), StoreError> {
    let backend = write.backend();
    let update = Query::update()
        .table(data_tables::Entity)
        .value(data_tables::Column::Columns, json::value(backend, &table.columns)?)
        .value(data_tables::Column::Keys, json::value(backend, &table.keys)?)
        .value(data_tables::Column::NextNumber, table.next_number)
        .value(data_tables::Column::UpdatedAt, table.updated_at)
        .and_where(Expr::col(data_tables::Column::Id).eq(table.id))
        .to_owned();
    write.connection().execute(&update).await?;
    Ok(())
}

/// Deletes a table with its rows.
///
/// # Errors
/// `unknown_table`, `Unavailable`.
pub async fn delete(write: &Write, owner: UserId, name: &str) -> Result<(), TableError> {
    let table = lock(write, owner, name).await?.ok_or_else(|| TableError::unknown(name))?;
    change::unmake(write, &table).await?;
    data_tables::Entity::delete_by_id(table.id).exec(write.connection()).await?;
    Ok(())
}
