//! What is wrong with a table, a row or a question about rows, in the words of users.

use crate::server::store::StoreError;

/// Why something about a table cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error("{0}")]
    Store(#[from] StoreError),
    /// What was given does not fit; nothing was written.
    #[error("{message}")]
    Refused {
        /// Stable, for programs.
        code: &'static str,
        /// Dotted path of what was given, such as `rows.2.age`.
        field: String,
        /// What is wrong, with the names of column and table where there are any, and what to do next.
        message: String,
    },
}

impl TableError {
    pub(super) fn refused(code: &'static str, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Refused { code, field: field.into(), message: message.into() }
    }

    /// There is no table of that name in the account.
    pub(super) fn unknown(name: &str) -> Self {
        Self::refused(
            "unknown_table",
            "table",
            format!("there is no table `{}`; make it on the Tables page, or correct the name", shown(name)),
        )
    }

    /// The same call may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_transient())
    }
}

impl From<sea_orm::DbErr> for TableError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}

/// A name or a value for a message: one line, not too long.
pub(super) fn shown(text: &str) -> String {
    let mut short: String =
        text.chars().take(60).map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    short
}
