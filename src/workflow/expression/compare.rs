//! Order between values, with kinds that have to match: `"3" > 10` is a mistake, not `true`. By itself minijinja orders
//! values of any kinds. Operators come here through `rewrite`, filters and tests through `engine`.

use super::{ErrorCode, ExpressionError};
use minijinja::value::{Value, ValueKind};
use std::cmp::Ordering;

/// What an operator asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// `left <order> right`.
pub(super) fn compare(order: Order, left: &Value, right: &Value) -> Result<bool, ExpressionError> {
    comparable(left, right, order.symbol())?;
    Ok(left.partial_cmp(right).is_some_and(|ordering| order.holds(ordering)))
}

/// Fails where the two have no order.
pub(super) fn comparable(left: &Value, right: &Value, symbol: &str) -> Result<(), ExpressionError> {
    match (left.kind(), right.kind()) {
        (ValueKind::Undefined, _) | (_, ValueKind::Undefined) => Err(ExpressionError::new(
            ErrorCode::Undefined,
            "Compares a value that is not there. Check the names in it.",
        )),
        (ValueKind::Number, ValueKind::Number)
        | (ValueKind::String, ValueKind::String)
        | (ValueKind::Bool, ValueKind::Bool) => Ok(()),
        (ValueKind::Seq, ValueKind::Seq) => {
            let pairs = left.try_iter().into_iter().flatten().zip(right.try_iter().into_iter().flatten());
            for (a, b) in pairs {
                comparable(&a, &b, symbol)?;
                if a != b {
                    break; // the order is decided here
                }
            }
            Ok(())
        }
        (a, b) => {
            let hint = match (a, b) {
                (ValueKind::String, ValueKind::Number) => {
                    " Turn the text into a number with `| float` or `| int`."
                }
                (ValueKind::Number, ValueKind::String) => {
                    " Turn the text into a number with `| float` or `| int`."
                }
                (ValueKind::None, _) | (_, ValueKind::None) => {
                    " Give the null a value first, as in `(input.x or 0)`."
                }
                _ => " Compare values of the same kind.",
            };
            Err(ExpressionError::new(
                ErrorCode::TypeMismatch,
                format!("Cannot compare {} with {} by `{symbol}`.{hint}", kind(a), kind(b)),
            ))
        }
    }
}

/// Fails where items of a list have no order among each other.
pub(super) fn sortable(items: &[Value], filter: &str) -> Result<(), ExpressionError> {
    match items {
        [first, rest @ ..] => rest.iter().try_for_each(|item| comparable(first, item, filter)),
        [] => Ok(()),
    }
}

fn kind(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::None => "null",
        ValueKind::Bool => "true or false",
        ValueKind::Number => "a number",
        ValueKind::String => "text",
        ValueKind::Seq | ValueKind::Iterable => "a list",
        ValueKind::Map => "an object",
        _ => "this kind of value",
    }
}
