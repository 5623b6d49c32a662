//! What can be seen of an expression's value without evaluating it: the path that it is, or the kind that its outermost
//! operator gives.

use super::Form;
use super::references::{self, Root};
use super::single_brace::Step;
use super::syntax::Prepared;
use minijinja::machinery::ast::{BinOpKind, Expr, UnaryOpKind};
use minijinja::value::ValueKind;

/// See [`outline`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outline {
    /// Nothing but a name and the steps behind it.
    Path(Root, Vec<Step>),
    /// A JSON type, such as `string`.
    Kind(&'static str),
}

/// The outline of a text that is exactly one expression; `None` for other texts and where nothing can be seen.
#[must_use]
pub fn outline(source: &str, form: Form) -> Option<Outline> {
    let prepared = Prepared::new(source, form).ok()?;
    let parsed = prepared.parse().ok()?;
    let expr = parsed.single()?;
    if is_path(expr) {
        let mut found = references::find(&parsed);
        let found = found.pop().filter(|_| found.is_empty())?;
        return Some(Outline::Path(Root::of(&found.root), found.steps));
    }
    kind(expr).map(Outline::Kind)
}

/// Whether every step of the expression is written out.
fn is_path(expr: &Expr<'_>) -> bool {
    match expr {
        Expr::Var(_) => true,
        Expr::GetAttr(get) => is_path(&get.expr),
        Expr::GetItem(get) => {
            let written_out = match &get.subscript_expr {
                Expr::Const(key) => {
                    key.value.as_str().is_some() || key.value.as_i64().is_some_and(|i| i >= 0)
                }
                _ => false,
            };
            written_out && is_path(&get.expr)
        }
        _ => false,
    }
}

fn kind(expr: &Expr<'_>) -> Option<&'static str> {
    match expr {
        Expr::Const(constant) => match constant.value.kind() {
            ValueKind::None => Some("null"),
            ValueKind::Bool => Some("boolean"),
            ValueKind::Number => Some("number"),
            ValueKind::String => Some("string"),
            _ => None,
        },
        Expr::List(_) | Expr::Tuple(_) => Some("array"),
        Expr::Map(_) => Some("object"),
        Expr::Compare(_) | Expr::Test(_) => Some("boolean"),
        Expr::UnaryOp(operator) => match operator.op {
            UnaryOpKind::Not => Some("boolean"),
            UnaryOpKind::Neg => Some("number"),
        },
        Expr::BinOp(operator) => match operator.op {
            BinOpKind::Concat => Some("string"),
            BinOpKind::Sub | BinOpKind::Div | BinOpKind::FloorDiv | BinOpKind::Rem | BinOpKind::Pow => {
                Some("number")
            }
            BinOpKind::Eq
            | BinOpKind::Ne
            | BinOpKind::Lt
            | BinOpKind::Lte
            | BinOpKind::Gt
            | BinOpKind::Gte
            | BinOpKind::In => Some("boolean"),
            // These may give lists.
            BinOpKind::ScAnd | BinOpKind::ScOr | BinOpKind::Add | BinOpKind::Mul => None,
        },
        Expr::Filter(filter) => match filter.name {
            "tojson" | "join" | "string" | "upper" | "lower" | "title" | "capitalize" | "trim" => {
                Some("string")
            }
            "length" | "count" | "int" | "float" | "abs" | "round" => Some("number"),
            "list" | "sort" | "unique" | "batch" | "slice" | "map" | "select" | "reject" | "split" => {
                Some("array")
            }
            _ => None,
        },
        _ => None,
    }
}
