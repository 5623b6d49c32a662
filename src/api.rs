//! What goes over the wire, one file per resource: requests, replies, events. Shared by browser and server.
//! Not rows (see `server::store`) and not rules (see `workflow` and `server::services`).

pub mod auth;
pub mod chat;
pub mod credentials;
pub mod documents;
pub mod events;
pub mod files;
mod instant;
pub mod models;
pub mod node_types;
pub mod openai;
pub mod page;
pub mod problem;
pub mod runs;
pub mod tables;
pub mod templates;
pub mod triggers;
pub mod uploads;
pub mod uses;
pub mod vectors;
pub mod workflows;
