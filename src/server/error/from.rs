//! What errors of the inner parts mean to who asked.

use super::AppError;
use crate::server::{
    engine::EngineError,
    llm::LlmError,
    search::SearchError,
    store::{StoreError, data_tables::TableError},
};
use axum::http::StatusCode;

impl From<StoreError> for AppError {
    #[track_caller]
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(what) => Self::not_found(what),
            StoreError::Unique(field) => {
                Self::taken(field.replace(' ', "_"), format!("that {field} is taken already; choose another"))
            }
            StoreError::Stale { revision } => Self::new(
                StatusCode::CONFLICT,
                "stale_revision",
                format!(
                    "It was changed meanwhile: the stored revision is {revision}. Load it again and repeat the change."
                ),
            ),
            StoreError::IdempotencyKeyReused => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "This Idempotency-Key was used before with another body. Send a new key for a new run.",
            ),
            StoreError::Invalid { field, message } => Self::field(field, message),
            StoreError::Reference => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "unknown_reference",
                "The request refers to something that does not exist.",
            ),
            StoreError::Unavailable(_) => {
                Self::unavailable("The database does not answer. Try again in a few seconds.", error)
            }
            StoreError::Damaged(_) => {
                Self::internal(format!("{error} (at {})", std::panic::Location::caller()))
            }
        }
    }
}

impl From<TableError> for AppError {
    #[track_caller]
    fn from(error: TableError) -> Self {
        match error {
            TableError::Store(error) => error.into(),
            TableError::Refused { code: "unknown_table", .. } => Self::not_found("table"),
            TableError::Refused { code, field, message } => Self::field(field, message).with_code(code),
        }
    }
}

impl From<LlmError> for AppError {
    fn from(error: LlmError) -> Self {
        let status = match error.code {
            "model_busy" => StatusCode::TOO_MANY_REQUESTS,
            _ if error.retryable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, error.code, error.message)
    }
}

impl From<SearchError> for AppError {
    #[track_caller]
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::UnknownCollection(_) => Self::not_found("collection"),
            SearchError::Field { field, message } => Self::field(field, message),
            SearchError::Model(error) => error.into(),
            SearchError::Store(error) => error.into(),
            SearchError::Busy | SearchError::Index(_) => {
                Self::unavailable(error.to_string(), &error).with_code(error.code())
            }
        }
    }
}

impl From<EngineError> for AppError {
    #[track_caller]
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::RunEnded(status) => Self::new(
                StatusCode::CONFLICT,
                "run_ended",
                format!("The run has ended already ({}); there is nothing to cancel.", status.as_str()),
            ),
            EngineError::ShuttingDown => {
                Self::unavailable("Millrace is shutting down. Try again when it is back.", error)
            }
            EngineError::Store(error) => error.into(),
        }
    }
}
