//! The integration tests: one binary, real databases.
