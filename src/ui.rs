//! The interface in Leptos: pages, components, the canvas; `server_fns` is its only bridge to the server.

pub mod app;
pub mod browser;
pub mod canvas;
pub mod components;
pub mod pages;
pub mod preferences;
pub mod server_fns;
#[cfg(feature = "ssr")]
pub mod shell;
