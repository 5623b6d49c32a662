//! What a credential holds, by its kind: read from a request, kept sealed, shown to one step.

use super::{Redactor, SecretError, SecretText};
use crate::api::credentials::{CredentialKind, SecretValue};
use reqwest::{
    Url,
    header::{HeaderName, HeaderValue},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use zeroize::Zeroizing;

/// Shorter values cannot be told from ordinary text, where they have to be hidden.
const MIN_CHARS: usize = 4;
const MAX_BYTES: usize = 16 * 1024;
/// Headers that a credential cannot set: the client makes them itself.
const RESERVED_HEADERS: &[&str] = &[
    "host",
    "content-length",
    "content-type",
    "transfer-encoding",
    "connection",
    "accept-encoding",
    "expect",
];

/// An open value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialValue {
    Bearer(SecretText),
    Basic { username: String, password: SecretText },
    Header { name: String, value: SecretText },
    Query { name: String, value: SecretText },
    Postgres(SecretText),
    Openai(SecretText),
}

impl fmt::Debug for CredentialValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// What is wrong with a value: the field below `value`, empty for the value itself, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueMistake {
    pub field: String,
    pub message: String,
}

fn mistake(field: &str, message: impl Into<String>) -> ValueMistake {
    ValueMistake { field: field.to_owned(), message: message.into() }
}

impl CredentialValue {
    /// Takes a value of a request apart.
    ///
    /// # Errors
    /// What is wrong, without the value.
    pub fn parse(kind: CredentialKind, value: &SecretValue) -> Result<Self, ValueMistake> {
        let given = &value.0;
        Ok(match kind {
            CredentialKind::Bearer => Self::Bearer(secret("", given)?),
            CredentialKind::Openai => Self::Openai(secret("", given)?),
            CredentialKind::Postgres => {
                let url = secret("", given)?;
                check_postgres(&url)?;
                Self::Postgres(url)
            }
            CredentialKind::Basic => {
                let (username, password) = pair(given, "username", "password")?;
                if username.contains(':') || username.chars().any(char::is_control) {
                    return Err(mistake("username", "must not contain a colon or control characters"));
                }
                Self::Basic { username, password }
            }
            CredentialKind::Header => {
                let (name, value) = pair(given, "name", "value")?;
                let is_header = HeaderName::from_bytes(name.as_bytes()).is_ok();
                if !is_header || RESERVED_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
                    return Err(mistake("name", "is not a header that can be set, such as X-Api-Key"));
                }
                Self::Header { name, value }
            }
            CredentialKind::Query => {
                let (name, value) = pair(given, "name", "value")?;
                Self::Query { name, value }
            }
        })
    }

    /// The form that is sealed.
    pub(super) fn to_sealed(&self) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        serde_json::to_vec(self).map(Zeroizing::new).map_err(|_| SecretError::Unreadable)
    }

    pub(super) fn from_sealed(kind: CredentialKind, plain: &[u8]) -> Result<Self, SecretError> {
        let value: Self = serde_json::from_slice(plain).map_err(|_| SecretError::Unreadable)?;
        if value.kind() == kind { Ok(value) } else { Err(SecretError::Unreadable) }
    }

    /// The kind of credential that holds it.
    #[must_use]
    pub fn kind(&self) -> CredentialKind {
        match self {
            Self::Bearer(_) => CredentialKind::Bearer,
            Self::Basic { .. } => CredentialKind::Basic,
            Self::Header { .. } => CredentialKind::Header,
            Self::Query { .. } => CredentialKind::Query,
            Self::Postgres(_) => CredentialKind::Postgres,
            Self::Openai(_) => CredentialKind::Openai,
        }
    }

    /// The host that stands in the value itself.
    #[must_use]
    pub fn own_host(&self) -> Option<String> {
        let Self::Postgres(url) = self else { return None };
        Some(Url::parse(url).ok()?.host_str()?.to_owned())
    }

    /// Has every form of the value hidden.
    pub(super) fn hide(&self, name: &str, redactor: &Redactor) {
        match self {
            Self::Bearer(value)
            | Self::Openai(value)
            | Self::Header { value, .. }
            | Self::Query { value, .. } => redactor.hide(name, value),
            Self::Basic { username, password } => {
                redactor.hide(name, password);
                // In base64 the two are one.
                redactor.hide(name, &Zeroizing::new(format!("{username}:{}", &**password)));
            }
            Self::Postgres(url) => {
                redactor.hide(name, url);
                if let Ok(parsed) = Url::parse(url)
                    && let Some(password) = parsed.password()
                {
                    redactor.hide(name, password);
                    redactor.hide(name, &Zeroizing::new(decoded(password)));
                }
            }
        }
    }
}

/// A text that can be kept, sent in a header and hidden.
fn secret(field: &str, given: &Value) -> Result<SecretText, ValueMistake> {
    let Some(text) = given.as_str() else { return Err(mistake(field, "must be text")) };
    let text = text.trim();
    if text.is_empty() {
        return Err(mistake(field, "is empty"));
    }
    if text.chars().count() < MIN_CHARS {
        return Err(mistake(
            field,
            format!(
                "has fewer than {MIN_CHARS} characters; a value that short cannot be hidden in what steps give"
            ),
        ));
    }
    if text.len() > MAX_BYTES {
        return Err(mistake(field, format!("is longer than {MAX_BYTES} bytes")));
    }
    if HeaderValue::from_str(text).is_err() {
        return Err(mistake(field, "has control characters such as line breaks; enter one line"));
    }
    Ok(SecretText::from(text.to_owned()))
}

/// A name and a secret.
fn pair(given: &Value, name: &str, value: &str) -> Result<(String, SecretText), ValueMistake> {
    let shape = || mistake("", format!("must be {{\"{name}\": …, \"{value}\": …}}"));
    let object: &Map<String, Value> = given.as_object().ok_or_else(shape)?;
    if let Some(other) = object.keys().find(|key| *key != name && *key != value) {
        // Short, so that a value in the wrong place does not come back.
        let is_word = other.len() <= 32 && other.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        return Err(if is_word { mistake(other, "is not a field of this kind") } else { shape() });
    }
    let text = object.get(name).and_then(Value::as_str).map(str::trim).unwrap_or_default();
    if text.is_empty() {
        return Err(mistake(name, "is missing"));
    }
    if text.len() > 200 {
        return Err(mistake(name, "is longer than 200 bytes"));
    }
    Ok((text.to_owned(), secret(value, object.get(value).unwrap_or(&Value::String(String::new())))?))
}

fn check_postgres(url: &str) -> Result<(), ValueMistake> {
    let says = "must be postgres://USER:PASSWORD@HOST/DATABASE";
    let parsed = Url::parse(url).map_err(|_| mistake("", says))?;
    let is_ours = matches!(parsed.scheme(), "postgres" | "postgresql");
    if !is_ours || parsed.host_str().is_none_or(str::is_empty) || parsed.username().is_empty() {
        return Err(mistake("", says));
    }
    // The driver would dial another place than the one that the address seems to name.
    if parsed
        .query_pairs()
        .any(|(key, _)| matches!(&*key, "host" | "hostaddr" | "port" | "user" | "password"))
    {
        return Err(mistake("", "names its host, user or password once more after the `?`; remove that"));
    }
    Ok(())
}

/// Without `%xx`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|b| char::from(*b).to_digit(16));
        match (byte, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
                rest = &after[2..];
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(kind: CredentialKind, value: Value) -> Result<CredentialValue, ValueMistake> {
        CredentialValue::parse(kind, &SecretValue(value))
    }

    #[test]
    fn each_kind_has_its_shape() {
        use CredentialKind::{Basic, Bearer, Header, Openai, Postgres, Query};
        for (kind, value) in [
            (Bearer, json!(" tok-en\n")),
            (Openai, json!("sk-1234")),
            (Basic, json!({ "username": "ada", "password": "p:w d" })),
            (Header, json!({ "name": "X-Api-Key", "value": "abcd" })),
            (Query, json!({ "name": "key", "value": "abcd" })),
            (Postgres, json!("postgres://me:s3cret@db.example.org:5433/shop?sslmode=require")),
        ] {
            let parsed = parse(kind, value).unwrap();
            let sealed = parsed.to_sealed().unwrap();
            assert_eq!(CredentialValue::from_sealed(kind, &sealed).unwrap(), parsed);
            assert_eq!(format!("{parsed:?}"), "[hidden]");
        }
        for (kind, value, field) in [
            (Bearer, json!(""), ""),
            (Bearer, json!(12345), ""),
            (Bearer, json!("abc"), ""),
            (Bearer, json!("two\nlines"), ""),
            (Bearer, json!("x".repeat(MAX_BYTES + 1)), ""),
            (Basic, json!("ada:secret"), ""),
            (Basic, json!({ "username": "a:b", "password": "secret" }), "username"),
            (Basic, json!({ "password": "secret" }), "username"),
            (Basic, json!({ "username": "ada" }), "password"),
            (Basic, json!({ "username": "ada", "password": "secret", "otp": 1 }), "otp"),
            (Header, json!({ "name": "no spaces", "value": "abcd" }), "name"),
            (Header, json!({ "name": "Host", "value": "abcd" }), "name"),
            (Query, json!({ "name": "", "value": "abcd" }), "name"),
            (Postgres, json!("mysql://me:pw@host/db"), ""),
            (Postgres, json!("postgres:///db"), ""),
            (Postgres, json!("postgres://me:pw12@a.example/db?host=/tmp"), ""),
        ] {
            assert_eq!(parse(kind, value.clone()).unwrap_err().field, field, "{value}");
        }
        assert!(
            CredentialValue::from_sealed(Basic, &parse(Bearer, json!("abcd")).unwrap().to_sealed().unwrap())
                .is_err()
        );
    }

    #[test]
    fn mistakes_do_not_hold_the_value() {
        let canary = "canary-value-0815";
        for value in [json!({ canary: 1 }), json!([canary]), json!({ "username": canary, "token": canary })] {
            for kind in CredentialKind::ALL {
                let mistake = parse(kind, value.clone()).unwrap_err();
                assert!(!format!("{mistake:?}").contains(canary), "{mistake:?}");
            }
        }
    }

    #[test]
    fn every_part_that_opens_something_is_hidden() {
        let redactor = Redactor::default();
        let value = parse(CredentialKind::Postgres, json!("postgres://me:p%40ss-word@db.example/x")).unwrap();
        value.hide("db", &redactor);
        assert_eq!(
            redactor.text("no way in for p@ss-word or p%40ss-word"),
            "no way in for [secret db] or [secret db]"
        );
        assert_eq!(value.own_host().as_deref(), Some("db.example"));
        let redactor = Redactor::default();
        parse(CredentialKind::Basic, json!({ "username": "ada", "password": "secret" }))
            .unwrap()
            .hide("b", &redactor);
        assert_eq!(redactor.text("Basic YWRhOnNlY3JldA== was sent"), "Basic [secret b] was sent");
    }
}
