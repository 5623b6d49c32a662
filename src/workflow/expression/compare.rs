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

/// Pairs of items that one comparison looks at; lists that hold themselves many times over would take for ever.
const MAX_PAIRS: usize = 100_000;
/// Items of a value that may be compared for equality.
const MAX_ITEMS: usize = 1_000_000;

/// Fails where a value is so large, written out, that comparing it would take for ever: `[x, x]` of `[x, x]` of … is
/// small in memory and endless to walk, and the evaluator does not charge for that.
pub(super) fn bounded(value: &Value) -> Result<(), ExpressionError> {
    let mut open = vec![value.clone()];
    let mut seen = 0;
    while let Some(value) = open.pop() {
        seen += 1;
        if seen > MAX_ITEMS {
            return Err(ExpressionError::too_expensive());
        }
        match value.kind() {
            ValueKind::Seq | ValueKind::Iterable => open.extend(value.try_iter().into_iter().flatten()),
            ValueKind::Map => {
                for key in value.try_iter().into_iter().flatten() {
                    open.extend(value.get_item(&key).ok());
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// `left <order> right`.
pub(super) fn compare(order: Order, left: &Value, right: &Value) -> Result<bool, ExpressionError> {
    let ordering = ordering(left, right, order.symbol(), &mut 0)?;
    Ok(order.holds(ordering))
}

/// Fails where the two have no order.
fn comparable(left: &Value, right: &Value, symbol: &str) -> Result<(), ExpressionError> {
    ordering(left, right, symbol, &mut 0).map(drop)
}

fn ordering(
    left: &Value,
    right: &Value,
    symbol: &str,
    pairs: &mut usize,
) -> Result<Ordering, ExpressionError> {
    *pairs += 1;
    if *pairs > MAX_PAIRS {
        return Err(ExpressionError::too_expensive());
    }
    match (left.kind(), right.kind()) {
        (ValueKind::Undefined, _) | (_, ValueKind::Undefined) => Err(ExpressionError::new(
            ErrorCode::Undefined,
            "Compares a value that is not there. Check the names in it.",
        )),
        (ValueKind::Number, ValueKind::Number)
        | (ValueKind::String, ValueKind::String)
        | (ValueKind::Bool, ValueKind::Bool) => Ok(left.cmp(right)),
        (ValueKind::Seq, ValueKind::Seq) => {
            let items = |list: &Value| list.try_iter().map_err(|e| ExpressionError::from_engine(&e));
            let (mut a, mut b) = (items(left)?, items(right)?);
            loop {
                match (a.next(), b.next()) {
                    (Some(a), Some(b)) if a.is_none() && b.is_none() => {}
                    (Some(a), Some(b)) => match ordering(&a, &b, symbol, pairs)? {
                        Ordering::Equal => {}
                        decided => return Ok(decided),
                    },
                    (a, b) => return Ok(a.is_some().cmp(&b.is_some())),
                }
            }
        }
        (a, b) => Err(mismatch(a, b, symbol)),
    }
}

fn mismatch(left: ValueKind, right: ValueKind, symbol: &str) -> ExpressionError {
    let hint = match (left, right) {
        (ValueKind::String, ValueKind::Number) | (ValueKind::Number, ValueKind::String) => {
            " Turn the text into a number with `| float` or `| int`."
        }
        (ValueKind::None, _) | (_, ValueKind::None) => {
            " Give the null a value first, as in `(input.x or 0)`."
        }
        _ => " Compare values of the same kind.",
    };
    let message = format!("Cannot compare {} with {} by `{symbol}`.{hint}", kind(left), kind(right));
    ExpressionError::new(ErrorCode::TypeMismatch, message)
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
