//! Coordinates for ordered layers: the main path straight, everything else as near to its neighbours as it fits.

use super::{
    Arrow, Item, LAYER_GAP, ROW_GAP,
    order::{Cell, Rows},
};
use crate::ui::canvas::geometry::Point;
use std::collections::{HashMap, HashSet};

/// Rounds of pulling; the changes become smaller than a grid step.
const ROUNDS: usize = 16;
/// Height of a passing arrow.
const PASS: f64 = 12.0;
/// How much more the main path pulls than any other arrow.
const MAIN: f64 = 1e9;

/// What pulls a cell: another one, how far below it the cell wishes to be, and how strongly.
struct Pull {
    other: Cell,
    shift: f64,
    weight: f64,
    /// The other one is in the layer before.
    is_before: bool,
}

struct Spot {
    cell: Cell,
    height: f64,
    y: f64,
}

/// The corner of each item, the first layer at x = 0.
#[must_use]
pub fn coordinates(items: &[Item], rows: &Rows, arrows: &[Arrow]) -> Vec<(usize, Point)> {
    let main = main_path(rows, arrows);
    let mut layers: Vec<Vec<Spot>> = rows.layers.iter().map(|layer| stacked(items, layer)).collect();
    let mut near: HashMap<Cell, Vec<Pull>> = HashMap::new();
    for (source, target, index) in &rows.links {
        let arrow = arrows[*index];
        let exit = if matches!(source, Cell::Item(_)) { arrow.exit } else { PASS / 2.0 };
        let entry = if matches!(target, Cell::Item(_)) { arrow.entry } else { PASS / 2.0 };
        let weight = match (main.contains(index), source, target) {
            (true, ..) => MAIN,
            (_, Cell::Pass(..), Cell::Pass(..)) => 4.0,
            _ => 1.0,
        };
        // The main path goes from card to card; that its ports differ in height is no bend worth a shift.
        let shift = if weight == MAIN { 0.0 } else { exit - entry };
        near.entry(*target).or_default().push(Pull { other: *source, shift, weight, is_before: true });
        near.entry(*source).or_default().push(Pull {
            other: *target,
            shift: -shift,
            weight,
            is_before: false,
        });
    }
    for round in 0..ROUNDS {
        let count = layers.len();
        let forth = round % 2 == 0;
        for step in 0..count {
            let index = if forth { step } else { count - 1 - step };
            let lanes: HashMap<Cell, f64> = neighbours(&layers, index);
            pull(&mut layers[index], &near, &lanes, forth);
        }
    }
    let mut x = 0.0;
    let mut laid = Vec::new();
    for layer in &layers {
        let mut width: f64 = 0.0;
        for spot in layer {
            if let Cell::Item(item) = spot.cell {
                width = width.max(items[item].width);
                // What is equal but for rounding shall snap to the same line of the grid.
                laid.push((item, Point::new(x, (spot.y * 4.0).round() / 4.0)));
            }
        }
        x += width + LAYER_GAP;
    }
    laid
}

/// Spots below each other, as close as they may be.
fn stacked(items: &[Item], layer: &[Cell]) -> Vec<Spot> {
    let mut y = 0.0;
    let spot = |cell: &Cell| {
        let height = match cell {
            Cell::Item(item) => items[*item].height,
            Cell::Pass(..) => PASS,
        };
        let spot = Spot { cell: *cell, height, y };
        y += height + ROW_GAP;
        spot
    };
    layer.iter().map(spot).collect()
}

fn neighbours(layers: &[Vec<Spot>], index: usize) -> HashMap<Cell, f64> {
    let around = [index.checked_sub(1), Some(index + 1)];
    let spots = around.into_iter().flatten().filter_map(|i| layers.get(i)).flatten();
    spots.map(|spot| (spot.cell, spot.y)).collect()
}

/// Moves the spots of a layer towards their neighbours; order and gaps hold. Spots that would overlap become a block
/// that goes where its members together wish to be.
///
/// A cell of the main path follows that path only, and only from the side that the sweep comes from: so it lies straight.
fn pull(layer: &mut [Spot], near: &HashMap<Cell, Vec<Pull>>, lanes: &HashMap<Cell, f64>, forth: bool) {
    struct Block {
        first: usize,
        height: f64,
        weight: f64,
        /// Weighted sum of where the members wish the block to begin.
        wish: f64,
    }
    let mut blocks: Vec<Block> = Vec::new();
    for (index, spot) in layer.iter().enumerate() {
        let pulls = near.get(&spot.cell).map_or(&[][..], Vec::as_slice);
        let is_main = pulls.iter().any(|p| p.weight == MAIN);
        let (mut sum, mut weight) = (0.0, 0.0);
        for pull in pulls.iter().filter(|p| !is_main || (p.weight == MAIN && p.is_before == forth)) {
            if let Some(y) = lanes.get(&pull.other) {
                sum += (y + pull.shift) * pull.weight;
                weight += pull.weight;
            }
        }
        if weight == 0.0 {
            weight = if is_main { MAIN } else { 0.1 };
            sum = spot.y * weight;
        }
        let mut block = Block { first: index, height: spot.height + ROW_GAP, weight, wish: sum };
        while let Some(above) = blocks.last() {
            if above.wish / above.weight + above.height <= block.wish / block.weight {
                break;
            }
            let wish = above.wish + block.wish - above.height * block.weight;
            block = Block {
                first: above.first,
                height: above.height + block.height,
                weight: above.weight + block.weight,
                wish,
            };
            blocks.pop();
        }
        blocks.push(block);
    }
    let ends: Vec<usize> = blocks.iter().skip(1).map(|b| b.first).chain([layer.len()]).collect();
    for (block, end) in blocks.iter().zip(ends) {
        let mut y = block.wish / block.weight;
        for spot in &mut layer[block.first..end] {
            spot.y = y;
            y += spot.height + ROW_GAP;
        }
    }
}

/// The arrows of the longest path, from its first item to its last; of equals the one by the uppermost ports.
fn main_path(rows: &Rows, arrows: &[Arrow]) -> HashSet<usize> {
    let mut outgoing: HashMap<usize, Vec<usize>> = HashMap::new();
    for (index, arrow) in arrows.iter().enumerate() {
        outgoing.entry(arrow.source).or_default().push(index);
    }
    let mut best: HashMap<usize, (usize, Option<usize>)> = HashMap::new();
    for layer in rows.layers.iter().rev() {
        for item in layer.iter().filter_map(|c| if let Cell::Item(i) = c { Some(*i) } else { None }) {
            let onward = outgoing
                .get(&item)
                .into_iter()
                .flatten()
                .map(|i| (best.get(&arrows[*i].target).map_or(1, |b| b.0 + 1), *i))
                .max_by(|a, b| a.0.cmp(&b.0).then(arrows[b.1].exit.total_cmp(&arrows[a.1].exit)));
            best.insert(item, onward.map_or((0, None), |(length, arrow)| (length, Some(arrow))));
        }
    }
    let cells = rows.layers.iter().flatten();
    let items = cells.filter_map(|c| if let Cell::Item(i) = c { Some(*i) } else { None });
    let mut longest: Option<(usize, usize)> = None;
    for item in items {
        let length = best.get(&item).map_or(0, |b| b.0);
        if longest.is_none_or(|(l, _)| length > l) {
            longest = Some((length, item));
        }
    }
    let mut path = HashSet::new();
    let mut at = longest.map(|(_, item)| item);
    while let Some(arrow) = at.and_then(|item| best.get(&item)?.1) {
        path.insert(arrow);
        at = Some(arrows[arrow].target);
    }
    path
}
