//! What a browser keeps for this site between visits. Nothing secret, and nothing that may not be lost.

/// What was kept under that name.
#[must_use]
pub fn recall(key: &str) -> Option<String> {
    #[cfg(feature = "hydrate")]
    {
        leptos::prelude::window().local_storage().ok()??.get_item(key).ok()?
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = key;
        None
    }
}

/// Keeps a text; does nothing where the browser keeps none.
pub fn keep(key: &str, text: &str) {
    #[cfg(feature = "hydrate")]
    if let Ok(Some(storage)) = leptos::prelude::window().local_storage() {
        let _ = storage.set_item(key, text);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (key, text);
}
