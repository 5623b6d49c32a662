//! A table as the catalogue knows it, and the names in the database. Those are made here, of ids and numbers only.

use crate::{
    api::tables::{CREATED_AT_COLUMN, Column, ColumnType, ID_COLUMN},
    workflow::ids::UserId,
};
use chrono::{DateTime, Utc};
use sea_orm::{DbBackend, sea_query::Alias};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The name of something in the database; cannot be made from a user's text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Physical(String);

impl Physical {
    pub(super) fn table(id: Uuid) -> Self {
        Self(format!("data_t_{}", id.simple()))
    }

    pub(super) fn column(number: i32) -> Self {
        Self(format!("c{number}"))
    }

    pub(super) fn index(table: Uuid, number: i32) -> Self {
        Self(format!("data_k_{}_{number}", table.simple()))
    }

    fn own(name: &'static str) -> Self {
        Self(name.to_owned())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn iden(&self) -> Alias {
        Alias::new(&self.0)
    }
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableColumn {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: ColumnType,
    pub(super) physical: Physical,
}

/// Columns whose values are there once only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    pub(super) columns: Vec<Physical>,
    pub(super) index: Physical,
}

/// A table of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub id: Uuid,
    pub owner: UserId,
    pub name: String,
    pub columns: Vec<TableColumn>,
    pub keys: Vec<Key>,
    pub(super) next_number: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Table {
    pub(super) fn physical(&self) -> Physical {
        Physical::table(self.id)
    }

    /// The column of that name, own columns included.
    pub(super) fn column(&self, name: &str) -> Option<TableColumn> {
        match self.columns.iter().find(|column| column.name == name) {
            Some(column) => Some(column.clone()),
            None => [id_column(), created_at_column()].into_iter().find(|column| column.name == name),
        }
    }

    /// `_id`, the user's columns, `_created_at`.
    pub(super) fn all_columns(&self) -> Vec<TableColumn> {
        let mut all = Vec::with_capacity(self.columns.len() + 2);
        all.push(id_column());
        all.extend(self.columns.iter().cloned());
        all.push(created_at_column());
        all
    }

    /// The columns as users know them.
    #[must_use]
    pub fn columns_view(&self) -> Vec<Column> {
        self.columns.iter().map(|c| Column { name: c.name.clone(), kind: c.kind }).collect()
    }

    /// The columns in words, such as `price (real)`.
    pub fn column_words(&self) -> Vec<String> {
        self.columns.iter().map(|c| format!("{} ({})", c.name, c.kind.as_str())).collect()
    }

    /// What users call the columns of a key.
    pub(super) fn key_names(&self, key: &Key) -> Vec<String> {
        key.columns
            .iter()
            .filter_map(|physical| self.columns.iter().find(|column| column.physical == *physical))
            .map(|column| column.name.clone())
            .collect()
    }
}

pub(super) fn id_column() -> TableColumn {
    TableColumn { name: ID_COLUMN.to_owned(), kind: ColumnType::Integer, physical: Physical::own(ID_COLUMN) }
}

pub(super) fn created_at_column() -> TableColumn {
    TableColumn {
        name: CREATED_AT_COLUMN.to_owned(),
        kind: ColumnType::Timestamp,
        physical: Physical::own(CREATED_AT_COLUMN),
    }
}

/// How values of that type are kept: times as milliseconds since 1970, booleans as 0 and 1, JSON as its text.
pub(super) fn storage(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Integer | ColumnType::Boolean | ColumnType::Timestamp => "bigint",
        ColumnType::Real => "double precision",
        ColumnType::Text | ColumnType::Json => "text",
    }
}

/// The same for a cast: SQLite has words of its own.
pub(super) fn cast(backend: DbBackend, kind: ColumnType) -> &'static str {
    match (backend, storage(kind)) {
        (DbBackend::Sqlite, "bigint") => "INTEGER",
        (DbBackend::Sqlite, "double precision") => "REAL",
        (DbBackend::Sqlite, _) => "TEXT",
        (_, word) => word,
    }
}
