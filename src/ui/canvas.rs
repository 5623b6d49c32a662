//! The drawing surface: geometry, view state and gestures, apart from the document that is saved.
//! No server calls here; the page that holds the canvas saves and runs.

pub mod card;
pub mod change;
pub mod clipboard;
pub mod editing;
pub mod geometry;
pub mod gesture;
pub mod guides;
pub mod hint;
pub mod history;
pub mod selection;
pub mod summary;
pub mod surface;
pub mod toolbar;
pub mod wire;
