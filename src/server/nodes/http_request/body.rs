//! The body of a request, made in structure from its config: no value can break out of its place.

use super::{NodeError, bad, text_of};
use crate::{
    server::store::files::{FileError, StoredFile},
    workflow::catalog::{self, BodyKind},
};
use axum::body::Bytes;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};
use std::future::Future;

/// What is sent.
#[derive(Debug, Default)]
pub struct Body {
    pub bytes: Option<Bytes>,
    pub content_type: Option<String>,
    /// The bytes mean nothing under another content type.
    pub fixed_type: bool,
}

impl Body {
    /// The body that a config describes. The same config and `key` always give the same bytes.
    pub async fn of<F>(
        config: &catalog::HttpRequest,
        key: &str,
        file: impl Fn(String) -> F,
    ) -> Result<Self, NodeError>
    where
        F: Future<Output = Result<StoredFile, FileError>>,
    {
        let Some(given) = config.body.as_ref().filter(|body| !body.is_null()) else {
            return Ok(Self::default());
        };
        let object =
            || given.as_object().ok_or_else(|| bad("body", "must be an object for this kind of body"));
        match config.body_kind {
            BodyKind::Auto if given.as_str() == Some("") => Ok(Self::default()),
            BodyKind::Auto if given.is_string() => Ok(Self::text(given)),
            BodyKind::Auto | BodyKind::Json => Ok(Self::whole(given.to_string().into(), "application/json")),
            BodyKind::Text => Ok(Self::text(given)),
            BodyKind::Form => Self::form(object()?),
            BodyKind::Multipart => Self::multipart(object()?, key, file).await,
            BodyKind::Binary => {
                let found = read(object()?, "body", &file).await?;
                Ok(Self::whole(found.bytes.into(), &found.content_type))
            }
        }
    }

    fn whole(bytes: Bytes, content_type: &str) -> Self {
        Self { bytes: Some(bytes), content_type: Some(content_type.to_owned()), fixed_type: false }
    }

    fn text(given: &Value) -> Self {
        Self::whole(text_of(given).unwrap_or_default().into(), "text/plain; charset=utf-8")
    }

    fn form(fields: &Map<String, Value>) -> Result<Self, NodeError> {
        // The parser of addresses knows how forms are written.
        let mut url =
            reqwest::Url::parse("http://form/").map_err(|_| bad("body", "cannot be written as a form"))?;
        let mut pairs = Vec::new();
        for (name, value) in fields {
            match value {
                Value::Array(items) => {
                    pairs.extend(items.iter().filter_map(text_of).map(|text| (name, text)))
                }
                other => pairs.extend(text_of(other).map(|text| (name, text))),
            }
        }
        url.query_pairs_mut().extend_pairs(pairs);
        let text = url.query().unwrap_or_default().to_owned();
        Ok(Self::whole(text.into(), "application/x-www-form-urlencoded"))
    }

    async fn multipart<F>(
        fields: &Map<String, Value>,
        key: &str,
        file: impl Fn(String) -> F,
    ) -> Result<Self, NodeError>
    where
        F: Future<Output = Result<StoredFile, FileError>>,
    {
        let boundary = format!("millrace-{}", key.get(..32).unwrap_or(key));
        let mut bytes = Vec::new();
        for (name, value) in fields {
            let values = match value {
                Value::Array(items) => items.iter().collect(),
                other => vec![other],
            };
            for value in values {
                let Some(part) = Part::of(name, value, &file).await? else { continue };
                part.write(name, &boundary, &mut bytes);
            }
        }
        if bytes.windows(boundary.len()).filter(|window| *window == boundary.as_bytes()).count()
            > count(fields)
        {
            return Err(bad("body", "holds the text that separates its parts"));
        }
        bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        Ok(Self {
            bytes: Some(bytes.into()),
            content_type: Some(format!("multipart/form-data; boundary={boundary}")),
            fixed_type: true,
        })
    }
}

fn count(fields: &Map<String, Value>) -> usize {
    fields
        .values()
        .map(|value| {
            value.as_array().map_or(usize::from(!value.is_null()), |items| {
                items.iter().filter(|item| !item.is_null()).count()
            })
        })
        .sum()
}

/// A file that an earlier reply left: `{"file": id}`, or that reply's whole body.
async fn read<F>(
    given: &Map<String, Value>,
    field: &str,
    file: &impl Fn(String) -> F,
) -> Result<StoredFile, NodeError>
where
    F: Future<Output = Result<StoredFile, FileError>>,
{
    let Some(id) = given.get("file").and_then(Value::as_str) else {
        return Err(bad(
            field,
            "must be the `body` of a reply that was kept as a file, or {\"file\": its id}",
        ));
    };
    file(id.to_owned()).await.map_err(|error| NodeError {
        retryable: error.is_retryable(),
        ..NodeError::permanent(error.code(), format!("config.{field}: {error}"))
    })
}

/// One part of a multipart body.
struct Part {
    bytes: Vec<u8>,
    file_name: Option<String>,
    content_type: Option<String>,
}

const PART_KEYS: &[&str] = &["text", "json", "base64", "file", "filename", "content_type"];

impl Part {
    /// `None` for null, which leaves a part out.
    async fn of<F>(name: &str, given: &Value, file: &impl Fn(String) -> F) -> Result<Option<Self>, NodeError>
    where
        F: Future<Output = Result<StoredFile, FileError>>,
    {
        let field = format!("body.{name}");
        let Value::Object(object) = given else {
            return Ok(text_of(given).map(|text| Self {
                bytes: text.into_bytes(),
                file_name: None,
                content_type: None,
            }));
        };
        // What `binary` replies give may be passed on as it is.
        let of_reply: &[&str] = if object.contains_key("file") { &["bytes", "sha256"] } else { &[] };
        let known = |key: &str| PART_KEYS.contains(&key) || of_reply.contains(&key);
        if let Some(key) = object.keys().find(|key| !known(key)) {
            return Err(bad(
                &format!("{field}.{key}"),
                &format!("is not known; a part has {}", PART_KEYS.join(", ")),
            ));
        }
        let word = |key: &str| object.get(key).and_then(text_of);
        let (bytes, kind) = if object.contains_key("file") {
            let found = read(object, &field, file).await?;
            (found.bytes, Some(found.content_type))
        } else if let Some(text) = word("base64") {
            let bytes =
                STANDARD.decode(text.trim()).map_err(|_| bad(&format!("{field}.base64"), "is not base64"))?;
            (bytes, Some("application/octet-stream".to_owned()))
        } else if let Some(value) = object.get("json") {
            (value.to_string().into_bytes(), Some("application/json".to_owned()))
        } else {
            (word("text").unwrap_or_default().into_bytes(), None)
        };
        let content_type = word("content_type").or(kind);
        if content_type.as_ref().is_some_and(|kind| kind.chars().any(char::is_control)) {
            return Err(bad(&format!("{field}.content_type"), "has control characters"));
        }
        let file_name = word("filename").or_else(|| object.contains_key("file").then(|| "file".to_owned()));
        Ok(Some(Self { bytes, file_name, content_type }))
    }

    fn write(&self, name: &str, boundary: &str, out: &mut Vec<u8>) {
        let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", quoted(name));
        if let Some(file_name) = &self.file_name {
            head.push_str(&format!("; filename=\"{}\"", quoted(file_name)));
        }
        if let Some(kind) = &self.content_type {
            head.push_str(&format!("\r\nContent-Type: {kind}"));
        }
        head.push_str("\r\n\r\n");
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(&self.bytes);
        out.extend_from_slice(b"\r\n");
    }
}

/// As browsers write names.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}
