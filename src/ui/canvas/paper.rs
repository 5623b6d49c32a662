//! Where notes and frames lie, what frames hold, and what becomes of both. Pure. A paper is either of them.

pub mod bar;
pub mod view;

use super::{
    geometry::{self, GRID, Point, Rect, View},
    selection::meet,
};
use crate::workflow::{
    document::Workflow,
    ids::{NodeId, NoteId},
    notes::{MAX_SIDE, Note, NoteKind},
};
use std::collections::{HashMap, HashSet};

/// The strip with the title of a frame. As in `_papers.scss`.
pub const TITLE: f64 = 32.0;
/// What a frame leaves free around the cards that it is drawn round.
const AROUND: f64 = 32.0;
/// How far a new note stays from cards.
const GAP: f64 = 16.0;
/// Characters of the name that a screen reader gets.
const SPOKEN: usize = 80;

/// The box of a note or frame.
#[must_use]
pub fn rect_of(note: &Note) -> Rect {
    Rect { x: note.position_x, y: note.position_y, width: note.width, height: note.height }
}

/// Puts a note or frame into a box.
pub fn put_into(note: &mut Note, rect: Rect) {
    let Rect { x, y, width, height } = rect;
    (note.position_x, note.position_y, note.width, note.height) = (x, y, width, height);
}

/// Width and height of a new one: a note takes two hundred letters.
#[must_use]
pub const fn new_size(kind: NoteKind) -> (f64, f64) {
    match kind {
        NoteKind::Note => (256.0, 176.0),
        NoteKind::Frame => (480.0, 320.0),
    }
}

/// The least width and height.
const fn least(kind: NoteKind) -> (f64, f64) {
    match kind {
        NoteKind::Note => (96.0, 64.0),
        NoteKind::Frame => (128.0, 96.0),
    }
}

/// A box with its lower right corner taken elsewhere, on the grid and never too small or too large.
#[must_use]
pub fn resized(kind: NoteKind, from: Rect, dx: f64, dy: f64) -> Rect {
    let (width, height) = least(kind);
    let side = |start: f64, length: f64, least: f64| {
        let end = ((start + length) / GRID).round() * GRID;
        (end - start).clamp(least, MAX_SIDE)
    };
    Rect {
        width: side(from.x, from.width + dx, width),
        height: side(from.y, from.height + dy, height),
        ..from
    }
}

/// The frame around boxes, on the grid, with room for its title; none around nothing.
#[must_use]
pub fn frame_round(rects: &[Rect]) -> Option<Rect> {
    if rects.is_empty() {
        return None;
    }
    let inner = geometry::bounds(rects);
    let down = |v: f64| (v / GRID).floor() * GRID;
    let up = |v: f64| (v / GRID).ceil() * GRID;
    let (x, y) = (down(inner.x - AROUND), down(inner.y - AROUND - TITLE));
    let width = (up(inner.x + inner.width + AROUND) - x).min(MAX_SIDE);
    let height = (up(inner.y + inner.height + AROUND) - y).min(MAX_SIDE);
    Some(Rect { x, y, width, height })
}

fn card_rects(document: &Workflow) -> impl Iterator<Item = (NodeId, Rect)> + '_ {
    let rect = |n: &crate::workflow::document::Node| {
        geometry::node_rect(Point::new(n.position_x, n.position_y), &n.node_type)
    };
    document.nodes.iter().map(move |n| (n.id, rect(n)))
}

/// The cards that lie wholly inside a box.
#[must_use]
pub fn cards_in(document: &Workflow, area: Rect) -> Vec<NodeId> {
    card_rects(document).filter(|(_, rect)| area.covers(*rect)).map(|(id, _)| id).collect()
}

/// These cards and papers, and what lies wholly inside those of them that are frames: what moves when they do.
#[must_use]
pub fn with_contents(
    document: &Workflow,
    nodes: &HashSet<NodeId>,
    notes: &HashSet<NoteId>,
) -> (HashSet<NodeId>, HashSet<NoteId>) {
    let (mut nodes, mut all) = (nodes.clone(), notes.clone());
    let frames = document.notes.iter().filter(|n| n.kind == NoteKind::Frame && notes.contains(&n.id));
    for area in frames.map(rect_of) {
        nodes.extend(cards_in(document, area));
        all.extend(document.notes.iter().filter(|n| area.covers(rect_of(n))).map(|n| n.id));
    }
    (nodes, all)
}

/// The boxes that frames get when cards move: around those that they held. Frames without cards stay.
#[must_use]
pub fn following(document: &Workflow, places: &[(NodeId, Point)]) -> Vec<(NoteId, Rect)> {
    let places: HashMap<NodeId, Point> = places.iter().copied().collect();
    let frames = document.notes.iter().filter(|n| n.kind == NoteKind::Frame);
    let followed = frames.filter_map(|frame| {
        let held = cards_in(document, rect_of(frame));
        if !held.iter().any(|id| places.contains_key(id)) {
            return None;
        }
        let rects: Vec<Rect> = held
            .iter()
            .filter_map(|id| document.node(*id))
            .map(|n| {
                let at = places.get(&n.id).copied().unwrap_or(Point::new(n.position_x, n.position_y));
                geometry::node_rect(at, &n.node_type)
            })
            .collect();
        Some((frame.id, frame_round(&rects)?))
    });
    followed.collect()
}

/// The place at or below `wanted`, on the grid, where a new note hides behind no card and lies on no other note.
#[must_use]
pub fn free_spot(document: &Workflow, wanted: Point, (width, height): (f64, f64)) -> Point {
    let taken: Vec<Rect> = card_rects(document)
        .map(|(_, rect)| rect)
        .chain(document.notes.iter().filter(|n| n.kind == NoteKind::Note).map(rect_of))
        .map(|rect| rect.grown(GAP))
        .collect();
    let mut at = wanted.snapped();
    while taken.iter().any(|rect| meet(*rect, Rect { x: at.x, y: at.y, width, height })) {
        at.y += 2.0 * GRID;
    }
    at
}

/// From the ground up: large frames, small frames, notes.
#[must_use]
pub fn in_layers(document: &Workflow) -> Vec<&Note> {
    let mut notes: Vec<&Note> = document.notes.iter().collect();
    let layer = |n: &Note| (n.kind == NoteKind::Note, -(n.width * n.height));
    notes.sort_by(|a, b| {
        let (a, b) = (layer(a), layer(b));
        a.0.cmp(&b.0).then(if a.0 { std::cmp::Ordering::Equal } else { a.1.total_cmp(&b.1) })
    });
    notes
}

/// The uppermost frame under a point of the world.
#[must_use]
pub fn frame_at(document: &Workflow, p: Point) -> Option<NoteId> {
    let mut layers = in_layers(document).into_iter().rev();
    layers.find(|n| n.kind == NoteKind::Frame && rect_of(n).contains(p, 0.0)).map(|n| n.id)
}

/// What a double press means: the uppermost note or frame there, where no card lies over it.
#[must_use]
pub fn written_at(document: &Workflow, p: Point) -> Option<NoteId> {
    if super::change::node_at(document, p, 0.0).is_some() {
        return None;
    }
    let mut layers = in_layers(document).into_iter().rev();
    layers.find(|n| rect_of(n).contains(p, 0.0)).map(|n| n.id)
}

/// What it is called to those who do not see it.
#[must_use]
pub fn spoken(note: &Note) -> String {
    let kind = match note.kind {
        NoteKind::Note => "Note",
        NoteKind::Frame => "Frame",
    };
    let text = short(&note.text, SPOKEN);
    if text.is_empty() { format!("{kind}: empty") } else { format!("{kind}: {text}") }
}

/// The beginning of a text, on one line.
#[must_use]
pub fn short(text: &str, chars: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= chars {
        return line;
    }
    format!("{}…", line.chars().take(chars).collect::<String>().trim_end())
}

/// Where a bar of this size stands on the screen: above a box of the world, within the canvas; below the box where there
/// is no room above, inside where there is none at all.
#[must_use]
pub fn bar_place(rect: Rect, view: View, canvas: (f64, f64), bar: (f64, f64)) -> Point {
    const APART: f64 = 8.0;
    let left = rect.x * view.zoom + view.x + (rect.width * view.zoom - bar.0) / 2.0;
    let (top, bottom) = (rect.y * view.zoom + view.y, (rect.y + rect.height) * view.zoom + view.y);
    let room = |from: f64| from >= APART && from + bar.1 + APART <= canvas.1;
    let y =
        [top - bar.1 - APART, bottom + APART].into_iter().find(|y| room(*y)).unwrap_or(top.max(0.0) + APART);
    Point::new(left.clamp(APART, (canvas.0 - bar.0 - APART).max(APART)), y)
}

#[cfg(test)]
mod tests;
