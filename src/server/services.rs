//! The rules of the product and their transactions, one module per resource. Plain functions:
//! `(state, owner, …) -> Result<api type, AppError>`. Called by HTTP routes, server functions and the command line.

pub mod accounts;

use super::error::AppError;
use crate::api::problem::FieldError;

/// Collects what is wrong with a request, so that one reply names every field.
#[derive(Default)]
pub(crate) struct Fields(Vec<FieldError>);

impl Fields {
    pub(crate) fn refuse(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldError { field: field.into(), message: message.into() });
    }

    /// Text between `min` and `max` characters, without control characters.
    pub(crate) fn line(&mut self, field: &str, text: &str, min: usize, max: usize) {
        let length = text.trim().chars().count();
        if length < min {
            self.refuse(
                field,
                if min == 1 { "is empty".to_owned() } else { format!("needs at least {min} characters") },
            );
        } else if text.chars().count() > max {
            self.refuse(field, format!("is longer than {max} characters"));
        } else if text.chars().any(char::is_control) {
            self.refuse(field, "has control characters such as line breaks");
        }
    }

    pub(crate) fn check(self) -> Result<(), AppError> {
        if self.0.is_empty() { Ok(()) } else { Err(AppError::fields(self.0)) }
    }
}
