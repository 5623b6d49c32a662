//! The bridge to `server::services`: each function takes the session, makes one call, replies. Nothing else in
//! `ui` reaches the server, apart from the event streams of runs and of the chat, and the renewal of the session.

pub mod account;
pub mod api_keys;
pub mod chat;
mod codec;
pub mod collections;
pub mod credentials;
pub mod error;
pub mod models;
pub mod runs;
pub mod session;
pub mod tables;
pub mod triggers;
pub mod uses;
pub mod versions;
pub mod workflows;
