//! The workflow itself: what is saved, what its steps are, expressions, the checker, edits.
//! Pure and shared by browser, server and command line: no I/O, no tokio, no SeaORM, no Leptos.

pub mod agent_lines;
pub mod cases;
pub mod catalog;
pub mod check;
pub mod diff;
pub mod digest;
pub mod document;
pub mod edit;
pub mod expression;
pub mod file;
pub mod ids;
pub mod notes;
#[cfg(test)]
mod properties;
pub mod shape;
pub mod tables;
pub mod templates;
pub mod touches;
