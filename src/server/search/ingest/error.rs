//! Why a file could not be taken in. It concerns that file only.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A stable code, and for people what happened and what to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct IngestError {
    pub code: Cow<'static, str>,
    pub message: String,
}

impl IngestError {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code: Cow::Borrowed(code), message: message.into() }
    }

    /// There is nothing in it.
    #[must_use]
    pub fn empty() -> Self {
        Self::new("empty_file", "The file is empty. Choose a file that has text in it.")
    }

    /// It cannot be read as what it says it is.
    pub fn damaged(what: &str, why: impl std::fmt::Display) -> Self {
        Self::new(
            "damaged_file",
            format!(
                "The file cannot be read as {what}: {why}. Open it in another program and save it again, or send it as text."
            ),
        )
    }

    /// Reading it takes more than a file may.
    pub fn too_complex(why: impl std::fmt::Display) -> Self {
        Self::new("too_complex", format!("The file {why}. Send a smaller or simpler file, or send its text."))
    }

    /// More documents than one file may give.
    #[must_use]
    pub fn too_many_records(limit: usize) -> Self {
        Self::new(
            "too_many_records",
            format!(
                "The file gives more than {limit} documents (MILLRACE_MAX_FILE_PARTS). Split it into several files."
            ),
        )
    }
}
