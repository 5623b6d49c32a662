//! Sizes, places and curves. Pure: the same numbers on the server, in the browser and in tests.

mod view;

pub use view::{View, between_drawers};

use crate::workflow::catalog;

/// Width of every node card, in world pixels.
pub const NODE_WIDTH: f64 = 256.0;
/// The line with icon and name.
pub const HEADER_HEIGHT: f64 = 44.0;
/// Two lines on what the node does.
pub const SUMMARY_HEIGHT: f64 = 48.0;
/// One line for each port with a name.
pub const PORT_ROW: f64 = 22.0;
const BOTTOM: f64 = 6.0;
/// Nodes come to rest on this grid.
pub const GRID: f64 = 16.0;
pub const MIN_ZOOM: f64 = 0.1;
pub const MAX_ZOOM: f64 = 2.0;

/// A place, in world or screen pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

impl Point {
    #[must_use]
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// How far it is to another point.
    #[must_use]
    pub fn distance(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// The nearest crossing of the grid.
    #[must_use]
    pub fn snapped(self) -> Self {
        Self::new((self.x / GRID).round() * GRID, (self.y / GRID).round() * GRID)
    }
}

/// A box; `x`, `y` is its upper left corner.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Rect {
    /// Whether a point lies inside or within `margin` of it.
    #[must_use]
    pub fn contains(&self, p: Point, margin: f64) -> bool {
        p.x >= self.x - margin
            && p.x <= self.x + self.width + margin
            && p.y >= self.y - margin
            && p.y <= self.y + self.height + margin
    }

    /// Whether two boxes share a point.
    #[must_use]
    pub fn meets(&self, other: Self) -> bool {
        self.x <= other.x + other.width
            && other.x <= self.x + self.width
            && self.y <= other.y + other.height
            && other.y <= self.y + self.height
    }

    /// Whether `other` lies within.
    #[must_use]
    pub fn covers(&self, other: Self) -> bool {
        self.x <= other.x
            && self.y <= other.y
            && other.x + other.width <= self.x + self.width
            && other.y + other.height <= self.y + self.height
    }

    /// Larger by `margin` on every side.
    #[must_use]
    pub fn grown(&self, margin: f64) -> Self {
        Self {
            x: self.x - margin,
            y: self.y - margin,
            width: self.width + 2.0 * margin,
            height: self.height + 2.0 * margin,
        }
    }
}

/// The smallest box around all; zero for none.
#[must_use]
pub fn bounds(rects: &[Rect]) -> Rect {
    let Some(first) = rects.first() else { return Rect::default() };
    let mut min = Point::new(first.x, first.y);
    let mut max = Point::new(first.x + first.width, first.y + first.height);
    for r in rects {
        min = Point::new(min.x.min(r.x), min.y.min(r.y));
        max = Point::new(max.x.max(r.x + r.width), max.y.max(r.y + r.height));
    }
    Rect { x: min.x, y: min.y, width: max.x - min.x, height: max.y - min.y }
}

/// The output ports of a node type; an unknown type has the usual two.
#[must_use]
pub fn outputs(node_type: &str) -> &'static [&'static str] {
    catalog::sketch(node_type).map_or(&["out", "error"], |t| t.outputs)
}

/// The ports that get a line with their name; `out` sits unnamed in the header.
pub fn named_outputs(node_type: &str) -> impl Iterator<Item = &'static str> {
    outputs(node_type).iter().copied().filter(|p| *p != "out")
}

/// The box of a node whose upper left corner is `at`.
#[must_use]
pub fn node_rect(at: Point, node_type: &str) -> Rect {
    let rows = named_outputs(node_type).count() as f64;
    let height = HEADER_HEIGHT + SUMMARY_HEIGHT + rows * PORT_ROW + BOTTOM;
    Rect { x: at.x, y: at.y, width: NODE_WIDTH, height }
}

/// Where edges arrive.
#[must_use]
pub fn input_port(at: Point) -> Point {
    Point::new(at.x, at.y + HEADER_HEIGHT / 2.0)
}

/// Where edges leave by a port; `None` and unknown names are the default port.
#[must_use]
pub fn output_port(at: Point, node_type: &str, port: Option<&str>) -> Point {
    let ports = outputs(node_type);
    let port = port.filter(|p| ports.contains(p)).unwrap_or_else(|| {
        if ports.contains(&"out") { "out" } else { ports.first().copied().unwrap_or("out") }
    });
    let y = match named_outputs(node_type).position(|p| p == port) {
        Some(row) => HEADER_HEIGHT + SUMMARY_HEIGHT + PORT_ROW * (row as f64 + 0.5),
        None => HEADER_HEIGHT / 2.0,
    };
    Point::new(at.x + NODE_WIDTH, at.y + y)
}

/// A cubic Bezier curve that leaves to the right and arrives from the left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Curve {
    pub from: Point,
    pub c1: Point,
    pub c2: Point,
    pub to: Point,
}

impl Curve {
    /// The edge between two ports; edges that go back swing out further.
    #[must_use]
    pub fn between(from: Point, to: Point) -> Self {
        let dx = to.x - from.x;
        let reach = if dx >= 0.0 { (dx / 2.0).max(dx.min(28.0)) } else { (-dx * 0.6).clamp(60.0, 260.0) };
        Self { from, c1: Point::new(from.x + reach, from.y), c2: Point::new(to.x - reach, to.y), to }
    }

    /// The point at `t` from 0 to 1.
    #[must_use]
    pub fn at(&self, t: f64) -> Point {
        let u = 1.0 - t;
        let (a, b, c, d) = (u * u * u, 3.0 * u * u * t, 3.0 * u * t * t, t * t * t);
        Point::new(
            a * self.from.x + b * self.c1.x + c * self.c2.x + d * self.to.x,
            a * self.from.y + b * self.c1.y + c * self.c2.y + d * self.to.y,
        )
    }

    /// How far a point is from the curve, to about a pixel.
    #[must_use]
    pub fn distance(&self, p: Point) -> f64 {
        (0..=32).map(|i| self.at(f64::from(i) / 32.0).distance(p)).fold(f64::INFINITY, f64::min)
    }

    /// A box around the whole curve: it stays within its four points.
    #[must_use]
    pub fn hull(&self) -> Rect {
        let points = [self.from, self.c1, self.c2, self.to];
        let (mut min, mut max) = (self.from, self.from);
        for p in points {
            min = Point::new(min.x.min(p.x), min.y.min(p.y));
            max = Point::new(max.x.max(p.x), max.y.max(p.y));
        }
        Rect { x: min.x, y: min.y, width: max.x - min.x, height: max.y - min.y }
    }

    /// Appends the path in whole pixels: enough where a hundred wires are one drawing.
    pub fn append_coarse(&self, d: &mut String) {
        use std::fmt::Write;
        let Self { from, c1, c2, to } = self;
        let [a, b, c, e, f, g, h, i] =
            [from.x, from.y, c1.x, c1.y, c2.x, c2.y, to.x, to.y].map(|v| v.round() as i64);
        // Writing into a string cannot fail.
        let _ = write!(d, "M{a} {b}C{c} {e} {f} {g} {h} {i}");
    }

    /// `d` of an SVG path, with one decimal place.
    #[must_use]
    pub fn svg_path(&self) -> String {
        let Self { from, c1, c2, to } = self;
        format!(
            "M{:.1} {:.1}C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}",
            from.x, from.y, c1.x, c1.y, c2.x, c2.y, to.x, to.y
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: Point, b: Point) -> bool {
        a.distance(b) < 1e-6
    }

    #[test]
    fn curves_start_and_end_at_their_ports() {
        let (a, b) = (Point::new(0.0, 0.0), Point::new(300.0, 120.0));
        let curve = Curve::between(a, b);
        assert!(near(curve.at(0.0), a) && near(curve.at(1.0), b));
        assert!(curve.c1.x > a.x && curve.c2.x < b.x);
        let back = Curve::between(b, a);
        assert!(back.c1.x >= b.x + 60.0 && back.c2.x <= a.x - 60.0);
    }

    #[test]
    fn a_point_on_the_curve_is_hit_and_one_beside_it_is_not() {
        let curve = Curve::between(Point::new(0.0, 0.0), Point::new(400.0, 200.0));
        assert!(curve.distance(curve.at(0.37)) < 8.0);
        assert!(curve.distance(Point::new(200.0, 0.0)) > 40.0);
    }

    #[test]
    fn ports_lie_on_the_edges_of_the_card() {
        let at = Point::new(32.0, 64.0);
        let rect = node_rect(at, "condition");
        assert_eq!(input_port(at).x, rect.x);
        let mut last = rect.y;
        for port in ["true", "false", "error"] {
            let p = output_port(at, "condition", Some(port));
            assert_eq!(p.x, rect.x + rect.width);
            assert!(p.y > last && p.y < rect.y + rect.height);
            last = p.y;
        }
        assert_eq!(output_port(at, "condition", None), output_port(at, "condition", Some("true")));
        assert_eq!(output_port(at, "unheard_of", None).y, at.y + HEADER_HEIGHT / 2.0);
    }

    #[test]
    fn snapping_goes_to_the_nearest_crossing() {
        assert_eq!(Point::new(23.9, -24.1).snapped(), Point::new(16.0, -32.0));
    }

    #[test]
    fn bounds_reach_around_all() {
        let all = bounds(&[
            Rect { x: 0.0, y: 0.0, width: 10.0, height: 10.0 },
            Rect { x: -5.0, y: 20.0, width: 1.0, height: 1.0 },
        ]);
        assert_eq!(all, Rect { x: -5.0, y: 0.0, width: 15.0, height: 21.0 });
        assert!(all.contains(Point::new(12.0, 5.0), 3.0) && !all.contains(Point::new(14.0, 5.0), 3.0));
    }
}
