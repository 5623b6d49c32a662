//! Lines that show what a moved card is level with, and the pull towards them. Pure.

use super::geometry::{GRID, Point, Rect};

/// A line from one card to another, in world pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guide {
    pub from: Point,
    pub to: Point,
}

/// Where a moved box comes to rest, and the lines to show.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rest {
    pub at: Point,
    pub guides: Vec<Guide>,
}

/// How far a line reaches beyond the cards it joins.
const BEYOND: f64 = 12.0;

/// A box along one of the two directions.
#[derive(Clone, Copy)]
struct Span {
    start: f64,
    length: f64,
}

impl Span {
    fn end(self) -> f64 {
        self.start + self.length
    }

    /// What can be level: start, end, middle; edges ahead of middles where both are.
    fn marks(self) -> [f64; 3] {
        [self.start, self.end(), self.start + self.length / 2.0]
    }
}

fn across(r: &Rect) -> Span {
    Span { start: r.x, length: r.width }
}

fn down(r: &Rect) -> Span {
    Span { start: r.y, length: r.height }
}

/// Brings a box that is held at `moved` to rest: level with the nearest of `others` within `reach`, else on the grid,
/// each direction by itself. The lines show what it is level with there.
#[must_use]
pub fn rest(moved: Rect, others: &[Rect], reach: f64) -> Rest {
    let x = settle(across(&moved), others.iter().map(across), reach);
    let y = settle(down(&moved), others.iter().map(down), reach);
    let settled = Rect { x, y, ..moved };
    let upright = line(down(&settled), across(&settled), others, across, down)
        .map(|(x, from, to)| Guide { from: Point::new(x, from), to: Point::new(x, to) });
    let level = line(across(&settled), down(&settled), others, down, across)
        .map(|(y, from, to)| Guide { from: Point::new(from, y), to: Point::new(to, y) });
    Rest { at: Point::new(x, y), guides: upright.into_iter().chain(level).collect() }
}

/// The nearest place within reach where a mark of `moved` meets the same mark of another, else the grid's.
fn settle(moved: Span, others: impl Iterator<Item = Span>, reach: f64) -> f64 {
    let pulls = others.flat_map(|other| {
        let marks = moved.marks();
        other.marks().into_iter().zip(marks).map(|(to, from)| to - from)
    });
    let nearest = pulls.filter(|pull| pull.abs() <= reach).min_by(|a, b| a.abs().total_cmp(&b.abs()));
    match nearest {
        Some(pull) => moved.start + pull,
        None => (moved.start / GRID).round() * GRID,
    }
}

/// The line at the first mark that is level with another card's: where it is, and from where to where it goes.
fn line(
    along: Span,
    level: Span,
    others: &[Rect],
    level_of: fn(&Rect) -> Span,
    along_of: fn(&Rect) -> Span,
) -> Option<(f64, f64, f64)> {
    (0..3).find_map(|i| {
        let mark = level.marks()[i];
        let same = others.iter().filter(|o| (level_of(o).marks()[i] - mark).abs() < 0.5).map(along_of);
        // The nearest only: a line through the whole graph says nothing.
        let nearest = same.min_by(|a, b| gap(along, *a).total_cmp(&gap(along, *b)))?;
        let from = along.start.min(nearest.start) - BEYOND;
        let to = along.end().max(nearest.end()) + BEYOND;
        Some((mark, from, to))
    })
}

fn gap(a: Span, b: Span) -> f64 {
    (b.start - a.end()).max(a.start - b.end()).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(x: f64, y: f64, height: f64) -> Rect {
        Rect { x, y, width: 256.0, height }
    }

    #[test]
    fn alone_it_comes_to_rest_on_the_grid() {
        let rest = rest(card(70.0, 41.0, 120.0), &[], 6.0);
        assert_eq!(rest, Rest { at: Point::new(64.0, 48.0), guides: Vec::new() });
    }

    #[test]
    fn it_is_pulled_level_with_a_card_that_lies_off_the_grid() {
        let other = card(0.0, 37.0, 120.0);
        let rest = rest(card(403.0, 33.0, 98.0), &[other], 6.0);
        assert_eq!(rest.at, Point::new(400.0, 37.0), "upper edges; the grid across");
        assert_eq!(rest.guides, [Guide { from: Point::new(-12.0, 37.0), to: Point::new(668.0, 37.0) }]);
        let beyond = super::rest(card(403.0, 22.0, 98.0), &[other], 6.0);
        assert_eq!((beyond.at.y, beyond.guides.len()), (16.0, 0), "15 pixels are too far");
    }

    #[test]
    fn middles_count_where_no_edge_is_near() {
        let other = card(0.0, 0.0, 200.0);
        let rest = rest(card(400.0, 53.0, 100.0), &[other], 6.0);
        assert_eq!(rest.at.y, 50.0);
        assert_eq!(rest.guides[0].from.y, 100.0, "the line runs through both middles");
    }

    #[test]
    fn both_directions_at_once_and_the_nearest_card_of_each() {
        let others = [card(0.0, 5.0, 120.0), card(405.0, 400.0, 120.0), card(405.0, 2000.0, 120.0)];
        let rest = rest(card(402.0, 2.0, 120.0), &others, 6.0);
        assert_eq!(rest.at, Point::new(405.0, 5.0));
        assert_eq!(rest.guides.len(), 2);
        let upright = rest.guides[0];
        assert_eq!((upright.from.x, upright.to.x), (405.0, 405.0));
        assert_eq!(upright.to.y, 532.0, "to the near one, not to the far one");
    }
}
