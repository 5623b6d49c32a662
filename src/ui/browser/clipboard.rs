//! The system's clipboard, by the events of Ctrl+C, X and V: they need no permission and no secure address.

#[cfg(feature = "hydrate")]
use wasm_bindgen::{JsCast, JsValue};

/// The text that a paste brings.
#[must_use]
pub fn text(event: &leptos::web_sys::ClipboardEvent) -> Option<String> {
    #[cfg(feature = "hydrate")]
    {
        event.clipboard_data()?.get_data("text/plain").ok().filter(|text| !text.is_empty())
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        None
    }
}

/// Answers a copy or cut with this text; `false` if the browser does not take it.
pub fn put(event: &leptos::web_sys::ClipboardEvent, text: &str) -> bool {
    #[cfg(feature = "hydrate")]
    {
        event.prevent_default();
        event.clipboard_data().is_some_and(|data| data.set_data("text/plain", text).is_ok())
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (event, text);
        false
    }
}

/// Whether text of the page is marked, which Ctrl+C is then about.
#[must_use]
pub fn has_marked_text() -> bool {
    #[cfg(feature = "hydrate")]
    {
        let window = leptos::prelude::window();
        js_sys::Reflect::get(&window, &JsValue::from_str("getSelection"))
            .ok()
            .and_then(|get| get.dyn_into::<js_sys::Function>().ok())
            .and_then(|get| get.call0(&window).ok())
            .and_then(|marked| marked.dyn_into::<js_sys::Object>().ok())
            .is_some_and(|marked| marked.to_string().length() > 0)
    }
    #[cfg(not(feature = "hydrate"))]
    false
}

/// Reads the clipboard where no paste event brings it; `None` where the browser does not allow that.
pub async fn read() -> Option<String> {
    #[cfg(feature = "hydrate")]
    {
        let navigator = leptos::prelude::window().navigator();
        let offered = js_sys::Reflect::get(&navigator, &JsValue::from_str("clipboard"))
            .is_ok_and(|clipboard| !clipboard.is_undefined());
        if !offered {
            return None;
        }
        wasm_bindgen_futures::JsFuture::from(navigator.clipboard().read_text()).await.ok()?.as_string()
    }
    #[cfg(not(feature = "hydrate"))]
    None
}
