//! Which part of the world is in the page, and in what detail. Pure; `scene` holds it as signals.

use super::geometry::{Rect, View};
use std::{collections::HashSet, hash::Hash};

/// Pixels of the screen beyond the canvas that are in the page already.
const MARGIN: f64 = 200.0;
/// The same where cards may be plain, as a part of the canvas: what is there costs little, and what comes and goes
/// while the view moves costs frames.
const FAR_MARGIN: f64 = 0.4;
/// What a canvas is taken for before it was measured: the server and the first drawing in the browser agree on it.
const UNMEASURED: (f64, f64) = (1280.0, 800.0);
/// Below this zoom no text of a card can be read.
const READABLE: f64 = 0.5;
/// So many cards are drawn in full at any zoom.
const FEW: usize = 120;

/// The part of the world that is in the page. It stands while the view moves within it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    pub area: Rect,
    /// The zoom it was made for.
    pub zoom: f64,
}

impl Window {
    /// The window for a view: the one before, while that still serves.
    #[must_use]
    pub fn following(before: Option<&Self>, view: View, size: (f64, f64)) -> Self {
        let size = if size.0 > 0.0 && size.1 > 0.0 { size } else { UNMEASURED };
        let seen = view.seen(size);
        if let Some(before) = before {
            let ratio = view.zoom / before.zoom;
            let alike = (0.6..=1.7).contains(&ratio) && (view.zoom < READABLE) == (before.zoom < READABLE);
            if alike && before.area.covers(seen) {
                return *before;
            }
        }
        let margin = if view.zoom < READABLE { FAR_MARGIN * size.0.max(size.1) } else { MARGIN };
        Self { area: seen.grown(margin / view.zoom), zoom: view.zoom }
    }
}

/// How a card is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Detail {
    #[default]
    Full,
    /// A box in the colour of its kind, with its name.
    Plain,
}

impl Detail {
    /// For so many cards at this zoom.
    #[must_use]
    pub fn of(zoom: f64, cards: usize) -> Self {
        if zoom < READABLE && cards > FEW { Self::Plain } else { Self::Full }
    }

    /// How many things are put into the page within one frame.
    #[must_use]
    pub fn per_frame(self) -> usize {
        match self {
            Self::Full => 24,
            Self::Plain => 96,
        }
    }
}

/// One frame's step from what is in the page to what shall be: all that is no longer wanted goes, at most `most` new
/// things come, in the order of `wanted`. Tells whether more is to come.
#[must_use]
pub fn step<K: Clone + Eq + Hash>(now: &[K], wanted: &[K], most: usize) -> (Vec<K>, bool) {
    let here: HashSet<&K> = now.iter().collect();
    let mut room = most;
    let mut next = Vec::with_capacity(wanted.len());
    for key in wanted {
        if here.contains(key) {
            next.push(key.clone());
        } else if room > 0 {
            room -= 1;
            next.push(key.clone());
        }
    }
    let more = next.len() < wanted.len();
    (next, more)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (f64, f64) = (1000.0, 600.0);

    #[test]
    fn a_window_stands_while_the_view_moves_within_it() {
        let view = View { x: 0.0, y: 0.0, zoom: 1.0 };
        let first = Window::following(None, view, SIZE);
        assert!(first.area.covers(view.seen(SIZE)));
        let near = View { x: -150.0, y: 120.0, zoom: 1.0 };
        assert_eq!(Window::following(Some(&first), near, SIZE), first);
        let far = View { x: -250.0, ..view };
        let next = Window::following(Some(&first), far, SIZE);
        assert!(next != first && next.area.covers(far.seen(SIZE)));
    }

    #[test]
    fn a_window_gives_way_to_another_zoom() {
        let view = View { x: 0.0, y: 0.0, zoom: 1.0 };
        let first = Window::following(None, view, SIZE);
        let nearer = View { zoom: 1.9, ..view };
        assert!(Window::following(Some(&first), nearer, SIZE).area.width < first.area.width);
        let at_the_border = Window::following(None, View { zoom: 0.51, ..view }, SIZE);
        let below = View { zoom: 0.49, ..view };
        assert_eq!(Window::following(Some(&at_the_border), below, SIZE).zoom, 0.49);
    }

    #[test]
    fn few_cards_are_drawn_in_full_at_any_zoom() {
        assert_eq!(Detail::of(0.1, FEW), Detail::Full);
        assert_eq!(Detail::of(0.1, FEW + 1), Detail::Plain);
        assert_eq!(Detail::of(READABLE, 5_000), Detail::Full);
    }

    #[test]
    fn what_is_wanted_comes_in_steps_and_what_is_not_goes_at_once() {
        let (first, more) = step(&[9, 2], &[1, 2, 3, 4], 2);
        assert_eq!((first.as_slice(), more), ([1, 2, 3].as_slice(), true));
        let (second, more) = step(&first, &[1, 2, 3, 4], 2);
        assert_eq!((second.as_slice(), more), ([1, 2, 3, 4].as_slice(), false));
        assert_eq!(step::<i32>(&second, &[], 2), (Vec::new(), false));
    }
}
