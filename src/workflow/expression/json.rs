//! From the evaluator's values to JSON and to text, with the rules of both: nothing undefined, infinite or endless.

use super::{ErrorCode, ExpressionError, MAX_OUTPUT_BYTES};
use minijinja::value::{Value, ValueKind};
use serde_json::{Map, Number, Value as Json};

/// Levels of a value; what `serde_json` reads.
const MAX_LEVELS: usize = 120;

/// The value as JSON.
pub(super) fn to_json(value: &Value) -> Result<Json, ExpressionError> {
    Walk { left: MAX_OUTPUT_BYTES }.value(value, 0)
}

/// The value as text: a string as it stands, null empty, everything else compact JSON.
pub(super) fn to_text(value: &Value) -> Result<String, ExpressionError> {
    match value.kind() {
        ValueKind::String => Ok(value.as_str().unwrap_or_default().to_owned()),
        ValueKind::None => Ok(String::new()),
        _ => to_json(value).map(|json| json.to_string()),
    }
}

struct Walk {
    /// Bytes of JSON that may still come.
    left: usize,
}

impl Walk {
    fn spend(&mut self, bytes: usize) -> Result<(), ExpressionError> {
        self.left = self.left.checked_sub(bytes).ok_or_else(ExpressionError::too_large)?;
        Ok(())
    }

    fn value(&mut self, value: &Value, level: usize) -> Result<Json, ExpressionError> {
        if level > MAX_LEVELS {
            return Err(ExpressionError::new(
                ErrorCode::TooExpensive,
                "The result is nested too deeply. Make it flatter.",
            ));
        }
        match value.kind() {
            ValueKind::None => {
                self.spend(4)?;
                Ok(Json::Null)
            }
            ValueKind::Bool => {
                self.spend(4)?;
                Ok(Json::Bool(value.is_true()))
            }
            ValueKind::Number => {
                self.spend(1)?;
                number(value).map(Json::Number)
            }
            ValueKind::String => {
                let text = value.as_str().unwrap_or_default();
                self.spend(text.len() + 2)?;
                Ok(Json::String(text.to_owned()))
            }
            ValueKind::Seq | ValueKind::Iterable => {
                self.spend(2)?;
                let mut items = Vec::new();
                for item in value.try_iter().map_err(|e| ExpressionError::from_engine(&e))? {
                    self.spend(1)?;
                    items.push(self.value(&item, level + 1)?);
                }
                Ok(Json::Array(items))
            }
            ValueKind::Map => self.map(value, level),
            ValueKind::Undefined => Err(ExpressionError::new(
                ErrorCode::Undefined,
                "Uses a value that is not there. Check the names in it.",
            )),
            ValueKind::Invalid => Err(invalid(value)),
            _ => Err(ExpressionError::new(
                ErrorCode::NotJson,
                "The result is not data: a function or an inner object of the evaluator. Call it, or take a field of it.",
            )),
        }
    }

    fn map(&mut self, value: &Value, level: usize) -> Result<Json, ExpressionError> {
        self.spend(2)?;
        let mut map = Map::new();
        for key in value.try_iter().map_err(|e| ExpressionError::from_engine(&e))? {
            let name = match key.kind() {
                ValueKind::String => key.as_str().unwrap_or_default().to_owned(),
                ValueKind::Number | ValueKind::Bool | ValueKind::None => {
                    self.value(&key, level + 1)?.to_string()
                }
                _ => {
                    return Err(ExpressionError::new(
                        ErrorCode::NotJson,
                        "A key of the result is not text. Use texts as keys.",
                    ));
                }
            };
            self.spend(name.len() + 4)?;
            let item = value.get_item(&key).map_err(|e| ExpressionError::from_engine(&e))?;
            map.insert(name, self.value(&item, level + 1)?);
        }
        Ok(Json::Object(map))
    }
}

fn number(value: &Value) -> Result<Number, ExpressionError> {
    if let Some(integer) = value.as_i64().filter(|_| value.is_integer()) {
        return Ok(integer.into());
    }
    if value.is_integer() {
        return u64::try_from(value.clone()).map(Number::from).map_err(|_| {
            ExpressionError::new(
                ErrorCode::NotFinite,
                "The result is a whole number beyond 64 bits. Use smaller numbers, or `| float`.",
            )
        });
    }
    f64::try_from(value.clone()).ok().and_then(Number::from_f64).ok_or_else(|| {
        ExpressionError::new(
            ErrorCode::NotFinite,
            "The result is infinite or not a number. Check for a division by zero.",
        )
    })
}

fn invalid(value: &Value) -> ExpressionError {
    match value.try_iter() {
        Err(error) => ExpressionError::from_engine(&error),
        Ok(_) => ExpressionError::new(ErrorCode::Evaluation, "Cannot be evaluated."),
    }
}
