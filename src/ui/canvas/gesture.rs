//! What a pointer is doing. Pure: the state, and what it makes of the next place of the pointer.

use super::{
    geometry::{Point, Rect, View},
    wiring::End,
};
use crate::workflow::ids::{EdgeId, NodeId, NoteId};

/// The gesture under way.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Gesture {
    #[default]
    None,
    /// Moves the view; `start` and `view` are where the pointer and the view were.
    Pan { start: Point, view: View },
    /// Moves what is chosen; `held` is what was pressed, `grip` the pointer's place on it, in world pixels; `tap` what a
    /// press does that moves nothing.
    Move { held: Held, grip: Point, start: Point, moved: bool, tap: Tap },
    /// Takes the lower right corner of a note or frame elsewhere; `from` is its box before, `start` the pointer's place
    /// then, in world pixels.
    Resize { note: NoteId, from: Rect, start: Point },
    /// Draws a box from `start`, in world pixels, to choose what it touches.
    Box { start: Point },
    /// Draws an edge from a port to the pointer.
    Connect { source: NodeId, port: String },
    /// Takes one end of an edge to another port.
    Rewire { edge: EdgeId, end: End },
}

/// What is held while it moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    Card(NodeId),
    Paper(NoteId),
}

/// What a press on a card does to the selection when it ends without a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tap {
    /// Nothing more: it was done when the press began.
    Done,
    /// The card alone is chosen: it was one of many, which would have moved together.
    Only,
    /// The card is taken out.
    TakeOut,
}

/// Screen pixels a pointer may tremble before a press is a drag.
const SLACK: f64 = 4.0;

/// The view after the pointer went to `now`.
#[must_use]
pub fn panned(view: View, start: Point, now: Point) -> View {
    View { x: view.x + now.x - start.x, y: view.y + now.y - start.y, ..view }
}

/// Whether a press has become a drag.
#[must_use]
pub fn is_drag(start: Point, now: Point) -> bool {
    start.distance(now) > SLACK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panning_follows_the_pointer_at_any_zoom() {
        let view = View { x: 10.0, y: 20.0, zoom: 0.3 };
        let after = panned(view, Point::new(100.0, 100.0), Point::new(130.0, 60.0));
        assert_eq!(after, View { x: 40.0, y: -20.0, zoom: 0.3 });
    }

    #[test]
    fn trembling_is_no_drag() {
        let start = Point::new(50.0, 50.0);
        assert!(!is_drag(start, Point::new(52.0, 53.0)));
        assert!(is_drag(start, Point::new(50.0, 55.0)));
    }
}
