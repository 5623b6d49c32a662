//! What rows somebody wants: filters and orders in the words of users, checked against the columns of the table. What
//! comes out holds columns of the catalogue and values to be bound, never text of a statement.

use super::{
    cell::{Cell, described, wanted as wanted_value},
    error::{TableError, shown},
    physical::{Table, TableColumn, cast, id_column},
};
use crate::{
    api::tables::ColumnType,
    workflow::{expression::nearest, tables::filter_problem},
};
use sea_orm::{
    DbBackend,
    sea_query::{Cond, Expr, ExprTrait, Func, SimpleExpr},
};
use serde_json::Value;

/// Values of an `in`.
const MAX_IN: usize = 1000;
/// Columns of an order.
const MAX_ORDER: usize = 8;

/// Which rows, and in which order.
#[derive(Debug, Clone, Copy, Default)]
pub struct RowsWanted<'w> {
    /// See section 7 of the design; all parts must hold.
    pub filter: Option<&'w Value>,
    /// Columns, with a `-` in front for the largest first; empty: newest first.
    pub order: &'w [String],
}

/// A checked question to one table.
#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    tests: Vec<Test>,
    /// Column, and whether the largest comes first; ends with a column that tells rows apart.
    pub(super) order: Vec<(TableColumn, bool)>,
}

#[derive(Debug, Clone, PartialEq)]
struct Test {
    column: TableColumn,
    operator: Operator,
}

#[derive(Debug, Clone, PartialEq)]
enum Operator {
    Eq(Cell),
    Ne(Cell),
    Gt(Cell),
    Gte(Cell),
    Lt(Cell),
    Lte(Cell),
    In(Vec<Cell>),
    Contains(String),
}

impl Select {
    /// Checks what is wanted against the table.
    ///
    /// # Errors
    /// `bad_filter`, `bad_order`, `unknown_column`, `type_conflict`.
    pub fn of(table: &Table, wanted: RowsWanted<'_>) -> Result<Self, TableError> {
        let tests = match wanted.filter {
            None | Some(Value::Null) => Vec::new(),
            Some(filter) => tests(table, filter)?,
        };
        Ok(Self { tests, order: order(table, wanted.order)? })
    }

    pub(super) fn condition(&self, backend: DbBackend) -> Cond {
        self.tests.iter().fold(Cond::all(), |all, test| all.add(test.condition(backend)))
    }
}

fn tests(table: &Table, filter: &Value) -> Result<Vec<Test>, TableError> {
    if let Some((column, problem)) = filter_problem(filter) {
        let (field, message) = match column.as_str() {
            "" => ("where".to_owned(), problem),
            name => (format!("where.{}", shown(name)), format!("column `{}`: {problem}", shown(name))),
        };
        return Err(TableError::refused("bad_filter", field, message));
    }
    let mut tests = Vec::new();
    for (name, test) in filter.as_object().into_iter().flatten() {
        let column = find(table, name, "where")?;
        match test {
            Value::Object(operators) => {
                for (word, value) in operators {
                    let operator = operator(&column, word, value)?;
                    tests.push(Test { column: column.clone(), operator });
                }
            }
            value => {
                let operator = Operator::Eq(cell(&column, "eq", value)?);
                tests.push(Test { column, operator });
            }
        }
    }
    Ok(tests)
}

fn find(table: &Table, name: &str, field: &str) -> Result<TableColumn, TableError> {
    table.column(name).ok_or_else(|| {
        let near = nearest(name, table.columns.iter().map(|column| column.name.as_str()));
        let hint = near.map_or_else(
            || match table.columns.is_empty() {
                true => "it has no columns yet".to_owned(),
                false => "correct the name".to_owned(),
            },
            |near| format!("did you mean `{}`?", shown(near)),
        );
        let message = format!("the table `{}` has no column `{}`; {hint}", shown(&table.name), shown(name));
        TableError::refused("unknown_column", format!("{field}.{}", shown(name)), message)
    })
}

fn operator(column: &TableColumn, word: &str, value: &Value) -> Result<Operator, TableError> {
    let is_json = column.kind == ColumnType::Json;
    let refused = |message: &str| {
        let message = format!("column `{}`: {message}", shown(&column.name));
        Err(TableError::refused("bad_filter", format!("where.{}.{word}", shown(&column.name)), message))
    };
    if is_json && matches!(word, "gt" | "gte" | "lt" | "lte" | "contains") {
        return refused("holds JSON, which can be compared with eq, ne and in only");
    }
    if matches!(word, "gt" | "gte" | "lt" | "lte") && value.is_null() {
        return refused("nothing is larger or smaller than null; use eq or ne");
    }
    Ok(match word {
        "eq" => Operator::Eq(cell(column, word, value)?),
        "ne" => Operator::Ne(cell(column, word, value)?),
        "gt" => Operator::Gt(cell(column, word, value)?),
        "gte" => Operator::Gte(cell(column, word, value)?),
        "lt" => Operator::Lt(cell(column, word, value)?),
        "lte" => Operator::Lte(cell(column, word, value)?),
        "in" => match value {
            Value::Array(values) if values.len() > MAX_IN => {
                return refused("`in` takes at most 1,000 values; ask in several steps");
            }
            Value::Array(values) => {
                Operator::In(values.iter().map(|value| cell(column, word, value)).collect::<Result<_, _>>()?)
            }
            _ => return refused("`in` wants a list of values"),
        },
        _ => match (column.kind, value) {
            (ColumnType::Text, Value::String(text)) if !text.contains('\0') => {
                Operator::Contains(text.clone())
            }
            (ColumnType::Text, _) => return refused("`contains` wants text"),
            _ => return refused("`contains` looks into text, and this column holds something else"),
        },
    })
}

/// A value to compare with: of the column's type, or for whole numbers any number.
fn cell(column: &TableColumn, word: &str, value: &Value) -> Result<Cell, TableError> {
    if let (ColumnType::Integer, Value::Number(number)) = (column.kind, value)
        && number.is_f64()
    {
        return Ok(Cell::Real(number.as_f64().unwrap_or_default()));
    }
    Cell::of(column.kind, value).map_err(|_| {
        let message = format!(
            "column `{}` holds {}, and is compared with {}; compare it with {}",
            shown(&column.name),
            column.kind.as_str(),
            described(value),
            wanted_value(column.kind)
        );
        TableError::refused("type_conflict", format!("where.{}.{word}", shown(&column.name)), message)
    })
}

fn order(table: &Table, wanted: &[String]) -> Result<Vec<(TableColumn, bool)>, TableError> {
    if wanted.len() > MAX_ORDER {
        let message = format!("an order takes at most {MAX_ORDER} columns");
        return Err(TableError::refused("bad_order", "order", message));
    }
    let mut order: Vec<(TableColumn, bool)> = Vec::with_capacity(wanted.len() + 1);
    for word in wanted {
        let (name, descending) = word.strip_prefix('-').map_or((word.as_str(), false), |name| (name, true));
        let column = find(table, name, "order")?;
        if order.iter().any(|(other, _)| other.physical == column.physical) {
            let message = format!("column `{}` is in the order twice", shown(name));
            return Err(TableError::refused("bad_order", "order", message));
        }
        order.push((column, descending));
    }
    let id = id_column();
    if !order.iter().any(|(column, _)| column.physical == id.physical) {
        // Newest first, or in the order of writing where the rest is equal.
        order.push((id, wanted.is_empty()));
    }
    Ok(order)
}

impl Test {
    fn condition(&self, backend: DbBackend) -> SimpleExpr {
        let column = || Expr::col(self.column.physical.iden());
        let value = |cell: &Cell| cell.expr(backend, self.column.kind);
        match &self.operator {
            Operator::Eq(Cell::Null) => column().is_null(),
            Operator::Ne(Cell::Null) => column().is_not_null(),
            Operator::Eq(cell) => column().eq(value(cell)),
            // A row without a value is different from every value.
            Operator::Ne(cell) => column().ne(value(cell)).or(column().is_null()),
            Operator::Gt(cell) => column().gt(value(cell)),
            Operator::Gte(cell) => column().gte(value(cell)),
            Operator::Lt(cell) => column().lt(value(cell)),
            Operator::Lte(cell) => column().lte(value(cell)),
            Operator::In(cells) => {
                let values: Vec<_> = cells.iter().filter(|cell| **cell != Cell::Null).map(value).collect();
                let is_one = if values.is_empty() { Expr::val(1).eq(0) } else { column().is_in(values) };
                if cells.contains(&Cell::Null) { is_one.or(column().is_null()) } else { is_one }
            }
            Operator::Contains(text) => {
                let position = if backend == DbBackend::Sqlite { "instr" } else { "strpos" };
                let text = Cell::Text(text.clone()).expr(backend, ColumnType::Text);
                Expr::expr(Func::cust(position).arg(column()).arg(text)).gt(0)
            }
        }
    }
}

/// A column as it is read: with its type, so that what a kept statement gives stays what it was.
pub(super) fn read(backend: DbBackend, column: &TableColumn) -> SimpleExpr {
    Expr::col(column.physical.iden()).cast_as(cast(backend, column.kind))
}
