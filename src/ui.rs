//! The interface in Leptos: pages, components, the canvas; `server_fns` is its only bridge to the server.

pub mod app;
pub mod browser;
pub mod components;
pub mod preferences;
#[cfg(feature = "ssr")]
pub mod shell;
