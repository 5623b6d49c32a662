//! Why a secret cannot be used.

/// An error of the secrets; none of them holds a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The owner has none of that name or id.
    #[error("there is no credential `{named}`; make it on the Credentials page, or choose another")]
    Unknown { named: String },
    /// The credential does not name that host.
    #[error(
        "the credential `{name}` may be sent to {allowed}, not to {host}; correct the address, or set the \
         credential anew with this host among its hosts"
    )]
    HostNotAllowed { name: String, host: String, allowed: String },
    /// It is damaged, or its key is gone.
    #[error(
        "the stored value cannot be opened: its key is not in `secrets.keys` of the data folder, or it is damaged; \
         bring the file back, or set the value again"
    )]
    Unreadable,
    /// The key ring cannot be read or written.
    #[error("the key ring `secrets.keys` in the data folder cannot be used: {0}")]
    Ring(String),
    /// The database does not answer.
    #[error("the credential cannot be read now: {0}; try again")]
    Unavailable(String),
}

impl SecretError {
    pub(super) fn ring(error: impl std::fmt::Display) -> Self {
        Self::Ring(error.to_string())
    }

    /// Stable, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown_credential",
            Self::HostNotAllowed { .. } => "host_not_allowed",
            Self::Unreadable => "credential_unreadable",
            Self::Ring(_) => "key_ring_unusable",
            Self::Unavailable(_) => "credential_unavailable",
        }
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}
