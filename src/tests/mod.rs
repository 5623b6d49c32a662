//! The integration tests: one binary, real databases.

mod engine;
mod store;
mod support;
