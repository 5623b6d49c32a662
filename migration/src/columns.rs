//! How each kind of column is declared, so that SQLite and Postgres agree.
//! JSON is `json` (text on SQLite), which keeps the order of keys and NUL escapes; `jsonb` keeps neither.

use sea_orm_migration::prelude::*;

pub fn id() -> ColumnDef {
    ColumnDef::new("id").uuid().not_null().primary_key().take()
}

pub fn uuid(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).uuid().not_null().take()
}

pub fn uuid_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).uuid().null().take()
}

pub fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().not_null().take()
}

pub fn text_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().null().take()
}

/// JSON of users; JSON `null` is a value, so there is no SQL NULL.
pub fn json(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).json().not_null().take()
}

pub fn json_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).json().null().take()
}

/// Bytes as they are.
pub fn bytes(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).blob().not_null().take()
}

pub fn boolean(name: &'static str, default: bool) -> ColumnDef {
    ColumnDef::new(name).boolean().not_null().default(default).take()
}

pub fn integer(name: &'static str, default: i32) -> ColumnDef {
    ColumnDef::new(name).integer().not_null().default(default).take()
}

pub fn integer_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).integer().null().take()
}

pub fn big(name: &'static str, default: i64) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().default(default).take()
}

pub fn big_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().null().take()
}

pub fn double(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).double().not_null().default(0.0).take()
}

/// UTC, milliseconds.
pub fn time(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).timestamp_with_time_zone().not_null().take()
}

pub fn time_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).timestamp_with_time_zone().null().take()
}

/// A foreign key to `id` of another table.
pub fn refer(
    table: &'static str,
    column: &'static str,
    to: &'static str,
    on_delete: ForeignKeyAction,
) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("{table}_{column}_fkey"))
        .from(table, column)
        .to(to, "id")
        .on_delete(on_delete)
        .take()
}

/// An index named `<table>_<columns>_key`; `unique()` makes it a constraint.
pub fn index(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(format!("{table}_{}_key", columns.join("_"))).table(table);
    for column in columns {
        index.col(*column);
    }
    index.take()
}
