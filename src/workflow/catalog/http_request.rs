//! `http_request`: one HTTP request and its reply.

use super::{Category, Field, FieldProblem, Nature, NodeType, Sketch, schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The config with its expressions evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpRequest {
    /// GET reads; POST, PUT, PATCH and DELETE change something and carry an `Idempotency-Key`, the same for each attempt.
    #[serde(default)]
    #[schemars(title = "Method", extend("x-expression" = "text", "x-order" = 1, "x-start" = "GET"))]
    pub method: Method,
    /// Where it goes. Values in it are not encoded; those of the query below are.
    #[schemars(title = "Address", length(min = 1), extend("x-expression" = "text", "x-order" = 2, "x-start" = "https://"))]
    pub url: String,
    /// Parameters added to the address. A list sends its name once for each entry, null leaves one out.
    #[serde(default)]
    #[schemars(title = "Query", extend("x-expression" = "data", "x-widget" = "pairs", "x-order" = 3))]
    pub query: Map<String, Value>,
    /// Headers by name. Null leaves one out.
    #[serde(default)]
    #[schemars(title = "Headers", extend("x-expression" = "data", "x-widget" = "pairs", "x-order" = 4))]
    pub headers: Map<String, Value>,
    /// What is sent. JSON is filled in where it stands: a value can never break its structure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Body", with = "Value", extend("x-expression" = "data", "x-widget" = "json", "x-order" = 5))]
    pub body: Option<Value>,
    /// How the body is sent. `auto` sends text as text and everything else as JSON; `form` and `multipart` take an object;
    /// `binary` takes a file of an earlier reply.
    #[serde(default)]
    #[schemars(title = "Body as", extend("x-order" = 6))]
    pub body_kind: BodyKind,
    /// Name of a credential. It is sent to the hosts that it names, and to no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Credential", extend("x-widget" = "credential", "x-credential-kinds" = ["bearer", "basic", "header", "query", "openai"], "x-order" = 7))]
    pub credential: Option<String>,
    /// Milliseconds for everything, redirects and the reply included.
    #[serde(default = "default_timeout")]
    #[schemars(title = "Time limit", range(min = 1, max = 600_000), extend("x-expression" = "data", "x-order" = 8))]
    pub timeout_ms: u64,
    /// What becomes of the reply's body. `auto` goes by its content type; `binary` keeps it as a file and gives its id.
    #[serde(default)]
    #[schemars(title = "Reply as", extend("x-order" = 9))]
    pub response: ResponseKind,
    /// A reply with a status from 400 up is a failure. Those with 408, 425, 429 and from 500 up can be retried.
    #[serde(default = "yes")]
    #[schemars(title = "Fail on error status", extend("x-expression" = "data", "x-order" = 10))]
    pub fail_on_status: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    #[default]
    Get,
    Post,
    Put,
    Patch,
    Delete,
    Head,
    Options,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BodyKind {
    #[default]
    Auto,
    Json,
    Form,
    Text,
    Multipart,
    Binary,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResponseKind {
    #[default]
    Auto,
    Json,
    Text,
    Binary,
}

impl Method {
    /// The word of the protocol.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
        }
    }

    /// Whether a repetition could do something twice.
    #[must_use]
    pub fn changes(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch | Self::Delete)
    }
}

fn default_timeout() -> u64 {
    30_000
}

fn yes() -> bool {
    true
}

/// Headers that the client makes itself.
const OWN_HEADERS: &[&str] = &[
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "accept-encoding",
    "proxy-authorization",
    "proxy-connection",
];

/// Why a header of that name cannot be set; `None` where it can.
#[must_use]
pub fn header_mistake(name: &str) -> Option<String> {
    let is_token = !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
    if !is_token {
        return Some(format!("`{name}` is not the name of a header; use letters, digits and dashes."));
    }
    OWN_HEADERS
        .contains(&name.to_ascii_lowercase().as_str())
        .then(|| format!("The header `{name}` is made by Millrace itself. Remove it."))
}

pub(super) static SKETCH: Sketch = Sketch {
    name: "http_request",
    title: "HTTP request",
    description: "Calls an address of the web and gives the status, the headers and the body of the reply.",
    category: Category::Http,
    icon: "globe",
    inputs: &["in"],
    outputs: &["out", "error"],
    nature: Nature { retryable: true, ..Nature::NONE },
};

pub(super) fn node_type() -> NodeType {
    let config_schema = schema::of::<HttpRequest>();
    NodeType { sketch: &SKETCH, fields: Field::of(&config_schema), config_schema, extra_check, output }
}

fn extra_check(config: &Map<String, Value>, problems: &mut Vec<FieldProblem>) {
    let mut report =
        |field: String, code, message: String| problems.push(FieldProblem { field, code, message });
    if let Some(message) = config.get("url").and_then(Value::as_str).and_then(url_mistake) {
        report("url".to_owned(), "invalid_url", message.to_owned());
    }
    for (name, value) in object(config, "headers") {
        if let Some(message) = header_mistake(name) {
            report(format!("headers.{name}"), "not_allowed", message);
        } else if matches!(value, Value::Array(_) | Value::Object(_)) {
            let message = format!("The header `{name}` must be text. Write its value, or an expression.");
            report(format!("headers.{name}"), "wrong_type", message);
        }
    }
    for (name, value) in object(config, "query") {
        let is_flat = match value {
            Value::Array(items) => items.iter().all(|item| !item.is_array() && !item.is_object()),
            other => !other.is_object(),
        };
        if !is_flat {
            let message = format!("The parameter `{name}` must be text, or a list of texts.");
            report(format!("query.{name}"), "wrong_type", message);
        }
    }
    let (kind, body) = (config.get("body_kind").and_then(Value::as_str), config.get("body"));
    let wants_object = matches!(kind, Some("form" | "multipart" | "binary"));
    let may_be_object = match body {
        None | Some(Value::Object(_)) => true,
        Some(Value::String(text)) => text.contains('{'),
        Some(_) => false,
    };
    if wants_object && !may_be_object {
        let kind = kind.unwrap_or_default();
        report("body".to_owned(), "wrong_type", format!("A body sent as {kind} must be an object."));
    }
}

fn object<'c>(config: &'c Map<String, Value>, field: &str) -> impl Iterator<Item = (&'c String, &'c Value)> {
    config.get(field).and_then(Value::as_object).into_iter().flatten()
}

/// What is wrong with an address as far as it is known before a run.
fn url_mistake(url: &str) -> Option<&'static str> {
    let url = url.trim();
    let written = url.split('{').next().unwrap_or_default();
    if written.is_empty() {
        return None; // empty, or an expression from the start
    }
    let lower = written.to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("https://").or(lower.strip_prefix("http://")) else {
        let may_follow =
            written.len() < url.len() && ("https://".starts_with(&lower) || "http://".starts_with(&lower));
        return (!may_follow).then_some("The address must begin with https:// or http://.");
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() && (written.len() == url.len() || rest.starts_with(['/', '?', '#'])) {
        return Some("The address has no host. Write it as in https://example.com/path.");
    }
    if host.contains('@') {
        return Some(
            "The address holds a user name or password. Take them out and use a credential of the kind basic.",
        );
    }
    host.contains(char::is_whitespace).then_some("The host of the address has a space in it. Remove it.")
}

fn output(config: &Map<String, Value>) -> Value {
    let body = match config.get("response").and_then(Value::as_str) {
        Some("text") => json!({ "type": "string" }),
        Some("binary") => json!({ "type": "object", "properties": {
            "file": { "type": "string" }, "content_type": { "type": "string" },
            "bytes": { "type": "integer" }, "sha256": { "type": "string" }
        } }),
        _ => json!({}),
    };
    json!({ "type": "object", "properties": {
        "status": { "type": "integer" }, "headers": { "type": "object" }, "body": body
    } })
}
