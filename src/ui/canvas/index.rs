//! Finds what lies in an area without looking at everything: a grid of coarse cells over the world. Pure.

use super::geometry::Rect;
use std::collections::HashMap;

/// Side of a cell, in world pixels; a screen at life size touches about six.
const CELL: f64 = 1024.0;
/// What would lie in more cells than this is looked at in every search instead.
const MOST_CELLS: i64 = 64;

/// Things with boxes, found by area.
#[derive(Debug, Clone)]
pub struct Index<K> {
    items: Vec<(K, Rect)>,
    cells: HashMap<(i64, i64), Vec<usize>>,
    /// Places in `items` of what is too long for cells.
    long: Vec<usize>,
}

impl<K> Default for Index<K> {
    fn default() -> Self {
        Self { items: Vec::new(), cells: HashMap::new(), long: Vec::new() }
    }
}

impl<K: Copy> Index<K> {
    /// All things with their boxes.
    #[must_use]
    pub fn new(items: impl IntoIterator<Item = (K, Rect)>) -> Self {
        let mut this = Self { items: items.into_iter().collect(), ..Self::default() };
        for (place, (_, rect)) in this.items.iter().enumerate() {
            let span = Span::of(*rect);
            if span.count() > MOST_CELLS {
                this.long.push(place);
            } else {
                span.each(|cell| this.cells.entry(cell).or_default().push(place));
            }
        }
        this
    }

    /// All things, in the order in which they were given.
    pub fn keys(&self) -> impl Iterator<Item = K> {
        self.items.iter().map(|(key, _)| *key)
    }

    /// What touches an area, each thing once, in the order in which they were given.
    #[must_use]
    pub fn touching(&self, area: Rect) -> Vec<K> {
        let span = Span::of(area);
        let mut places: Vec<usize> = if span.count() > self.cells.len() as i64 {
            (0..self.items.len()).collect()
        } else {
            let mut places = self.long.clone();
            span.each(|cell| places.extend(self.cells.get(&cell).into_iter().flatten()));
            places.sort_unstable();
            places.dedup();
            places
        };
        places.retain(|place| self.items[*place].1.meets(area));
        places.into_iter().map(|place| self.items[place].0).collect()
    }
}

/// The cells that a box touches.
#[derive(Debug, Clone, Copy)]
struct Span {
    left: i64,
    top: i64,
    right: i64,
    bottom: i64,
}

impl Span {
    fn of(rect: Rect) -> Self {
        // Far beyond any screen; keeps the arithmetic on whole numbers from overflowing.
        let cell = |v: f64| (v / CELL).floor().clamp(-1e9, 1e9) as i64;
        Self {
            left: cell(rect.x),
            top: cell(rect.y),
            right: cell(rect.x + rect.width),
            bottom: cell(rect.y + rect.height),
        }
    }

    fn count(self) -> i64 {
        (self.right - self.left + 1).saturating_mul(self.bottom - self.top + 1)
    }

    fn each(self, mut see: impl FnMut((i64, i64))) {
        for x in self.left..=self.right {
            for y in self.top..=self.bottom {
                see((x, y));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(x: f64, y: f64, width: f64, height: f64) -> Rect {
        Rect { x, y, width, height }
    }

    #[test]
    fn finds_what_a_look_at_everything_finds() {
        let items: Vec<(usize, Rect)> = (0..400)
            .map(|i| {
                let (x, y) = ((i * 7919 % 9000) as f64 - 4000.0, (i * 104_729 % 7000) as f64 - 3000.0);
                (i, rect(x, y, (i % 17) as f64 * 90.0, 120.0))
            })
            .collect();
        let index = Index::new(items.clone());
        for area in [
            rect(-300.0, -300.0, 900.0, 700.0),
            rect(1024.0, 1024.0, 0.0, 0.0),
            rect(-9e9, -9e9, 2e10, 2e10),
            rect(50_000.0, 0.0, 10.0, 10.0),
        ] {
            let plain: Vec<usize> = items.iter().filter(|(_, r)| r.meets(area)).map(|(i, _)| *i).collect();
            assert_eq!(index.touching(area), plain, "{area:?}");
        }
    }

    #[test]
    fn a_wire_across_the_world_is_found_in_its_middle() {
        let index = Index::new([('a', rect(0.0, 0.0, 100_000.0, 9_000.0)), ('b', rect(0.0, 0.0, 1.0, 1.0))]);
        assert_eq!(index.touching(rect(50_000.0, 4_000.0, 10.0, 10.0)), ['a']);
        assert_eq!(index.touching(rect(0.5, 0.5, 10.0, 10.0)), ['a', 'b'], "each once, in order");
    }
}
