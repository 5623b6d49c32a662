//! Where a step that is gone is drawn when another stands at its place: beneath it, a little higher and further left, so
//! that both names can be read. Pure.

use crate::ui::canvas::geometry::{GRID, Point, Rect};

/// One move to the upper left, in pixels: what the name of a card needs.
const STEP: f64 = 2.0 * GRID;
/// Moves that are tried.
const MOST: u32 = 4;

/// The places of the cards that are gone, in their order; `here` are the cards that stay or came.
pub(super) fn places(gone: &[Rect], here: &[Rect]) -> Vec<Point> {
    let mut names: Vec<Rect> = Vec::new();
    let place = |rect: &Rect| {
        let moved = |times: u32| Rect {
            x: rect.x - STEP * f64::from(times),
            y: rect.y - STEP * f64::from(times),
            ..*rect
        };
        let is_free = |rect: &Rect| !here.iter().chain(&names).any(|other| overlaps(name_of(*rect), *other));
        let found = (0..=MOST).map(moved).find(is_free).unwrap_or_else(|| moved(1));
        names.push(name_of(found));
        Point::new(found.x, found.y)
    };
    gone.iter().map(place).collect()
}

/// The upper part of a card, with its name.
fn name_of(card: Rect) -> Rect {
    Rect { height: STEP, ..card }
}

/// Whether one lies over the other; touching is none.
fn overlaps(a: Rect, b: Rect) -> bool {
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(x: f64, y: f64) -> Rect {
        Rect { x, y, width: 256.0, height: 120.0 }
    }

    #[test]
    fn a_card_in_the_free_stays_where_it_was() {
        assert_eq!(places(&[card(0.0, 0.0)], &[card(300.0, 0.0), card(0.0, 120.0)]), [Point::new(0.0, 0.0)]);
    }

    #[test]
    fn a_card_beneath_another_shows_its_name_above_it() {
        let new = card(64.0, 64.0);
        let found = places(&[card(64.0, 64.0)], &[new]);
        assert_eq!(found, [Point::new(32.0, 32.0)], "two steps of the grid in both directions");
        assert!(!overlaps(name_of(card(found[0].x, found[0].y)), new));
    }

    #[test]
    fn a_card_that_only_hides_in_part_moves_as_well() {
        let new = card(100.0, 10.0);
        let found = places(&[card(0.0, 40.0)], &[new]);
        assert!(!overlaps(name_of(card(found[0].x, found[0].y)), new));
        assert!(found[0].y < 40.0 && found[0].x < 0.0);
    }

    #[test]
    fn names_of_several_at_one_place_do_not_cover_each_other() {
        let found = places(&[card(0.0, 0.0), card(0.0, 0.0)], &[card(0.0, 0.0)]);
        assert_eq!(found, [Point::new(-32.0, -32.0), Point::new(-64.0, -64.0)]);
    }

    #[test]
    fn a_heap_moves_one_step() {
        let heap: Vec<Rect> = (0..20).map(|i| card(-f64::from(i) * 16.0, -f64::from(i) * 16.0)).collect();
        assert_eq!(places(&[card(0.0, 0.0)], &heap), [Point::new(-32.0, -32.0)]);
    }
}
