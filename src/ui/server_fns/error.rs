//! The one error of all server functions: what problem details say over HTTP, for the pages.

use crate::api::problem::{FieldError, Problem};
use serde::{Deserialize, Serialize};
use server_fn::error::{FromServerFnError, ServerFnErrorErr};

/// Why a call did not do what it should.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UiError {
    /// HTTP status; 0 where no reply came.
    pub status: u16,
    /// For programs; never changes its meaning.
    pub code: String,
    /// What happened and what to do next.
    pub message: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// What the checker found, where a run was refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}

impl UiError {
    pub(super) fn new(status: u16, code: &str, message: &str) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.to_owned(),
            errors: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Nobody is signed in, or no longer.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::new(401, "unauthorized", "Sign in to go on.")
    }

    /// What an address names is not there, or is not yours.
    #[must_use]
    pub fn not_found(message: &str) -> Self {
        Self::new(404, "not_found", message)
    }

    /// The message for one field, if there is one.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<String> {
        self.errors.iter().find(|e| e.field == name).map(|e| sentence(&e.message))
    }
}

/// A message with a capital and an end, since it stands alone under its field.
fn sentence(message: &str) -> String {
    // Ours, so ASCII is enough; the tables of all capitals are 15 KB.
    let mut letters = message.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase().to_string()).unwrap_or_default();
    let end = if message.ends_with(['.', '?', ':']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

impl std::fmt::Display for UiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for UiError {}

impl FromServerFnError for UiError {
    // One reader for what comes as a reply and what stands in the page.
    type Encoder = super::codec::TextJson;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => {
                Self::new(0, "offline", "Millrace can't be reached. Check that it is running and try again.")
            }
            ServerFnErrorErr::Args(what) | ServerFnErrorErr::MissingArg(what) => {
                Self::new(422, "bad_request", &format!("The request could not be read: {what}."))
            }
            other => Self::new(500, "internal", &format!("Something went wrong on the way: {other}.")),
        }
    }
}

#[cfg(feature = "ssr")]
impl From<crate::server::error::AppError> for UiError {
    /// Also gives the reply its status, where a program asked. A plain form gets a redirect instead, whose status
    /// must stay.
    fn from(error: crate::server::error::AppError) -> Self {
        let details = error.details();
        let this = Self {
            status: details.status,
            code: details.code,
            message: details.detail,
            errors: details.errors,
            problems: details.problems,
        };
        super::session::reply_with_status(this.status);
        this
    }
}
