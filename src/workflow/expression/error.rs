//! What can be wrong with an expression, in words that say what to do.

use serde::{Deserialize, Serialize};
use std::ops::Range;

/// What kind of mistake it is; the word is part of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Cannot be parsed.
    Syntax,
    /// Names something that is not there.
    Undefined,
    /// An operation on kinds of values that do not go together, such as `"3" > 10`.
    TypeMismatch,
    /// A condition gave something else than `true` or `false`.
    NotBoolean,
    /// The result is infinite or not a number.
    NotFinite,
    /// The result has no form in JSON, such as a function.
    NotJson,
    /// Too many steps, too deep or too long.
    TooExpensive,
    /// The result is larger than a node's output may be.
    OutputTooLarge,
    /// Any other failure while evaluating.
    Evaluation,
}

impl ErrorCode {
    /// The word of the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Undefined => "undefined",
            Self::TypeMismatch => "type_mismatch",
            Self::NotBoolean => "not_boolean",
            Self::NotFinite => "not_finite",
            Self::NotJson => "not_json",
            Self::TooExpensive => "too_expensive",
            Self::OutputTooLarge => "output_too_large",
            Self::Evaluation => "evaluation",
        }
    }
}

/// A mistake in an expression or template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    pub code: ErrorCode,
    /// What happened and what to do next.
    pub message: String,
    /// Line of the text, from 1.
    pub line: Option<usize>,
    /// Bytes of the text that are meant, where known.
    pub span: Option<Range<usize>>,
}

impl ExpressionError {
    pub(super) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), line: None, span: None }
    }

    pub(super) fn not_boolean(value: &serde_json::Value) -> Self {
        let mut shown: String = value.to_string().chars().take(60).collect();
        if shown.len() < value.to_string().len() {
            shown.push('…');
        }
        Self::new(
            ErrorCode::NotBoolean,
            format!(
                "The condition gave {shown} where true or false is needed. Compare it with something, as in `input > 10`."
            ),
        )
    }

    pub(super) fn too_large() -> Self {
        Self::new(
            ErrorCode::OutputTooLarge,
            format!(
                "The result is larger than {} MiB. Take a part of it, or split the work over several nodes.",
                super::MAX_OUTPUT_BYTES / 1024 / 1024
            ),
        )
    }

    pub(super) fn too_expensive() -> Self {
        Self::new(
            ErrorCode::TooExpensive,
            "This takes too many steps. Shorten the loops, or split the work over several nodes.",
        )
    }

    /// Carried through minijinja, which knows only its own errors.
    pub(super) fn into_engine(self) -> minijinja::Error {
        minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, self.message.clone()).with_source(self)
    }

    /// Out of minijinja again: ours where it carries one, else by its kind.
    pub(super) fn from_engine(error: &minijinja::Error) -> Self {
        use minijinja::ErrorKind as Kind;
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(current) = cause {
            if let Some(own) = current.downcast_ref::<Self>() {
                return Self { line: own.line.or(error.line()), ..own.clone() };
            }
            if current.downcast_ref::<minijinja::Error>().is_some_and(|e| e.kind() == Kind::OutOfFuel) {
                return Self { line: error.line(), ..Self::too_expensive() };
            }
            cause = current.source();
        }
        let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
        let (code, message) = match error.kind() {
            Kind::SyntaxError | Kind::BadEscape => {
                if detail.contains("recursion") || detail.contains("Too many") {
                    (
                        ErrorCode::TooExpensive,
                        "This is nested too deeply. Split it over several nodes.".to_owned(),
                    )
                } else {
                    (ErrorCode::Syntax, format!("Cannot be read: {detail}."))
                }
            }
            Kind::UndefinedError | Kind::InvalidOperation
                if error.kind() == Kind::UndefinedError || detail.contains("undefined") =>
            {
                (ErrorCode::Undefined, "Uses a value that is not there. Check the names in it.".to_owned())
            }
            Kind::UnknownFilter => (ErrorCode::Evaluation, format!("There is no such filter: {detail}.")),
            Kind::UnknownTest => (ErrorCode::Evaluation, format!("There is no such test: {detail}.")),
            Kind::UnknownFunction => (ErrorCode::Evaluation, format!("There is no such function: {detail}.")),
            Kind::UnknownMethod => {
                (ErrorCode::Evaluation, format!("There is no such method for this value: {detail}."))
            }
            _ if detail.contains("recursion limit") => {
                (ErrorCode::TooExpensive, Self::too_expensive().message)
            }
            _ => (ErrorCode::Evaluation, format!("Cannot be evaluated: {detail}.")),
        };
        Self { code, message, line: error.line(), span: None }
    }
}
