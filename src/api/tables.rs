//! Tables of users: what `db_write` fills and the Tables page shows.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// The number of a row, given by the table; never used again.
pub const ID_COLUMN: &str = "_id";
/// When a row was written first, given by the table.
pub const CREATED_AT_COLUMN: &str = "_created_at";

/// What a column holds; `null` fits everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// A whole number of 64 bits.
    Integer,
    /// A number of 64 bits with fractions.
    Real,
    Text,
    Boolean,
    /// A time in UTC, to the millisecond; written in RFC 3339.
    Timestamp,
    /// Any JSON value.
    Json,
}

impl ColumnType {
    /// Every type, in the order of menus.
    pub const ALL: [Self; 6] =
        [Self::Text, Self::Integer, Self::Real, Self::Boolean, Self::Timestamp, Self::Json];

    /// The word of the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Real => "real",
            Self::Text => "text",
            Self::Boolean => "boolean",
            Self::Timestamp => "timestamp",
            Self::Json => "json",
        }
    }
}

/// A column as users know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Column {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: ColumnType,
}

/// A table to make. Without columns its first rows make them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TableBody {
    pub name: String,
    #[serde(default)]
    pub columns: Vec<Column>,
}

/// A table without its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Table {
    pub id: Uuid,
    pub name: String,
    /// Those of the user; each row has `_id` and `_created_at` besides.
    pub columns: Vec<Column>,
    /// Sets of columns whose values are there once only: what upserts go by.
    pub keys: Vec<Vec<String>>,
    pub row_count: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A row: `_id`, the columns in their order, `_created_at`.
pub type Row = Map<String, Value>;

/// Rows of a table, newest first unless another order was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RowPage {
    pub columns: Vec<Column>,
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<Object>))]
    pub items: Vec<Row>,
    /// Give it back as `?after=` with the same filter and order; null on the last page.
    pub next: Option<String>,
}

/// Which rows, and in which order; `GET …/rows` takes them as `?where=&order=&limit=&after=`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowQuery {
    /// `{"column": value}` or `{"column": {"gt": value}}`: eq, ne, gt, gte, lt, lte, in, contains. All must hold.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<Value>,
    /// Columns, each with a `-` in front where the largest comes first.
    #[serde(default)]
    pub order: Vec<String>,
    /// 1 to 200; 50 where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// What happens to a row whose key is there already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WriteMode {
    /// Each row is a new one.
    #[default]
    Insert,
    /// A row with the same key is changed: the columns that the new row names, and no others.
    Upsert,
}

/// Rows to write; all of them or none. New keys add columns, integer columns widen to real.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RowsBody {
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<Object>))]
    pub rows: Vec<Row>,
    #[serde(default)]
    pub mode: WriteMode,
    /// The columns that tell a row of an upsert from the others.
    #[serde(default)]
    pub key: Vec<String>,
}

/// What a write or an import did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RowsWritten {
    /// How many rows were given and written.
    pub rows: u64,
    pub table: Table,
}

/// How a CSV file is read; `POST …/import` takes it as `?mode=&key=`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportOptions {
    #[serde(default)]
    pub mode: WriteMode,
    #[serde(default)]
    pub key: Vec<String>,
}
