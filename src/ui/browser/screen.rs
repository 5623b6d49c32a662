//! How much room the window has.

use leptos::prelude::*;

/// The width up to which a page is laid out for a phone, in CSS pixels; the same as in the style sheets.
#[cfg(feature = "hydrate")]
const SMALL: f64 = 760.0;

/// Whether the window is as narrow as a phone; follows its size. On the server and until the page is alive: no.
#[must_use]
pub fn is_small() -> ReadSignal<bool> {
    let (is_small, set) = signal(false);
    #[cfg(not(feature = "hydrate"))]
    let _ = set;
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        let look = move || {
            let width = window().inner_width().ok().and_then(|w| w.as_f64()).unwrap_or(f64::INFINITY);
            if is_small.get_untracked() != (width <= SMALL) {
                set.set(width <= SMALL);
            }
        };
        look();
        let handle = window_event_listener(leptos::ev::resize, move |_| look());
        on_cleanup(move || handle.remove());
    });
    is_small
}
