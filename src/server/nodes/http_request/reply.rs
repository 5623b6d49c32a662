//! The reply as a step gives it.

use super::{LogLevel, NodeContext, NodeError, bad};
use crate::{
    server::{outbound::Reply, store::files::Files},
    workflow::catalog::ResponseKind,
};
use encoding_rs::{Encoding, UTF_8};
use reqwest::header::{CONTENT_TYPE, HeaderMap, SET_COOKIE};
use serde_json::{Map, Value, json};

/// Characters of a reply that an error shows.
const EXCERPT: usize = 500;

/// Headers by lower-case name; several of one name are one text, separated by commas, but for cookies, which are a list.
pub fn headers(headers: &HeaderMap) -> Value {
    let mut map = Map::new();
    for name in headers.keys() {
        let values: Vec<String> = headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect();
        let value = if name == SET_COOKIE { json!(values) } else { json!(values.join(", ")) };
        map.insert(name.as_str().to_owned(), value);
    }
    Value::Object(map)
}

/// The body in the form that the step asks for.
pub async fn body(
    context: &NodeContext,
    files: &Files,
    kind: ResponseKind,
    reply: &Reply,
) -> Result<Value, NodeError> {
    let (media, charset) = media_type(reply);
    match kind {
        ResponseKind::Json if reply.body.is_empty() => Ok(Value::Null),
        ResponseKind::Json => serde_json::from_slice(&reply.body).map_err(|error| {
            let message = format!(
                "config.response: the reply is not JSON ({error}): {}; choose text, or correct the request",
                excerpt(context, reply)
            );
            NodeError::permanent("reply_not_json", message)
        }),
        ResponseKind::Text => Ok(Value::String(text(reply, charset))),
        ResponseKind::Binary => keep(context, files, &media, reply).await,
        ResponseKind::Auto if reply.body.is_empty() => Ok(Value::Null),
        ResponseKind::Auto if is_json(&media) => {
            Ok(serde_json::from_slice(&reply.body).unwrap_or_else(|error| {
                context.log(
                    LogLevel::Warn,
                    format!("the reply says that it is JSON, but is not ({error}); it stays text"),
                );
                Value::String(text(reply, charset))
            }))
        }
        ResponseKind::Auto if is_text(&media, reply) => Ok(Value::String(text(reply, charset))),
        ResponseKind::Auto => keep(context, files, &media, reply).await,
    }
}

/// The beginning of a reply on one line, without secrets.
pub fn excerpt(context: &NodeContext, reply: &Reply) -> String {
    let (media, charset) = media_type(reply);
    if !is_json(&media) && !is_text(&media, reply) {
        return String::new();
    }
    let text = text(reply, charset);
    // Before the cut: half a secret would not be known for one.
    let text = context.redactor.text(&text);
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = words.char_indices().nth(EXCERPT) {
        words.truncate(end);
        words.push('…');
    }
    words
}

/// Keeps the body, without secrets, as a file of the owner's; gives what is needed to find it.
async fn keep(context: &NodeContext, files: &Files, media: &str, reply: &Reply) -> Result<Value, NodeError> {
    let media = if media.is_empty() { "application/octet-stream" } else { media };
    let key = context.idempotency_key();
    let body = context.redactor.bytes(&reply.body);
    let kept = files
        .keep(context.global_context.owner, context.workflow_run_id, &key, media, &body, context.now())
        .await
        .map_err(|error| NodeError {
            retryable: error.is_retryable(),
            ..NodeError::permanent(error.code(), format!("config.response: {error}"))
        })?;
    serde_json::to_value(kept).map_err(|error| bad("response", &format!("cannot be told: {error}")))
}

/// Media type in lower case, and charset.
fn media_type(reply: &Reply) -> (String, Option<&'static Encoding>) {
    let header = reply.headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let header = header.unwrap_or_default();
    let mut parts = header.split(';');
    let media = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| Encoding::for_label(value.trim().trim_matches('"').as_bytes())).flatten()
    });
    (media, charset)
}

fn is_json(media: &str) -> bool {
    media == "application/json" || media == "text/json" || media.ends_with("+json")
}

/// Texts by their type; what has none, or one that says nothing, by its bytes.
fn is_text(media: &str, reply: &Reply) -> bool {
    const TEXTS: &[&str] = &[
        "application/xml",
        "application/javascript",
        "application/x-www-form-urlencoded",
        "application/yaml",
        "application/x-yaml",
        "application/toml",
        "application/sql",
        "application/graphql",
        "application/x-ndjson",
        "application/jsonl",
    ];
    if media.starts_with("text/") || media.ends_with("+xml") || TEXTS.contains(&media) {
        return true;
    }
    media.is_empty() && std::str::from_utf8(&reply.body).is_ok_and(|text| !text.contains('\0'))
}

/// Text by its charset, UTF-8 where it names none; what does not fit becomes U+FFFD.
fn text(reply: &Reply, charset: Option<&'static Encoding>) -> String {
    charset.unwrap_or(UTF_8).decode(&reply.body).0.into_owned()
}
