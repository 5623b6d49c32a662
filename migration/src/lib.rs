//! The migrations: one file per change, never edited after it landed; the same on SQLite and Postgres.
