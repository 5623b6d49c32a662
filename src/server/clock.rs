//! The one place that reads the time on the server.
