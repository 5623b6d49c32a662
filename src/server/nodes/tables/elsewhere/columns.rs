//! A table of another database as its own catalogue describes it, and statements made of that.

use super::refused;
use crate::{server::nodes::NodeError, workflow::expression::nearest};
use sqlx::{PgConnection, Row as _};

/// A table that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// What the user calls it.
    pub name: String,
    /// Schema and table, quoted.
    pub quoted: String,
    columns: Vec<Column>,
}

/// A column that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    name: String,
    /// Quoted.
    pub quoted: String,
    /// Its type, quoted, with its schema.
    pub kind: String,
    /// Holds JSON, which can be compared as text only.
    pub is_json: bool,
}

/// The columns that this user may see. What has a dot in its name may be a schema and a table.
const FIND: &str = "\
    SELECT CAST(table_schema AS text), CAST(table_name AS text), CAST(column_name AS text), \
      CAST(udt_schema AS text), CAST(udt_name AS text) \
    FROM information_schema.columns \
    WHERE (table_schema = ANY (current_schemas(false)) AND table_name = $1) \
       OR (table_schema = $2 AND table_name = $3) \
    ORDER BY array_position(current_schemas(false), CAST(table_schema AS name)), 1, ordinal_position";

impl Known {
    /// Looks a table up: by its name in the search path, or as `schema.table`.
    pub async fn find(connection: &mut PgConnection, name: &str) -> Result<Self, NodeError> {
        let unknown = || {
            NodeError::permanent(
                "unknown_table",
                format!(
                    "the database has no table `{}` that this user may use; correct the name",
                    shown(name)
                ),
            )
        };
        if name.contains('\0') {
            return Err(unknown());
        }
        let (schema, table) = name.split_once('.').unwrap_or(("", ""));
        let rows = sqlx::query(FIND)
            .bind(name)
            .bind(schema)
            .bind(table)
            .fetch_all(connection)
            .await
            .map_err(|error| refused(&error, name))?;
        let text = |row: &sqlx::postgres::PgRow, place: usize| {
            row.try_get::<String, _>(place).map_err(|error| refused(&error, name))
        };
        let first = rows.first().ok_or_else(unknown)?;
        let found = (text(first, 0)?, text(first, 1)?);
        let mut columns = Vec::new();
        for row in &rows {
            // The first one of the search path.
            if (text(row, 0)?, text(row, 1)?) != found {
                continue;
            }
            let (name, kind) = (text(row, 2)?, text(row, 4)?);
            columns.push(Column {
                quoted: quoted(&name),
                kind: format!("{}.{}", quoted(&text(row, 3)?), quoted(&kind)),
                is_json: kind == "json",
                name,
            });
        }
        let quoted = format!("{}.{}", quoted(&found.0), quoted(&found.1));
        Ok(Self { name: name.to_owned(), quoted, columns })
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Result<&Column, NodeError> {
        self.columns.iter().find(|column| column.name == name).ok_or_else(|| {
            let hint = nearest(name, self.columns.iter().map(|column| column.name.as_str()))
                .map_or("correct the name".to_owned(), |near| format!("did you mean `{}`?", shown(near)));
            NodeError::permanent(
                "unknown_column",
                format!("the table `{}` has no column `{}`; {hint}", shown(&self.name), shown(name)),
            )
        })
    }
}

/// Rows come as one JSON list, which Postgres reads by the types of the table.
pub fn insert(table: &Known, columns: &[&Column], key: &[&Column]) -> String {
    let rows = format!("json_populate_recordset(NULL::{}, CAST($1 AS json))", table.quoted);
    if columns.is_empty() {
        return format!("INSERT INTO {} SELECT FROM {rows}", table.quoted);
    }
    let list = |columns: &[&Column]| columns.iter().map(|c| c.quoted.clone()).collect::<Vec<_>>().join(", ");
    let names = list(columns);
    let mut statement = format!("INSERT INTO {} ({names}) SELECT {names} FROM {rows}", table.quoted);
    if !key.is_empty() {
        let changed: Vec<_> = columns
            .iter()
            .filter(|column| !key.contains(column))
            .map(|column| format!("{0} = EXCLUDED.{0}", column.quoted))
            .collect();
        let then = if changed.is_empty() {
            "NOTHING".to_owned()
        } else {
            format!("UPDATE SET {}", changed.join(", "))
        };
        statement.push_str(&format!(" ON CONFLICT ({}) DO {then}", list(key)));
    }
    statement
}

/// A name of the database's own catalogue as part of a statement.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn shown(text: &str) -> String {
    text.chars().take(60).map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str) -> Column {
        Column { name: name.to_owned(), quoted: quoted(name), kind: String::new(), is_json: false }
    }

    #[test]
    fn names_are_quoted_and_keys_are_not_changed() {
        let table = Known { name: "t".to_owned(), quoted: "\"s\".\"t\"".to_owned(), columns: Vec::new() };
        let (a, b) = (column("a"), column("b\"; DROP TABLE t; --"));
        assert_eq!(
            insert(&table, &[&a, &b], &[&a]),
            "INSERT INTO \"s\".\"t\" (\"a\", \"b\"\"; DROP TABLE t; --\") SELECT \"a\", \"b\"\"; DROP TABLE t; --\" FROM \
             json_populate_recordset(NULL::\"s\".\"t\", CAST($1 AS json)) ON CONFLICT (\"a\") DO UPDATE SET \
             \"b\"\"; DROP TABLE t; --\" = EXCLUDED.\"b\"\"; DROP TABLE t; --\""
        );
        assert!(insert(&table, &[&a], &[&a]).ends_with("ON CONFLICT (\"a\") DO NOTHING"));
        assert!(table.column("a").is_err());
    }
}
