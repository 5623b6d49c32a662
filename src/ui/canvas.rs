//! The drawing surface: geometry, view state and gestures, apart from the document that is saved.
//! No server calls here; the page that holds the canvas saves and runs.

pub mod geometry;
