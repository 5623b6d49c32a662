//! The one error of this wing: a stable code, a message that says what to do next, and whether to try again.

use std::path::Path;

/// Why a model did not answer or could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LlmError {
    /// Stable, for programs: `model_not_installed`, `model_busy`, …
    pub code: &'static str,
    /// For people: what happened and what to do next.
    pub message: String,
    /// The same request may succeed a little later.
    pub retryable: bool,
}

impl LlmError {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retryable: false }
    }

    pub(crate) fn retryable(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retryable: true }
    }

    /// Whether the model or its key could not be looked up, so that nobody was asked anything.
    #[must_use]
    pub fn is_database_away(&self) -> bool {
        self.retryable && matches!(self.code, "models_unavailable" | "credential_unavailable")
    }

    pub(crate) fn not_installed(name: &str, known: bool) -> Self {
        let remedy = if known {
            format!("Fetch it with `millrace models pull {name}`.")
        } else {
            "See `millrace models list` for the names, or put its .gguf file into a folder of that name \
             in the models folder."
                .to_owned()
        };
        Self::new("model_not_installed", format!("The model \"{name}\" is not installed. {remedy}"))
    }

    pub(crate) fn none_installed() -> Self {
        Self::new("model_not_installed", "No chat model is installed. Fetch one with `millrace models pull`.")
    }

    pub(crate) fn damaged(file: &Path, why: impl std::fmt::Display) -> Self {
        Self::new(
            "model_file_damaged",
            format!(
                "The model file {} is damaged or incomplete: {why}. Remove it and fetch the model again with \
                 `millrace models pull`.",
                file.display()
            ),
        )
    }

    /// A file that is whole, and not made for chat.
    pub(crate) fn lacks(file: &Path, code: &'static str, what: &str) -> Self {
        Self::new(
            code,
            format!(
                "The model file {} has {what}, so it cannot hold a conversation. Use the instruct or chat variant of \
                 the model, as a GGUF file that carries its tokenizer and chat template.",
                file.display()
            ),
        )
    }

    pub(crate) fn family_unknown(file: &Path, family: &str) -> Self {
        Self::new(
            "model_family_unknown",
            format!(
                "The model file {} is of the family \"{family}\", which Millrace cannot run. \
                 Use a llama, qwen2 or qwen3 model.",
                file.display()
            ),
        )
    }

    pub(crate) fn busy(model: &str, limit: usize) -> Self {
        Self::retryable(
            "model_busy",
            format!("{limit} requests already wait for the model \"{model}\". Try again in a moment."),
        )
    }

    pub(crate) fn cancelled() -> Self {
        Self::new("cancelled", "The request was cancelled before the model had finished.")
    }

    pub(crate) fn generation(why: impl std::fmt::Display) -> Self {
        Self::new("generation_failed", format!("The model stopped with an error: {why}."))
    }

    pub(crate) fn io(what: &str, path: &Path, error: &std::io::Error) -> Self {
        Self::new("model_storage_failed", format!("Cannot {what} {}: {error}.", path.display()))
    }
}

/// The first line of an error of candle's, which may carry a whole backtrace after it.
pub(crate) fn first_line(error: &dyn std::fmt::Display) -> String {
    error.to_string().lines().next().unwrap_or_default().trim_end_matches('.').to_owned()
}
