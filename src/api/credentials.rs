//! Credentials: named secrets of an account. Values go in and never come out.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use uuid::Uuid;

/// How a credential is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// `Authorization: Bearer VALUE`.
    Bearer,
    /// User name and password, as `Authorization: Basic …`.
    Basic,
    /// A header of any name.
    Header,
    /// A parameter of the address.
    Query,
    /// `postgres://USER:PASSWORD@HOST/DATABASE`.
    Postgres,
    /// The key of an OpenAI-compatible service, sent as bearer.
    Openai,
}

impl CredentialKind {
    /// Every kind, in the order of the form.
    pub const ALL: [Self; 6] =
        [Self::Bearer, Self::Basic, Self::Header, Self::Query, Self::Postgres, Self::Openai];

    /// The word of the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Basic => "basic",
            Self::Header => "header",
            Self::Query => "query",
            Self::Postgres => "postgres",
            Self::Openai => "openai",
        }
    }

    /// The kind of that word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A value on its way in: text for `bearer`, `postgres` and `openai`, `{username, password}` for `basic`,
/// `{name, value}` for `header` and `query`. Its debug form says nothing.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct SecretValue(pub Value);

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CredentialCreate {
    /// What steps call it; unique in the account.
    pub name: String,
    pub kind: CredentialKind,
    pub value: SecretValue,
    /// The only hosts it may be sent to: exact names or addresses, or `*.example.com` for every host below one.
    /// May be left out for `postgres`, whose address names its host.
    #[serde(default)]
    pub allowed_hosts: Vec<String>,
}

/// Another value for a credential. Other hosts need the value once more, so that nobody can send a value that they do
/// not know to a place of their choice.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CredentialUpdate {
    pub value: SecretValue,
    /// Absent: the hosts stay; those of `postgres` then follow its address.
    #[serde(default)]
    pub allowed_hosts: Option<Vec<String>>,
}

/// A credential without its value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Credential {
    pub id: Uuid,
    pub name: String,
    pub kind: CredentialKind,
    pub allowed_hosts: Vec<String>,
    pub created_at: DateTime<Utc>,
    /// When the value was set last.
    pub updated_at: DateTime<Utc>,
}
