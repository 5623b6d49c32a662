//! The rules of the product and their transactions, one module per resource. Plain functions:
//! `(state, owner, …) -> Result<api type, AppError>`. Called by HTTP routes, server functions and the command line.

pub mod accounts;
pub mod chat;
pub mod collections;
pub mod credentials;
pub mod failure_notices;
pub mod files;
pub mod models;
pub mod node_types;
pub mod openai;
mod rounds;
pub mod runs;
pub mod tables;
pub mod triggers;
pub mod uploads;
pub mod uses;
pub mod workflows;

use super::{error::AppError, store::page::PageRequest};
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

/// Items of a page where nobody says how many.
pub const PAGE_LIMIT: u64 = 50;

/// Which part of a list.
///
/// # Errors
/// 422 for a limit that is not from 1 to 200.
pub(crate) fn page_request(after: Option<String>, limit: u64) -> Result<PageRequest, AppError> {
    if !(1..=200).contains(&limit) {
        return Err(AppError::field("limit", "must be from 1 to 200"));
    }
    Ok(PageRequest { limit, after })
}
