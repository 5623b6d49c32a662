//! Python's methods on values. Texts pay for what is read, and for what is made before it is made: by themselves
//! `replace`, `join` and `format` can fill the memory in one step.

use super::engine::{as_text, join_items};
use minijinja::value::{Value, from_args};
use minijinja::{Error, State};

/// Calls a method that the value itself does not have.
pub(super) fn call(state: &mut State, value: &Value, method: &str, args: &[Value]) -> Result<Value, Error> {
    if let Some(text) = value.as_str() {
        pay(state, text.len())?;
        match method {
            "replace" => pay(state, replaced_bytes(text, args)?)?,
            "format" => pay(state, formatted_bytes(state, text, args)?)?,
            "join" => {
                let (items,): (&Value,) = from_args(args)?;
                return join_items(state, items, text, None).map(Value::from);
            }
            _ => {}
        }
    }
    minijinja_contrib::pycompat::unknown_method_callback(state, value, method, args)
}

fn pay(state: &State, bytes: usize) -> Result<(), Error> {
    state.consume_fuel(bytes as u64 / 64)
}

fn replaced_bytes(text: &str, args: &[Value]) -> Result<usize, Error> {
    let (old, new, count): (&str, &str, Option<i32>) = from_args(args)?;
    let limit = count.and_then(|count| usize::try_from(count).ok()).unwrap_or(usize::MAX);
    Ok(text.matches(old).take(limit).count().saturating_mul(new.len()))
}

/// At most so many: every field with the longest argument, and every width and precision.
fn formatted_bytes(state: &State, text: &str, args: &[Value]) -> Result<usize, Error> {
    let mut longest = 0;
    for arg in args {
        longest = longest.max(as_text(state, arg)?.len());
    }
    Ok(text.matches('{').count().saturating_mul(longest).saturating_add(widths(text)))
}

/// The sum of the numbers that stand behind a colon in braces.
fn widths(text: &str) -> usize {
    let mut sum = 0_usize;
    for field in text.split('{').skip(1) {
        let field = field.split('}').next().unwrap_or_default();
        let Some((_, spec)) = field.split_once(':') else { continue };
        for digits in spec.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty()) {
            sum = sum.saturating_add(digits.parse().unwrap_or(usize::MAX));
        }
    }
    sum
}
