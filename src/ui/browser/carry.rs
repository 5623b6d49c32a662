//! A word carried with the pointer from one element to another, by the browser's own drag and drop. Does nothing on the
//! server.

use leptos::web_sys::DragEvent;

/// Begins to carry a word of a kind; `kind` looks like a media type.
pub fn take(event: &DragEvent, kind: &str, word: &str) {
    #[cfg(feature = "hydrate")]
    if let Some(transfer) = event.data_transfer() {
        let _ = transfer.set_data(kind, word);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (event, kind, word);
}

/// Whether a word of this kind is carried. What it is can only be read when it is dropped.
#[must_use]
pub fn is_carried(event: &DragEvent, kind: &str) -> bool {
    #[cfg(feature = "hydrate")]
    {
        event
            .data_transfer()
            .is_some_and(|t| t.types().iter().any(|k| k.as_string().as_deref() == Some(kind)))
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (event, kind);
        false
    }
}

/// The word that was dropped.
#[must_use]
pub fn dropped(event: &DragEvent, kind: &str) -> Option<String> {
    #[cfg(feature = "hydrate")]
    {
        event.data_transfer()?.get_data(kind).ok().filter(|word| !word.is_empty())
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (event, kind);
        None
    }
}
