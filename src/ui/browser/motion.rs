//! Movement that explains a change, for those who like it.

/// Whether the reader asked for less motion; also where there is no browser.
#[must_use]
pub fn is_reduced() -> bool {
    #[cfg(feature = "hydrate")]
    {
        leptos::prelude::window()
            .match_media("(prefers-reduced-motion: reduce)")
            .ok()
            .flatten()
            .is_some_and(|query| query.matches())
    }
    #[cfg(not(feature = "hydrate"))]
    true
}

/// Calls `draw` in each frame for so many milliseconds, with 0 to 1, slower towards the end; the last time with 1.
/// Does nothing on the server.
pub fn animate(ms: f64, draw: impl Fn(f64) + 'static) {
    #[cfg(feature = "hydrate")]
    next(super::now_ms(), ms, draw);
    #[cfg(not(feature = "hydrate"))]
    let _ = (ms, draw);
}

#[cfg(feature = "hydrate")]
fn next(began: f64, ms: f64, draw: impl Fn(f64) + 'static) {
    let part = ((super::now_ms() - began) / ms).clamp(0.0, 1.0);
    draw(1.0 - (1.0 - part).powi(3));
    if part < 1.0 {
        leptos::prelude::request_animation_frame(move || next(began, ms, draw));
    }
}
