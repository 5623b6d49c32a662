//! Millrace: an AI workflow builder in one program. See ARCHITECTURE.md for the house and its rules.

#[cfg(all(feature = "ssr", feature = "hydrate"))]
compile_error!("build the server with `ssr` or the browser with `hydrate`, never both at once");

pub mod api;
#[cfg(feature = "ssr")]
pub mod server;
pub mod ui;
pub mod workflow;

/// Takes over the server-rendered page in the browser.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(ui::app::App);
}
