//! Finding documents: their vectors, their words, and how they come in.

pub mod ingest;
