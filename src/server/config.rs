//! Settings: one struct per concern, from MILLRACE_* variables and millrace.toml.
