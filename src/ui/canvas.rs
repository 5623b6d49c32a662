//! The drawing surface: geometry, view state and gestures, apart from the document that is saved.
//! No server calls here; the page that holds the canvas saves and runs.

pub mod arrange;
pub mod card;
pub mod change;
pub mod clipboard;
pub mod compare;
pub mod editing;
pub mod flow;
pub mod geometry;
pub mod gesture;
pub mod ground;
pub mod guides;
pub mod hint;
pub mod history;
pub mod index;
pub mod marks;
pub mod minimap;
pub mod paper;
pub mod plain;
#[cfg(test)]
pub mod sample;
pub mod scene;
pub mod selection;
pub mod sheet;
pub mod summary;
pub mod surface;
pub mod tidy;
pub mod toolbar;
pub mod window;
pub mod wire;
pub mod wire_tools;
pub mod wiring;
