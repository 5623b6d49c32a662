//! Millrace: an AI workflow builder in one program. See ARCHITECTURE.md for the house and its rules.

#[cfg(all(feature = "ssr", feature = "hydrate"))]
compile_error!("build the server with `ssr` or the browser with `hydrate`, never both at once");

pub mod api;
#[cfg(feature = "ssr")]
pub mod server;
pub mod ui;
pub mod workflow;

/// Takes over the server-rendered page in the browser and marks the document when that is done. The part of the
/// program that this page needs comes first: the page is taken over in one go, with nothing left to wait for.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn hydrate() {
    console_error_panic_hook::set_once();
    ui::app::load_part_of(&ui::browser::here()).await;
    leptos::mount::hydrate_body(ui::app::App);
    let root = web_sys::window().and_then(|w| w.document()).and_then(|d| d.document_element());
    if let Some(root) = root {
        // Only a mark for tests and styles; without it the page works all the same.
        let _ = root.set_attribute("data-hydrated", "true");
    }
}

/// Runs a table of expression and checker cases; the browser tests compare the report with the native one.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn run_cases(json: String) -> String {
    cases_report(json).await
}

/// In the part of the editor that has the checker.
#[cfg(feature = "hydrate")]
#[leptos::wasm_split::wasm_split(
    editor_tools,
    wasm_split_path = leptos::wasm_split,
    preload(#[allow(dead_code)] preload_cases)
)]
fn cases_report(json: String) -> String {
    workflow::cases::run_cases(&json)
}
