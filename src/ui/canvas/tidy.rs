//! Tidy-up: a layered layout from left to right. Pure: boxes and arrows in, places out.
//!
//! Layers by the longest path, order within a layer by barycentres, then coordinates so that the longest path through
//! each part of the graph lies straight. Parts that are not connected are stacked.

mod order;
mod place;

use super::geometry::{GRID, Point};
use std::collections::VecDeque;

/// Room between two layers, in world pixels.
pub const LAYER_GAP: f64 = 96.0;
/// Room between two boxes of one layer.
pub const ROW_GAP: f64 = 32.0;
/// Room between two parts that are not connected.
const PART_GAP: f64 = 80.0;

/// What is laid out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Item {
    pub at: Point,
    pub width: f64,
    pub height: f64,
}

/// An arrow between two items, by their places in the list; `exit` and `entry` are how far below the upper edges of
/// its items it leaves and arrives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arrow {
    pub source: usize,
    pub target: usize,
    pub exit: f64,
    pub entry: f64,
}

/// New places for all items, on the grid; the upper left corner of the whole stays where it was.
#[must_use]
pub fn tidy(items: &[Item], arrows: &[Arrow]) -> Vec<Point> {
    let arrows: Vec<Arrow> = acyclic(items.len(), arrows);
    let mut places = vec![Point::default(); items.len()];
    let corner = items.iter().fold(Point::new(f64::INFINITY, f64::INFINITY), |p, item| {
        Point::new(p.x.min(item.at.x), p.y.min(item.at.y))
    });
    let mut top = 0.0;
    for part in parts(items, &arrows) {
        let inner: Vec<Arrow> =
            arrows.iter().filter(|a| part.binary_search(&a.source).is_ok()).copied().collect();
        let layers = layers(&part, &inner);
        let rows = order::rows(items, &layers, &inner);
        let laid = place::coordinates(items, &rows, &inner);
        let (mut upper, mut lower) = (f64::INFINITY, f64::NEG_INFINITY);
        for (item, at) in &laid {
            upper = upper.min(at.y);
            lower = lower.max(at.y + items[*item].height);
        }
        for (item, at) in laid {
            places[item] = Point::new(corner.x + at.x, corner.y + top + at.y - upper);
        }
        top += ((lower - upper + PART_GAP) / GRID).ceil() * GRID;
    }
    places.into_iter().map(Point::snapped).collect()
}

/// The arrows without those that would close a circle, seen from the items in their order.
fn acyclic(count: usize, arrows: &[Arrow]) -> Vec<Arrow> {
    let mut outgoing = vec![Vec::new(); count];
    for (index, arrow) in arrows.iter().enumerate().filter(|(_, a)| a.source != a.target) {
        outgoing[arrow.source].push(index);
    }
    // 0: not seen, 1: on the way, 2: done.
    let mut state = vec![0_u8; count];
    let mut keep = vec![false; arrows.len()];
    for start in 0..count {
        if state[start] != 0 {
            continue;
        }
        state[start] = 1;
        let mut way = vec![(start, 0)];
        while let Some((item, next)) = way.last_mut() {
            let Some(&arrow) = outgoing[*item].get(*next) else {
                state[*item] = 2;
                way.pop();
                continue;
            };
            *next += 1;
            let target = arrows[arrow].target;
            keep[arrow] = state[target] != 1;
            if state[target] == 0 {
                state[target] = 1;
                way.push((target, 0));
            }
        }
    }
    arrows.iter().zip(keep).filter(|(_, keep)| *keep).map(|(arrow, _)| *arrow).collect()
}

/// The connected parts, uppermost first; items within in their order.
fn parts(items: &[Item], arrows: &[Arrow]) -> Vec<Vec<usize>> {
    let mut neighbours = vec![Vec::new(); items.len()];
    for arrow in arrows {
        neighbours[arrow.source].push(arrow.target);
        neighbours[arrow.target].push(arrow.source);
    }
    let mut seen = vec![false; items.len()];
    let mut parts = Vec::new();
    for start in 0..items.len() {
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        let (mut part, mut open) = (vec![start], VecDeque::from([start]));
        while let Some(item) = open.pop_front() {
            for &next in &neighbours[item] {
                if !std::mem::replace(&mut seen[next], true) {
                    part.push(next);
                    open.push_back(next);
                }
            }
        }
        part.sort_unstable();
        parts.push(part);
    }
    let top = |part: &Vec<usize>| part.iter().map(|i| items[*i].at.y).fold(f64::INFINITY, f64::min);
    parts.sort_by(|a, b| top(a).total_cmp(&top(b)));
    parts
}

/// The layer of each item of a part: one behind the furthest of what leads to it. Then what only leads on is drawn
/// near to what it leads to.
fn layers(part: &[usize], arrows: &[Arrow]) -> Vec<(usize, usize)> {
    let count = part.iter().max().map_or(0, |m| m + 1);
    let (mut outgoing, mut missing) = (vec![Vec::new(); count], vec![0_usize; count]);
    for arrow in arrows {
        outgoing[arrow.source].push(arrow.target);
        missing[arrow.target] += 1;
    }
    let mut layer = vec![0_usize; count];
    let is_source: Vec<bool> = missing.iter().map(|m| *m == 0).collect();
    let mut ready: VecDeque<usize> = part.iter().copied().filter(|i| missing[*i] == 0).collect();
    while let Some(item) = ready.pop_front() {
        for &next in &outgoing[item] {
            layer[next] = layer[next].max(layer[item] + 1);
            missing[next] -= 1;
            if missing[next] == 0 {
                ready.push_back(next);
            }
        }
    }
    for &item in part.iter().filter(|i| is_source[**i]) {
        if let Some(first) = outgoing[item].iter().map(|n| layer[*n]).min() {
            layer[item] = first - 1;
        }
    }
    part.iter().map(|item| (*item, layer[*item])).collect()
}

#[cfg(test)]
mod tests;
