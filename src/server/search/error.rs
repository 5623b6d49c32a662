//! Why a collection could not be used.

use crate::server::{llm::LlmError, store::StoreError};

/// An error of this wing.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// There is none of that name in the account.
    #[error("There is no collection \"{0}\". Make it on the Collections page, or correct the name.")]
    UnknownCollection(String),
    /// A value that cannot be used; the dotted path of the field and what is wrong with it.
    #[error("{field}: {message}.")]
    Field { field: String, message: String },
    /// The embedding model did not answer.
    #[error("{0}")]
    Model(#[from] LlmError),
    /// More searches wait than are good.
    #[error("Too many searches wait already. Try again in a moment.")]
    Busy,
    /// FAISS or the lexical index failed.
    #[error("The index of the collection failed: {0}. Try again; it is made anew from the database.")]
    Index(String),
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl SearchError {
    /// For a field of a request or of a step's config.
    pub(crate) fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Field { field: field.into(), message: message.into() }
    }

    /// Stable, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownCollection(_) => "unknown_collection",
            Self::Field { .. } => "invalid_input",
            Self::Model(error) => error.code,
            Self::Busy => "search_busy",
            Self::Index(_) => "index_failed",
            Self::Store(StoreError::Unavailable(_)) => "unavailable",
            Self::Store(StoreError::NotFound(_)) => "not_found",
            Self::Store(StoreError::Unique(_)) => "taken",
            Self::Store(StoreError::Invalid { .. }) => "invalid_input",
            Self::Store(_) => "internal_error",
        }
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::Model(error) => error.retryable,
            Self::Store(error) => error.is_transient(),
            Self::Busy | Self::Index(_) => true,
            Self::UnknownCollection(_) | Self::Field { .. } => false,
        }
    }
}

impl From<faiss::error::Error> for SearchError {
    fn from(error: faiss::error::Error) -> Self {
        Self::Index(error.to_string())
    }
}

impl From<tantivy::TantivyError> for SearchError {
    fn from(error: tantivy::TantivyError) -> Self {
        Self::Index(error.to_string())
    }
}
