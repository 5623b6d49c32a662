//! The inputs of runs that triggers start.

use crate::server::{error::AppError, store::triggers::Trigger};
use axum::http::StatusCode;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

/// What a schedule gives: its own input, or when it was due and which it is.
pub fn of_schedule(trigger: &Trigger, own: Option<Value>, due: DateTime<Utc>) -> Value {
    own.unwrap_or_else(|| {
        json!({
            "scheduled_for": due.to_rfc3339_opts(SecondsFormat::Millis, true),
            "trigger": { "id": trigger.id, "name": trigger.row.name, "kind": trigger.row.kind },
        })
    })
}

/// What a test of a webhook brings.
pub fn sample() -> Value {
    json!({ "message": "a test of this webhook" })
}

/// The body of a request as the input of a run: JSON, a form or text. No body is `null`.
///
/// # Errors
/// 400 for JSON that is none, 415 for another type.
pub fn of_body(content_type: Option<&str>, body: &[u8]) -> Result<Value, AppError> {
    let kind = content_type.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    let kind = kind.trim().to_ascii_lowercase();
    if body.is_empty() {
        return Ok(Value::Null);
    }
    if kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json")) {
        return serde_json::from_slice(body).map_err(|error| {
            AppError::new(
                StatusCode::BAD_REQUEST,
                "malformed_json",
                format!("The body is not valid JSON: {error}. Correct it and send it again."),
            )
        });
    }
    if kind == "application/x-www-form-urlencoded" {
        return Ok(form(body));
    }
    let text = || std::str::from_utf8(body).map_err(|_| unsupported("is not text in UTF-8"));
    if kind.starts_with("text/") {
        return Ok(Value::String(text()?.to_owned()));
    }
    if kind.is_empty() {
        // Nothing was said about it: JSON where it is.
        return match serde_json::from_slice(body) {
            Ok(value) => Ok(value),
            Err(_) => Ok(Value::String(text()?.to_owned())),
        };
    }
    Err(unsupported(&format!("is {kind}")))
}

fn unsupported(what: &str) -> AppError {
    AppError::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_body",
        format!(
            "The body {what}. Send `application/json`, `application/x-www-form-urlencoded` or `text/plain`."
        ),
    )
}

/// Names that come several times become lists.
fn form(body: &[u8]) -> Value {
    let mut object = Map::new();
    for (name, value) in form_urlencoded::parse(body) {
        let value = Value::String(value.into_owned());
        match object.get_mut(name.as_ref()) {
            None => drop(object.insert(name.into_owned(), value)),
            Some(Value::Array(list)) => list.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(kind: Option<&str>, body: &str) -> Result<Value, u16> {
        of_body(kind, body.as_bytes()).map_err(|error| error.status().as_u16())
    }

    #[test]
    fn reads_json_forms_and_text() {
        assert_eq!(given(Some("application/json"), r#"{"a": [1, null]}"#), Ok(json!({ "a": [1, null] })));
        assert_eq!(given(Some("Application/JSON; charset=utf-8"), "3"), Ok(json!(3)));
        assert_eq!(given(Some("application/cloudevents+json"), "{}"), Ok(json!({})));
        assert_eq!(given(Some("application/json"), "{"), Err(400));
        let form = "a=1&b=x+y%21&a=2&a=3&empty";
        assert_eq!(
            given(Some("application/x-www-form-urlencoded"), form),
            Ok(json!({ "a": ["1", "2", "3"], "b": "x y!", "empty": "" }))
        );
        assert_eq!(given(Some("text/plain"), "{\"a\": 1}"), Ok(json!("{\"a\": 1}")));
        assert_eq!(given(None, "[1]"), Ok(json!([1])));
        assert_eq!(given(None, "hello"), Ok(json!("hello")));
        assert_eq!(given(Some("application/json"), ""), Ok(Value::Null));
        for kind in ["multipart/form-data; boundary=x", "application/octet-stream", "image/png", "nonsense"] {
            assert_eq!(given(Some(kind), "x"), Err(415), "{kind}");
        }
        assert_eq!(of_body(Some("text/plain"), &[0xff, 0xfe]).map_err(|e| e.status().as_u16()), Err(415));
    }
}
