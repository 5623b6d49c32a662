//! Tables of users. The catalogue (`data_tables`) says what is called how; the rows of each table live in a physical table
//! whose name and whose columns' names are made here. What users write never becomes part of a statement: names go
//! through the catalogue, values are bound.

mod catalogue;
mod cell;
mod change;
mod error;
mod filter;
mod fit;
mod physical;
mod prepare;
mod rows;
mod write;

pub use catalogue::{create, delete, describe, get, list, names};
pub use cell::{Cell, MAX_VALUE_BYTES};
pub use error::TableError;
pub use filter::{RowsWanted, Select};
pub use fit::Row;
pub use physical::{Key, Table, TableColumn};
pub use prepare::{NewRows, prepare};
pub use rows::{Found, read, read_all, row_count};
pub use write::{NotWritten, Refusal, RowsWrite, apply, write_alone};

/// What tables may grow to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableLimits {
    /// Tables of one owner.
    pub tables: usize,
    /// Columns of one table.
    pub columns: usize,
    /// Rows of one table.
    pub rows: u64,
}

impl Default for TableLimits {
    fn default() -> Self {
        Self { tables: 100, columns: 100, rows: 1_000_000 }
    }
}
