//! The integration tests: one binary, real databases, the real server on a free port.

mod support;

mod accounts;
mod again;
mod agent;
mod api_keys;
mod bad_input;
mod children;
mod collections;
mod command_line;
mod credentials;
#[cfg(feature = "chaos")]
mod disk_full;
mod engine;
#[cfg(feature = "chaos")]
mod faults;
mod graph;
mod house;
mod http_request;
mod leaks;
mod models;
mod notes;
mod openai;
mod pages;
mod routes;
mod runs;
mod store;
mod tables;
mod templates;
mod triggers;
mod uploads;
mod uses;
mod versions;
mod workflows;
