//! The order of items within their layers, with few crossings: barycentres, swept forth and back.

use super::{Arrow, Item};
use std::collections::HashMap;

/// Sweeps forth and back; more hardly ever help.
const SWEEPS: usize = 12;

/// The neighbours of each cell in one direction, each with what its port adds to its place.
type Joined = HashMap<Cell, Vec<(Cell, f64)>>;

/// One place in a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cell {
    Item(usize),
    /// Where an arrow, by its place in the list, passes through a layer.
    Pass(usize, usize),
}

/// The layers with all their places, the arrows from layer to layer, and which cells are joined.
#[derive(Debug)]
pub struct Rows {
    pub layers: Vec<Vec<Cell>>,
    /// From a cell of one layer to one of the next, with the arrow it is a piece of.
    pub links: Vec<(Cell, Cell, usize)>,
}

/// Fills the layers and orders them.
#[must_use]
pub fn rows(items: &[Item], layer_of: &[(usize, usize)], arrows: &[Arrow]) -> Rows {
    let depth = layer_of.iter().map(|(_, layer)| layer + 1).max().unwrap_or(0);
    let mut layers: Vec<Vec<Cell>> = vec![Vec::new(); depth];
    // As they lie now, from top to bottom: who tidies twice gets the same.
    let mut sorted = layer_of.to_vec();
    sorted.sort_by(|a, b| items[a.0].at.y.total_cmp(&items[b.0].at.y));
    sorted.iter().for_each(|(item, layer)| layers[*layer].push(Cell::Item(*item)));
    let layer: HashMap<usize, usize> = layer_of.iter().copied().collect();
    let mut links = Vec::new();
    for (index, arrow) in arrows.iter().enumerate() {
        let (from, to) = (layer[&arrow.source], layer[&arrow.target]);
        let mut last = Cell::Item(arrow.source);
        for (between, cells) in layers.iter_mut().enumerate().take(to).skip(from + 1) {
            let pass = Cell::Pass(index, between);
            cells.push(pass);
            links.push((last, pass, index));
            last = pass;
        }
        links.push((last, Cell::Item(arrow.target), index));
    }
    let mut rows = Rows { layers, links };
    rows.reduce(arrows);
    rows
}

impl Rows {
    fn reduce(&mut self, arrows: &[Arrow]) {
        let (mut before, mut after) = (Joined::new(), Joined::new());
        for (source, target, arrow) in &self.links {
            // Ports further down pull their targets further down.
            let pull = arrows[*arrow].exit / 10_000.0;
            before.entry(*target).or_default().push((*source, pull));
            after.entry(*source).or_default().push((*target, pull));
        }
        let mut best = (self.crossings(), self.layers.clone());
        for sweep in 0..SWEEPS {
            if best.0 == 0 {
                break;
            }
            let forth = sweep % 2 == 0;
            for step in 1..self.layers.len() {
                let (fixed, moved) = if forth {
                    (step - 1, step)
                } else {
                    (self.layers.len() - step, self.layers.len() - step - 1)
                };
                let places = places(&self.layers[fixed]);
                let joined = if forth { &before } else { &after };
                sort_by_barycentre(&mut self.layers[moved], joined, &places);
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.layers.clone());
            }
        }
        self.layers = best.1;
    }

    /// How often links cross.
    #[must_use]
    pub fn crossings(&self) -> usize {
        let places: Vec<_> = self.layers.iter().map(|layer| places(layer)).collect();
        let mut between: Vec<Vec<(usize, usize)>> = vec![Vec::new(); self.layers.len()];
        for (source, target, _) in &self.links {
            let found = places.iter().enumerate().find_map(|(layer, p)| Some((layer, *p.get(source)?)));
            if let Some((layer, from)) = found
                && let Some(to) = places.get(layer + 1).and_then(|p| p.get(target))
            {
                between[layer].push((from, *to));
            }
        }
        between.into_iter().map(inversions).sum()
    }
}

fn places(layer: &[Cell]) -> HashMap<Cell, usize> {
    layer.iter().enumerate().map(|(place, cell)| (*cell, place)).collect()
}

fn sort_by_barycentre(layer: &mut Vec<Cell>, joined: &Joined, places: &HashMap<Cell, usize>) {
    let centre = |place: usize, cell: &Cell| {
        let near: Vec<f64> = joined
            .get(cell)
            .into_iter()
            .flatten()
            .filter_map(|(other, pull)| Some(*places.get(other)? as f64 + pull))
            .collect();
        if near.is_empty() { place as f64 } else { near.iter().sum::<f64>() / near.len() as f64 }
    };
    let mut keyed: Vec<(f64, Cell)> = layer.iter().enumerate().map(|(i, c)| (centre(i, c), *c)).collect();
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
    *layer = keyed.into_iter().map(|(_, cell)| cell).collect();
}

/// Pairs that stand the other way round at the far end.
fn inversions(mut links: Vec<(usize, usize)>) -> usize {
    links.sort_unstable();
    let size = links.iter().map(|(_, to)| to + 1).max().unwrap_or(0);
    // How many links ended at each place so far, as a tree of sums.
    let mut sums = vec![0_usize; size + 1];
    let mut crossings = 0;
    for (seen, (_, to)) in links.iter().enumerate() {
        let (mut place, mut not_beyond) = (to + 1, 0);
        while place > 0 {
            not_beyond += sums[place];
            place &= place - 1;
        }
        crossings += seen - not_beyond;
        let mut place = to + 1;
        while place <= size {
            sums[place] += 1;
            place += place & place.wrapping_neg();
        }
    }
    crossings
}

#[cfg(test)]
mod tests {
    use super::inversions;

    #[test]
    fn crossings_are_counted() {
        assert_eq!(inversions(vec![(0, 0), (1, 1), (2, 2)]), 0);
        assert_eq!(inversions(vec![(0, 2), (1, 1), (2, 0)]), 3);
        assert_eq!(inversions(vec![(0, 0), (0, 1), (1, 0)]), 1);
        assert_eq!(inversions(vec![(0, 1), (1, 1)]), 0, "they meet, they do not cross");
    }
}
