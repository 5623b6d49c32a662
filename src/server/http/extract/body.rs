//! JSON bodies. What does not fit is refused with the name of the field.

use crate::{
    server::{error::AppError, state::AppState},
    workflow::shape,
};
use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::{
    Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_path_to_error::{Path, Segment};
use std::time::Duration;

/// A JSON body of that shape; no body counts as `{}`.
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned + Serialize> FromRequest<AppState> for JsonBody<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, AppError> {
        let max = state.config.server.max_body_bytes;
        let is_json = is_json(request.headers());
        let body = Bytes::from_request(request, state).await.map_err(|error| unreadable(&error, max))?;
        if body.is_empty() {
            return parse(b"{}").map(Self);
        }
        if !is_json {
            return Err(AppError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not_json",
                "This address takes JSON. Send the header `Content-Type: application/json`.",
            ));
        }
        parse(&body).map(Self)
    }
}

/// A body as it came, which need not be JSON.
///
/// # Errors
/// 413 `body_too_large`; 408 `timeout` when it does not come within `seconds`; 400 when it breaks off.
pub async fn raw_body(body: Body, limit: usize, seconds: u64) -> Result<Vec<u8>, AppError> {
    let whole = Limited::new(body, limit).collect();
    match tokio::time::timeout(Duration::from_secs(seconds), whole).await {
        Ok(Ok(body)) => Ok(body.to_bytes().to_vec()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(AppError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            format!("The body is larger than {limit} bytes (MILLRACE_MAX_INPUT_BYTES). Send less."),
        )),
        Ok(Err(_)) => Err(not_received()),
        Err(_) => Err(AppError::new(
            StatusCode::REQUEST_TIMEOUT,
            "timeout",
            format!("The body did not come within {seconds} seconds (MILLRACE_REQUEST_TIMEOUT_SECONDS)."),
        )),
    }
}

fn not_received() -> AppError {
    AppError::new(
        StatusCode::BAD_REQUEST,
        "body_not_received",
        "The body did not arrive whole. Send the request again.",
    )
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()) else { return false };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

fn unreadable(error: &BytesRejection, max: usize) -> AppError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return AppError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            format!("The body is larger than {max} bytes (MILLRACE_MAX_BODY_BYTES). Send less."),
        );
    }
    not_received()
}

fn parse<T: DeserializeOwned + Serialize>(body: &[u8]) -> Result<T, AppError> {
    // A list would otherwise pass for an object, its items taken for the fields in their order.
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        serde_json::from_slice::<IgnoredAny>(body).map_err(|error| malformed(&error))?;
        return Err(AppError::field("body", "must be a JSON object"));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().clone();
        let inner = error.into_inner();
        // What is not JSON at all is told first, wherever in the body it breaks.
        match serde_json::from_slice::<IgnoredAny>(body) {
            Ok(_) if inner.is_data() => misfit(&path, &inner),
            Ok(_) => malformed(&inner),
            Err(syntax) => malformed(&syntax),
        }
    })?;
    deserializer.end().map_err(|error| malformed(&error))?;
    let sent = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
    match shape::list_for_object(&sent, &value) {
        Some(place) => Err(AppError::field(place, "must be a JSON object, not a list")),
        None => Ok(value),
    }
}

fn malformed(error: &serde_json::Error) -> AppError {
    AppError::new(
        StatusCode::BAD_REQUEST,
        "malformed_json",
        format!("The body is not valid JSON: {error}. Correct it and send it again."),
    )
}

fn misfit(path: &Path, error: &serde_json::Error) -> AppError {
    let mut field = path
        .iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Map { key } => Some(key.clone()),
            Segment::Enum { variant } => Some(variant.clone()),
            Segment::Unknown => None,
        })
        .collect::<Vec<_>>()
        .join(".");
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    let message = match text.split('`').collect::<Vec<_>>().as_slice() {
        ["unknown field ", name, rest @ ..] => {
            append(&mut field, name);
            match rest {
                [] | [_] => "is not a field of this request".to_owned(),
                rest => format!("is not a field of this request{}", rest.join("`")),
            }
        }
        ["missing field ", name, ..] => {
            append(&mut field, name);
            "is missing".to_owned()
        }
        ["duplicate field ", name, ..] => {
            append(&mut field, name);
            "is there twice".to_owned()
        }
        _ => text.to_owned(),
    };
    AppError::field(if field.is_empty() { "body".to_owned() } else { field }, message)
}

/// Some deserializers name the field in the path, others only in the message.
fn append(field: &mut String, name: &str) {
    if field == name || field.ends_with(&format!(".{name}")) {
        return;
    }
    if !field.is_empty() {
        field.push('.');
    }
    field.push_str(name);
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::api::workflows::{GraphBody, WorkflowBody};

    fn refused<T: serde::de::DeserializeOwned + serde::Serialize>(body: &str) -> (u16, String) {
        let error = match parse::<T>(body.as_bytes()) {
            Ok(_) => panic!("{body} was taken"),
            Err(error) => error.details(),
        };
        (error.status, error.errors.first().map(|e| format!("{} {}", e.field, e.message)).unwrap_or_default())
    }

    #[test]
    fn names_the_field() {
        let (status, message) = refused::<WorkflowBody>(r#"{"name": 3}"#);
        assert_eq!(status, 422);
        assert!(message.starts_with("name invalid type: integer `3`"), "{message}");
        assert_eq!(refused::<WorkflowBody>("{}"), (422, "name is missing".to_owned()));
        let (_, message) = refused::<WorkflowBody>(r#"{"name": "a", "colour": 1}"#);
        assert!(message.starts_with("colour is not a field of this request"), "{message}");
        let (_, message) = refused::<GraphBody>(r#"{"revision": 1, "edges": [], "nodes": [{"id": "x"}]}"#);
        assert!(message.starts_with("nodes.0.id "), "{message}");
        let (_, message) = refused::<GraphBody>(
            r#"{"revision": 1, "edges": [], "nodes": [{"id": "01890a5d-ac96-774b-bcce-b302099a8057", "name": "a", "node_type": "b", "colour": 1}]}"#,
        );
        assert!(message.starts_with("nodes.0.colour is not a field"), "{message}");
        for list in ["[1]", r#"["A name", "a description"]"#, "3", "null"] {
            assert_eq!(
                refused::<WorkflowBody>(list),
                (422, "body must be a JSON object".to_owned()),
                "{list}"
            );
        }
    }

    #[test]
    fn takes_no_list_for_an_object_inside_either() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        for (nodes, edges, field) in [
            (format!(r#"[["{id}", "a", "transform", {{}}]]"#), String::new(), "nodes.0"),
            (
                format!(r#"[{{"id": "{id}", "name": "a", "node_type": "b", "settings": []}}]"#),
                String::new(),
                "nodes.0.settings",
            ),
            (
                format!(
                    r#"[{{"id": "{id}", "name": "a", "node_type": "b", "settings": {{"retry": [3, "fixed", 1, 1]}}}}]"#
                ),
                String::new(),
                "nodes.0.settings.retry",
            ),
            ("[]".to_owned(), format!(r#"["{id}", "{id}", null, "{id}", null]"#), "edges.0"),
        ] {
            let body = format!(r#"{{"revision": 1, "nodes": {nodes}, "edges": [{edges}]}}"#);
            let expected = (422, format!("{field} must be a JSON object, not a list"));
            assert_eq!(refused::<GraphBody>(&body), expected, "{body}");
        }
        let lists = format!(
            r#"{{"revision": 1, "edges": [], "nodes": [{{"id": "{id}", "name": "a", "node_type": "b", "config": {{"choices": [[], ["x"]]}}, "settings": {{"pinned_output": []}}}}]}}"#
        );
        assert!(parse::<GraphBody>(lists.as_bytes()).is_ok(), "lists stay where lists belong");
    }

    #[test]
    fn tells_malformed_from_misfit() {
        for body in [
            "{",
            "{\"name\": \"a\"} x",
            "nonsense",
            "\u{0}",
            "{\"colour\": 1}{",
            "{\"name\": 3,}",
            "{\"name\": \"\u{1}\"}",
        ] {
            assert_eq!(refused::<WorkflowBody>(body).0, 400, "{body}");
        }
    }
}
