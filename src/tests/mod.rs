//! The integration tests: one binary, real databases, the real server on a free port.

mod support;

mod accounts;
mod again;
mod api_keys;
mod bad_input;
mod children;
mod command_line;
mod engine;
mod graph;
mod house;
mod pages;
mod routes;
mod runs;
mod store;
mod versions;
mod workflows;
