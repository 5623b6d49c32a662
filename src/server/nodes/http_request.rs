//! `http_request`: builds one request from the config, sends it through the guarded client, and gives the reply.

mod body;
mod reply;
#[cfg(test)]
mod tests;

use super::{
    LogLevel, NodeContext, NodeError, NodeFuture, NodeHandler, NodeOutput, Resource, config, patience::insist,
};
use crate::{
    server::{
        outbound::{Attached, Limits, Outbound, OutboundError, Reply, Request},
        secrets::{CredentialValue, Revealed, SecretError, Secrets},
        store::files::Files,
    },
    workflow::catalog::{self, header_mistake},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use body::Body;
use chrono::DateTime;
use reqwest::{
    Method, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
};
use serde_json::{Map, Value, json};
use std::time::Duration;

const IDEMPOTENCY_KEY: &str = "idempotency-key";

pub struct HttpRequest {
    outbound: Outbound,
    secrets: Secrets,
    files: Files,
}

impl HttpRequest {
    pub fn new(outbound: Outbound, secrets: Secrets, files: Files) -> Self {
        Self { outbound, secrets, files }
    }

    /// Sends a request and gives its reply. `key` lets a receiver tell a repetition.
    pub async fn call(
        &self,
        context: &NodeContext,
        config: &catalog::HttpRequest,
        key: &str,
    ) -> Result<NodeOutput, NodeError> {
        let url = self.outbound.check(&config.url).map_err(|error| named("url", error))?;
        let url = with_query(url, &config.query)?;
        let mut headers = headers(&config.headers)?;
        let credential = match config.credential.as_deref().filter(|name| !name.trim().is_empty()) {
            Some(name) => Some(self.credential(context, name, &url).await?),
            None => None,
        };
        let owner = context.global_context.owner;
        let body = Body::of(config, key, |file| self.files.read(owner, file)).await?;
        if let Some(kind) = &body.content_type
            && (body.fixed_type || !headers.contains_key(CONTENT_TYPE))
        {
            let kind =
                HeaderValue::from_str(kind).map_err(|_| bad("body", "has a content type that is none"))?;
            headers.insert(CONTENT_TYPE, kind);
        }
        if config.method.changes() && !headers.contains_key(IDEMPOTENCY_KEY) {
            let key =
                HeaderValue::from_str(key).map_err(|_| bad("headers", "cannot carry the idempotency key"))?;
            headers.insert(HeaderName::from_static(IDEMPOTENCY_KEY), key);
        }
        let method = Method::from_bytes(config.method.as_str().as_bytes())
            .map_err(|_| bad("method", "is no method of HTTP"))?;
        let limits = Limits {
            timeout: Duration::from_millis(config.timeout_ms),
            reply_bytes: self.outbound.reply_bytes(),
        };
        let sent = body.bytes.as_ref().map_or(0, |bytes| bytes.len());
        let place = place(&url);
        let request = Request { method, url: url.into(), headers, body: body.bytes, credential, limits };
        let reply = self.outbound.request(request).await.map_err(failed)?;
        context.log(
            LogLevel::Info,
            format!(
                "{} {place} replied {} with {} bytes",
                config.method.as_str(),
                reply.status,
                reply.body.len()
            ),
        );
        if config.fail_on_status && reply.status >= 400 {
            return Err(refused(context, config, &place, &reply));
        }
        let usage = json!({ "bytes_sent": sent, "bytes_received": reply.body.len() });
        let output = json!({
            "status": reply.status,
            "headers": reply::headers(&reply.headers),
            "body": reply::body(context, &self.files, config.response, &reply).await?,
        });
        Ok(NodeOutput { usage, ..NodeOutput::of(output) })
    }

    async fn credential(&self, context: &NodeContext, name: &str, url: &Url) -> Result<Attached, NodeError> {
        let host = url.host_str().unwrap_or_default();
        let owner = context.global_context.owner;
        let reveal = || self.secrets.reveal(owner, name, host, &context.redactor);
        let revealed = insist(reveal).await.map_err(unusable)?;
        if url.scheme() == "http" {
            let message =
                format!("the credential `{name}` goes to {host} unencrypted; use https:// where you can");
            context.log(LogLevel::Warn, message);
        }
        attached(&revealed)
    }
}

impl NodeHandler for HttpRequest {
    fn run<'a>(&'a self, context: &'a NodeContext) -> NodeFuture<'a> {
        Box::pin(async {
            let config: catalog::HttpRequest = config(&context.node_config)?;
            Ok(self.call(context, &config, &context.idempotency_key()).await?.into())
        })
    }

    fn resource(&self) -> Option<Resource> {
        Some(Resource::Http)
    }
}

/// An error in a field of the config.
fn bad(field: &str, what: &str) -> NodeError {
    NodeError::permanent("bad_config", format!("config.{field} {what}; correct the settings of this step"))
}

fn named(field: &str, error: OutboundError) -> NodeError {
    NodeError {
        retryable: error.is_retryable(),
        ..NodeError::permanent(error.code(), format!("config.{field}: {error}"))
    }
}

/// What kept a reply from coming, and the field that can mend it.
fn failed(error: OutboundError) -> NodeError {
    let field = if matches!(error, OutboundError::Timeout { .. }) { "timeout_ms" } else { "url" };
    named(field, error)
}

fn unusable(error: SecretError) -> NodeError {
    NodeError {
        retryable: error.is_retryable(),
        ..NodeError::permanent(error.code(), format!("config.credential: {error}"))
    }
}

/// What a credential adds to a request.
fn attached(revealed: &Revealed) -> Result<Attached, NodeError> {
    let one = |name: HeaderName, text: &str| {
        let mut value = HeaderValue::from_str(text)
            .map_err(|_| bad("credential", "holds a value that no header can carry"))?;
        value.set_sensitive(true);
        Ok(Attached::Headers(HeaderMap::from_iter([(name, value)])))
    };
    match &revealed.value {
        CredentialValue::Bearer(token) | CredentialValue::Openai(token) => {
            one(AUTHORIZATION, &format!("Bearer {}", &**token))
        }
        CredentialValue::Basic { username, password } => {
            one(AUTHORIZATION, &format!("Basic {}", STANDARD.encode(format!("{username}:{}", &**password))))
        }
        CredentialValue::Header { name, value } => {
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| bad("credential", "names a header that is none"))?;
            one(name, value)
        }
        CredentialValue::Query { name, value } => {
            Ok(Attached::Query { name: name.clone(), value: value.to_string() })
        }
        CredentialValue::Postgres(_) => Err(NodeError::permanent(
            "wrong_credential_kind",
            format!(
                "config.credential: `{}` is the address of a database; choose a credential for requests",
                revealed.credential.name
            ),
        )),
    }
}

/// A value as text: text as it stands, null nothing, the rest as compact JSON.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn with_query(mut url: Url, query: &Map<String, Value>) -> Result<Url, NodeError> {
    let mut pairs = Vec::new();
    for (name, value) in query {
        let values = match value {
            Value::Array(items) => items.iter().collect(),
            other => vec![other],
        };
        for value in values {
            if value.is_array() || value.is_object() {
                return Err(bad(&format!("query.{name}"), "must be text, or a list of texts"));
            }
            if let Some(text) = text_of(value) {
                pairs.push((name, text));
            }
        }
    }
    if !pairs.is_empty() {
        url.query_pairs_mut().extend_pairs(pairs);
    }
    Ok(url)
}

fn headers(given: &Map<String, Value>) -> Result<HeaderMap, NodeError> {
    let mut headers = HeaderMap::with_capacity(given.len() + 3);
    for (name, value) in given {
        let field = || format!("headers.{name}");
        if value.is_array() || value.is_object() {
            return Err(bad(&field(), "must be text"));
        }
        if let Some(mistake) = header_mistake(name) {
            return Err(NodeError::permanent("bad_config", format!("config.{}: {mistake}", field())));
        }
        let Some(text) = text_of(value) else { continue };
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad(&field(), "is no header"))?;
        let value = HeaderValue::from_str(text.trim())
            .map_err(|_| bad(&field(), "has line breaks or other control characters"))?;
        headers.insert(name, value);
    }
    Ok(headers)
}

/// Host and path, for messages: the query may hold what nobody else should read.
fn place(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}{}", url.host_str().unwrap_or_default(), url.path())
}

/// A reply that counts as a failure.
fn refused(context: &NodeContext, config: &catalog::HttpRequest, place: &str, reply: &Reply) -> NodeError {
    let retryable = matches!(reply.status, 408 | 425 | 429) || reply.status >= 500;
    let reason = reqwest::StatusCode::from_u16(reply.status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .map(|reason| format!(" {reason}"))
        .unwrap_or_default();
    let said = reply::excerpt(context, reply);
    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
    let message = format!(
        "config.url: {} {place} replied {}{reason}{said}; correct the request, or set `fail_on_status` to false to go on \
         with such a reply",
        config.method.as_str(),
        reply.status,
    );
    NodeError {
        retryable,
        retry_after: retryable.then(|| wait(context, reply.headers.get(RETRY_AFTER)?)).flatten(),
        ..NodeError::permanent(format!("http_{}", reply.status), message)
    }
}

/// How long `Retry-After` asks to wait: seconds, or a date.
fn wait(context: &NodeContext, header: &HeaderValue) -> Option<Duration> {
    let text = header.to_str().ok()?.trim();
    match text.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => {
            let until = DateTime::parse_from_rfc2822(text).ok()?;
            (until.to_utc() - context.now()).to_std().ok()
        }
    }
}
