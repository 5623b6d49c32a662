//! What each kind of credential is made of, and how it is spoken of.

use crate::api::credentials::CredentialKind;
use serde_json::{Map, Value};

/// One part of a value.
pub struct Part {
    /// Key in the value; empty where the value is this part alone.
    pub key: &'static str,
    pub label: &'static str,
    pub placeholder: &'static str,
    /// Not shown while it is typed.
    pub is_secret: bool,
}

/// How a kind is spoken of.
pub struct Look {
    pub word: &'static str,
    pub meaning: &'static str,
    pub icon: &'static str,
    pub parts: &'static [Part],
}

const fn plain(key: &'static str, label: &'static str, placeholder: &'static str) -> Part {
    Part { key, label, placeholder, is_secret: false }
}

const fn secret(key: &'static str, label: &'static str, placeholder: &'static str) -> Part {
    Part { key, label, placeholder, is_secret: true }
}

static BEARER: Look = Look {
    word: "Bearer token",
    meaning: "Sent as Authorization: Bearer",
    icon: "key",
    parts: &[secret("", "Token", "")],
};
static BASIC: Look = Look {
    word: "User and password",
    meaning: "Sent as Authorization: Basic",
    icon: "user",
    parts: &[plain("username", "User name", ""), secret("password", "Password", "")],
};
static HEADER: Look = Look {
    word: "Header",
    meaning: "A header of your choice",
    icon: "letters",
    parts: &[plain("name", "Name of the header", "X-Api-Key"), secret("value", "Value", "")],
};
static QUERY: Look = Look {
    word: "Query parameter",
    meaning: "Added to the address",
    icon: "globe",
    parts: &[plain("name", "Name of the parameter", "api_key"), secret("value", "Value", "")],
};
static POSTGRES: Look = Look {
    word: "Postgres",
    meaning: "Your own database",
    icon: "database",
    parts: &[secret("", "Address", "postgres://user:password@host:5432/database")],
};
static OPENAI: Look = Look {
    word: "OpenAI-compatible",
    meaning: "The key of a model service",
    icon: "sparkles",
    parts: &[secret("", "Key", "sk-…")],
};

/// The look of a kind.
#[must_use]
pub fn look(kind: CredentialKind) -> &'static Look {
    match kind {
        CredentialKind::Bearer => &BEARER,
        CredentialKind::Basic => &BASIC,
        CredentialKind::Header => &HEADER,
        CredentialKind::Query => &QUERY,
        CredentialKind::Postgres => &POSTGRES,
        CredentialKind::Openai => &OPENAI,
    }
}

/// The value in the form of the wire, or the part that is missing.
pub fn value_of(kind: CredentialKind, typed: &[String]) -> Result<Value, &'static Part> {
    let parts = look(kind).parts;
    if let Some((part, _)) = parts.iter().zip(typed).find(|(_, text)| text.is_empty()) {
        return Err(part);
    }
    Ok(match parts {
        [one] if one.key.is_empty() => Value::from(typed.first().cloned().unwrap_or_default()),
        parts => Value::Object(
            parts
                .iter()
                .zip(typed)
                .map(|(p, text)| (p.key.to_owned(), Value::from(text.as_str())))
                .collect::<Map<_, _>>(),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_take_the_form_of_their_kind() {
        let value = |kind, typed: &[&str]| {
            value_of(kind, &typed.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>())
                .map_err(|part| part.label)
        };
        assert_eq!(value(CredentialKind::Bearer, &["t"]), Ok(json!("t")));
        assert_eq!(value(CredentialKind::Basic, &["a", "b"]), Ok(json!({"username": "a", "password": "b"})));
        assert_eq!(value(CredentialKind::Header, &["X-Key", ""]), Err("Value"));
    }
}
