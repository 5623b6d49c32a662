//! The bridge to `server::services`: each function takes the session, makes one call, replies. Nothing else in
//! `ui` reaches the server, apart from the event stream of a run and the renewal of the session.

pub mod account;
pub mod api_keys;
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
