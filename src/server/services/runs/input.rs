//! Whether an input may go into a run.

use crate::{api::problem::FieldError, server::error::AppError};
use serde_json::Value;

/// So many mistakes are told at once.
const TOLD: usize = 20;

/// The input's size as JSON text.
pub fn check_size(input: &Value, max_bytes: usize) -> Result<(), AppError> {
    let bytes = serde_json::to_vec(input).map_err(AppError::internal)?.len();
    if bytes <= max_bytes {
        return Ok(());
    }
    let message = format!("has {bytes} bytes; the limit is {max_bytes} (MILLRACE_MAX_INPUT_BYTES)");
    Err(AppError::field("input_data", message).with_code("input_too_large"))
}

/// The input against the workflow's own schema. Off the runtime's threads: a schema can be slow.
pub async fn check_schema(schema: Value, input: Value) -> Result<(), AppError> {
    tokio::task::spawn_blocking(move || against(&schema, &input)).await.map_err(AppError::internal)?
}

fn against(schema: &Value, input: &Value) -> Result<(), AppError> {
    let validator = jsonschema::options()
        // Takes time that grows with the text only, whatever the pattern.
        .with_pattern_options(jsonschema::PatternOptions::regex())
        .build(schema)
        .map_err(|error| {
            AppError::field("input_schema", format!("is not a usable JSON Schema: {error}"))
                .with_code("invalid_input_schema")
        })?;
    let errors: Vec<FieldError> = validator
        .iter_errors(input)
        .take(TOLD)
        .map(|error| FieldError {
            field: format!("input_data{}", error.instance_path().as_str().replace('/', ".")),
            message: shortened(&error.masked_with("the value").to_string()),
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(AppError::fields(errors).with_code("input_does_not_fit")) }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_the_place_that_does_not_fit() {
        let schema = json!({
            "type": "object", "required": ["text"],
            "properties": { "text": { "type": "string" }, "tags": { "items": { "type": "string" } } }
        });
        assert!(against(&schema, &json!({ "text": "a", "tags": ["b"] })).is_ok());
        let error = against(&schema, &json!({ "text": 1, "tags": ["b", 2] })).expect_err("does not fit");
        let fields: Vec<_> = error.details().errors.into_iter().map(|e| e.field).collect();
        assert_eq!(fields, ["input_data.text", "input_data.tags.1"]);
        let missing = against(&schema, &json!({})).expect_err("does not fit").details().errors;
        assert!(missing[0].message.contains("text"), "{missing:?}");
    }

    #[test]
    fn a_schema_that_reaches_out_is_refused() {
        let error =
            against(&json!({ "$ref": "http://127.0.0.1:9/schema.json" }), &json!(1)).expect_err("refused");
        assert_eq!(error.code(), "invalid_input_schema");
    }
}
