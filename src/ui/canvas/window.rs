//! Which part of the world is in the page, and in what detail. Pure; `scene` holds it as signals.

use super::geometry::{Rect, View};
use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

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
    /// The window for a view: the one before, while that still serves. While the zoom changes it serves as long as it
    /// covers what is seen; a larger one is still for the zoom before.
    #[must_use]
    pub fn following(before: Option<&Self>, view: View, size: (f64, f64), zooming: bool) -> Self {
        let size = if size.0 > 0.0 && size.1 > 0.0 { size } else { UNMEASURED };
        let seen = view.seen(size);
        let mut zoom = view.zoom;
        if let Some(before) = before {
            let ratio = view.zoom / before.zoom;
            let alike = (0.6..=1.7).contains(&ratio) && (view.zoom < READABLE) == (before.zoom < READABLE);
            if (zooming || alike) && before.area.covers(seen) {
                return *before;
            }
            if zooming {
                zoom = before.zoom;
            }
        }
        let is_far = zooming || view.zoom < READABLE;
        let margin = if is_far { FAR_MARGIN * size.0.max(size.1) } else { MARGIN };
        Self { area: seen.grown(margin / view.zoom), zoom }
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

    /// For so many cards that come into sight while the zoom changes: what they will be at rest is not known yet.
    #[must_use]
    pub fn in_motion(cards: usize) -> Self {
        if cards > FEW { Self::Plain } else { Self::Full }
    }

    /// How many things are put into the page within one frame.
    #[must_use]
    pub fn per_frame(self) -> usize {
        match self {
            Self::Full => 16,
            Self::Plain => 64,
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

/// More plain cards than this are not kept out of sight.
const MOST_KEPT: usize = 3_000;

/// The cards of the page after one frame's step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cards<K> {
    pub cards: Vec<(K, Detail)>,
    /// More is to come.
    pub more: bool,
    /// Plain cards are in sight; else there are none, or they only wait.
    pub is_far: bool,
}

/// One frame's step of the cards in the page towards `wanted`. A card that shall be drawn in another detail stays as it is
/// until its turn comes. While the zoom changes (`moving`), all that is here stays; at rest among whole cards plain ones
/// stay out of sight, so that the next look from afar finds them. `place` is a card's place in the document: the cards
/// keep that order, so that none is moved in the page.
#[must_use]
pub fn step_cards<K: Copy + Eq + Hash>(
    now: &[(K, Detail)],
    (wanted, detail): (&[(K, Detail)], Detail),
    moving: bool,
    place: impl Fn(&K) -> usize,
) -> Cards<K> {
    let mut here: HashMap<K, Detail> = now.iter().copied().collect();
    let (mut room, mut more) = (detail.per_frame(), false);
    let mut cards = Vec::with_capacity(now.len().max(wanted.len()));
    for &(key, detail) in wanted {
        match here.remove(&key) {
            Some(as_is) if as_is == detail || moving => cards.push((key, as_is)),
            _ if room > 0 => {
                room -= 1;
                cards.push((key, detail));
            }
            Some(as_is) => {
                more = true;
                cards.push((key, as_is));
            }
            None => more = true,
        }
    }
    let is_far = cards.iter().any(|(_, detail)| *detail == Detail::Plain);
    let mut room = MOST_KEPT;
    for (key, as_is) in now.iter().copied().filter(|(key, _)| here.contains_key(key)) {
        let waits = room > 0 && (detail, as_is) == (Detail::Full, Detail::Plain);
        if moving || waits {
            room = room.saturating_sub(1);
            cards.push((key, as_is));
        }
    }
    cards.sort_by_key(|(key, _)| place(key));
    Cards { cards, more, is_far }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (f64, f64) = (1000.0, 600.0);

    #[test]
    fn a_window_stands_while_the_view_moves_within_it() {
        let view = View { x: 0.0, y: 0.0, zoom: 1.0 };
        let first = Window::following(None, view, SIZE, false);
        assert!(first.area.covers(view.seen(SIZE)));
        let near = View { x: -150.0, y: 120.0, zoom: 1.0 };
        assert_eq!(Window::following(Some(&first), near, SIZE, false), first);
        let far = View { x: -250.0, ..view };
        let next = Window::following(Some(&first), far, SIZE, false);
        assert!(next != first && next.area.covers(far.seen(SIZE)));
    }

    #[test]
    fn a_window_gives_way_to_another_zoom() {
        let view = View { x: 0.0, y: 0.0, zoom: 1.0 };
        let first = Window::following(None, view, SIZE, false);
        let nearer = View { zoom: 1.9, ..view };
        assert!(Window::following(Some(&first), nearer, SIZE, false).area.width < first.area.width);
        let at_the_border = Window::following(None, View { zoom: 0.51, ..view }, SIZE, false);
        let below = View { zoom: 0.49, ..view };
        assert_eq!(Window::following(Some(&at_the_border), below, SIZE, false).zoom, 0.49);
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

    #[test]
    fn while_the_zoom_changes_a_window_stands_as_long_as_it_covers_what_is_seen() {
        let view = View { x: 0.0, y: 0.0, zoom: 0.2 };
        let first = Window::following(None, view, SIZE, false);
        let nearer = View { zoom: 1.6, ..view };
        assert_eq!(Window::following(Some(&first), nearer, SIZE, true), first);
        assert_ne!(Window::following(Some(&first), nearer, SIZE, false), first, "at rest it is another one");
        let further = View { zoom: 0.1, ..view };
        let next = Window::following(Some(&first), further, SIZE, true);
        assert!(next.area.covers(further.seen(SIZE)));
        assert_eq!(next.zoom, 0.2, "the detail is that of the zoom before");
    }

    #[test]
    fn cards_stay_as_they_are_until_their_turn_comes() {
        use Detail::{Full, Plain};
        let far: Vec<_> = (0..40).map(|i| (i, Plain)).collect();
        let near: Vec<_> = (10..30).map(|i| (i, Full)).collect();
        let step = |now: &[_], wanted: &[_], detail, moving| {
            step_cards(now, (wanted, detail), moving, |key: &usize| *key)
        };
        let moving = step(&far, &near, Full, true);
        assert_eq!(moving, Cards { cards: far.clone(), more: false, is_far: true }, "nothing changes");
        let first = step(&far, &near, Full, false);
        assert_eq!(first.cards.len(), 40, "no hole and no card twice");
        assert_eq!(first.cards.iter().filter(|(_, d)| *d == Full).count(), Full.per_frame());
        assert!(first.more && first.is_far && first.cards.is_sorted_by_key(|(key, _)| *key));
        let second = step(&first.cards, &near, Full, false);
        assert!(!second.more && !second.is_far && second.cards[10..30] == near[..]);
        assert_eq!(second.cards[0], (0, Plain), "kept for the next look from afar");
        let back = step(&second.cards, &far[..35], Plain, false);
        assert_eq!(back.cards, far[..35], "from afar what is out of sight goes");
    }
}
