//! Errors as values with a code and a remedy.
