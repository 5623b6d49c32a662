//! One file per page. A page loads through `server_fns`, shows with `components`.

pub mod account;
mod active;
pub mod collection;
pub mod collections;
pub mod credentials;
pub mod dashboard;
pub mod error;
mod form;
pub mod layout;
pub mod models;
mod refusal;
pub mod run;
pub mod run_stream;
pub mod runs;
pub mod settings;
mod stand_in;
pub mod stock;
pub mod table;
pub mod tables;
pub mod templates;
pub mod triggers;
mod uses;
pub mod versions;
mod whole;
pub mod workflow;
