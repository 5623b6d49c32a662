//! The server: everything that needs a disk, a network or a thread. Wired together in `cli`.

pub mod cli;
pub mod clock;
pub mod config;
pub mod engine;
pub mod error;
pub mod hex;
pub mod http;
pub mod llm;
pub mod locked;
pub mod nodes;
pub mod outbound;
pub mod search;
pub mod secrets;
pub mod services;
pub mod state;
pub mod store;
pub mod telemetry;
