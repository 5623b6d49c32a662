//! What of the world is on the screen, and how it is brought there.

use super::{MAX_ZOOM, MIN_ZOOM, NODE_WIDTH, Point, Rect};

/// What of the world is seen: world × `zoom` + (`x`, `y`) = screen. Never part of the saved document.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    pub x: f64,
    pub y: f64,
    pub zoom: f64,
}

impl Default for View {
    fn default() -> Self {
        Self { x: 48.0, y: 96.0, zoom: 1.0 }
    }
}

impl View {
    /// The world's point under a point of the screen.
    #[must_use]
    pub fn to_world(self, p: Point) -> Point {
        Point::new((p.x - self.x) / self.zoom, (p.y - self.y) / self.zoom)
    }

    /// Nearer or further, with the world's point under the cursor held still.
    #[must_use]
    pub fn zoomed_at(self, cursor: Point, factor: f64) -> Self {
        let zoom = (self.zoom * factor).clamp(MIN_ZOOM, MAX_ZOOM);
        if zoom == self.zoom {
            return self; // no further: not a hair, or it would count as a change
        }
        let anchor = self.to_world(cursor);
        Self { x: cursor.x - anchor.x * zoom, y: cursor.y - anchor.y * zoom, zoom }
    }

    /// Moved as little as it takes for `rect` to be seen within `free`, a part of the screen.
    #[must_use]
    pub fn revealing(self, rect: Rect, free: Rect) -> Self {
        const MARGIN: f64 = 32.0;
        let along = |offset: f64, from: f64, length: f64, near: f64, room: f64| {
            let (start, end) = (from * self.zoom + offset, (from + length) * self.zoom + offset);
            if start < near + MARGIN || room < length * self.zoom + 2.0 * MARGIN {
                offset + near + MARGIN - start
            } else {
                offset - (end + MARGIN - near - room).max(0.0)
            }
        };
        Self {
            x: along(self.x, rect.x, rect.width, free.x, free.width),
            y: along(self.y, rect.y, rect.height, free.y, free.height),
            zoom: self.zoom,
        }
    }

    /// The whole of `content` in the middle of a screen of `width` × `height`, never larger than life.
    #[must_use]
    pub fn fitting(content: Rect, width: f64, height: f64) -> Self {
        if content.width <= 0.0 || width <= 0.0 || height <= 0.0 {
            return Self::default();
        }
        let margin = (width.min(height) * 0.08).clamp(24.0, 80.0);
        let zoom = ((width - 2.0 * margin) / content.width)
            .min((height - 2.0 * margin) / content.height)
            .clamp(MIN_ZOOM, 1.0);
        Self {
            x: (width - content.width * zoom) / 2.0 - content.x * zoom,
            y: (height - content.height * zoom) / 2.0 - content.y * zoom,
            zoom,
        }
    }

    /// The part of the world that a screen of this size shows.
    #[must_use]
    pub fn seen(self, (width, height): (f64, f64)) -> Rect {
        let corner = self.to_world(Point::default());
        Rect { x: corner.x, y: corner.y, width: width / self.zoom, height: height / self.zoom }
    }

    /// `transform` of the world layer.
    #[must_use]
    pub fn css(self) -> String {
        format!("transform: translate({:.2}px, {:.2}px) scale({:.4})", self.x, self.y, self.zoom)
    }
}

/// What drawers of these widths leave of a canvas between them. The one on the right lies elsewhere on a narrow screen;
/// in any case there is room for a card.
#[must_use]
pub fn between_drawers((width, height): (f64, f64), left: f64, right: f64) -> Rect {
    const WIDE: f64 = 900.0;
    let least = (NODE_WIDTH + 64.0).min(width);
    let x = left.min(width - least);
    let right = if width > WIDE { right } else { 0.0 };
    Rect { x, y: 0.0, width: (width - x - right).max(least), height }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: Point, b: Point) -> bool {
        a.distance(b) < 1e-6
    }

    #[test]
    fn zooming_holds_the_point_under_the_cursor() {
        let view = View { x: 30.0, y: -70.0, zoom: 0.8 };
        let cursor = Point::new(411.0, 287.0);
        for factor in [1.1, 0.5, 100.0, 0.0001] {
            let zoomed = view.zoomed_at(cursor, factor);
            assert!(near(view.to_world(cursor), zoomed.to_world(cursor)), "{factor}");
            assert!((MIN_ZOOM..=MAX_ZOOM).contains(&zoomed.zoom));
        }
    }

    #[test]
    fn fitting_shows_all_and_never_enlarges() {
        let wide = Rect { x: -500.0, y: 100.0, width: 3000.0, height: 200.0 };
        let view = View::fitting(wide, 1000.0, 600.0);
        let corner = |x, y| Point::new(x * view.zoom + view.x, y * view.zoom + view.y);
        assert!(corner(-500.0, 100.0).x >= 0.0 && corner(2500.0, 300.0).x <= 1000.0);
        let small = Rect { x: 0.0, y: 0.0, width: 256.0, height: 100.0 };
        assert_eq!(View::fitting(small, 1000.0, 600.0).zoom, 1.0);
        assert_eq!(View::fitting(Rect::default(), 1000.0, 600.0), View::default());
    }

    #[test]
    fn revealing_moves_no_more_than_needed() {
        let view = View { x: 0.0, y: 0.0, zoom: 1.0 };
        let card = |x, y| Rect { x, y, width: 256.0, height: 120.0 };
        let free = Rect { x: 0.0, y: 0.0, width: 800.0, height: 800.0 };
        assert_eq!(view.revealing(card(100.0, 100.0), free), view, "in sight already");
        let moved = view.revealing(card(900.0, 900.0), free);
        assert_eq!((moved.x, moved.y), (800.0 - 32.0 - 1156.0, 800.0 - 32.0 - 1020.0));
        assert_eq!(view.revealing(card(-50.0, 40.0), free).x, 82.0);
    }

    #[test]
    fn a_card_is_revealed_between_the_list_and_the_panel() {
        let view = View { x: 0.0, y: 0.0, zoom: 1.0 };
        let card = |x| Rect { x, y: 100.0, width: 256.0, height: 120.0 };
        let free = between_drawers((1400.0, 800.0), 332.0, 400.0);
        assert_eq!((free.x, free.width), (332.0, 668.0));
        assert_eq!(view.revealing(card(100.0), free).x, 332.0 + 32.0 - 100.0, "it lay under the list");
        assert_eq!(view.revealing(card(500.0), free), view, "it lies free");
        assert_eq!(view.revealing(card(1000.0), free).x, 1000.0 - 32.0 - 1256.0, "it lay under the panel");
        let closed = between_drawers((1400.0, 800.0), 0.0, 400.0);
        assert_eq!(view.revealing(card(100.0), closed), view);
    }

    #[test]
    fn drawers_leave_room_for_a_card() {
        let narrow = between_drawers((800.0, 600.0), 332.0, 400.0);
        assert_eq!((narrow.x, narrow.width), (332.0, 468.0), "the panel lies below");
        let both = between_drawers((950.0, 600.0), 332.0, 640.0);
        assert_eq!((both.x, both.width), (332.0, 320.0));
        let least = between_drawers((400.0, 600.0), 332.0, 400.0);
        assert_eq!((least.x, least.width), (80.0, 320.0));
        assert_eq!(between_drawers((200.0, 600.0), 332.0, 0.0).x, 0.0);
    }
}
