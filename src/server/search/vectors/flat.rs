//! A part whose vectors are all compared with the query: exact, and quick for some ten thousand.

use super::{Found, Rows, best_first, faiss_metric, places, score};
use crate::{api::vectors::Metric, server::search::SearchError};
use faiss::{ConcurrentIndex, FlatIndex, Index as _};
use std::{cmp::Ordering, collections::BinaryHeap};
use uuid::Uuid;

/// A flat part. Never changed: FAISS would shift the places of its vectors.
#[derive(Debug)]
pub struct Flat {
    metric: Metric,
    dimension: usize,
    pub(super) index: FlatIndex,
    seqs: Vec<i64>,
    ids: Vec<Uuid>,
}

impl Flat {
    pub fn new(metric: Metric, dimension: usize, rows: Rows) -> Result<Self, SearchError> {
        let mut index = empty(metric, dimension)?;
        index.add(&rows.numbers)?;
        Ok(Self { metric, dimension, index, seqs: rows.seqs, ids: rows.ids })
    }

    /// What was read from a file; `None` if the parts do not fit together.
    pub fn from_parts(
        metric: Metric,
        dimension: usize,
        index: FlatIndex,
        seqs: Vec<i64>,
        ids: Vec<Uuid>,
    ) -> Option<Self> {
        let fits = index.ntotal() == seqs.len() as u64
            && seqs.len() == ids.len()
            && usize::try_from(index.d()) == Ok(dimension)
            && index.metric_type() as u32 == faiss_metric(metric) as u32;
        fits.then_some(Self { metric, dimension, index, seqs, ids })
    }

    pub fn seqs(&self) -> &[i64] {
        &self.seqs
    }

    pub fn ids(&self) -> &[Uuid] {
        &self.ids
    }

    pub fn holds(&self, seq: i64) -> bool {
        self.seqs.binary_search(&seq).is_ok()
    }

    /// The vectors, one after the other.
    pub fn numbers(&self) -> &[f32] {
        self.index.xb()
    }

    /// Both parts as one; the other one's documents come after.
    pub fn joined(&self, other: &Self) -> Result<Self, SearchError> {
        let mut index = empty(self.metric, self.dimension)?;
        index.add(self.numbers())?;
        index.add(other.numbers())?;
        Ok(Self {
            metric: self.metric,
            dimension: self.dimension,
            index,
            seqs: [self.seqs.as_slice(), &other.seqs].concat(),
            ids: [self.ids.as_slice(), &other.ids].concat(),
        })
    }

    /// The documents beyond that number.
    pub fn rows_after(&self, seq: i64) -> Rows {
        let from = self.seqs.partition_point(|own| *own <= seq);
        Rows {
            seqs: self.seqs[from..].to_vec(),
            ids: self.ids[from..].to_vec(),
            numbers: self.numbers()[from * self.dimension..].to_vec(),
        }
    }

    pub fn search(
        &self,
        query: &[f32],
        count: usize,
        only: Option<&[i64]>,
    ) -> Result<Vec<Found>, SearchError> {
        if let Some(only) = only {
            return Ok(self.compare(query, count, places(&self.seqs, only)));
        }
        if count == 0 || self.seqs.is_empty() {
            return Ok(Vec::new());
        }
        let result = ConcurrentIndex::search(&self.index, query, count.min(self.seqs.len()))?;
        let found = result.labels.iter().zip(&result.distances).filter_map(|(label, computed)| {
            let place = usize::try_from(label.get()?).ok()?;
            Some(Found { seq: *self.seqs.get(place)?, score: score(self.metric, *computed) })
        });
        Ok(found.collect())
    }

    /// Compares only the vectors at these places.
    fn compare(&self, query: &[f32], count: usize, places: impl Iterator<Item = usize>) -> Vec<Found> {
        let numbers = self.numbers();
        let mut best: BinaryHeap<Worst> = BinaryHeap::with_capacity(count + 1);
        for place in places {
            let vector = &numbers[place * self.dimension..(place + 1) * self.dimension];
            let computed = match self.metric {
                Metric::Cosine | Metric::Dot => product(query, vector),
                Metric::Euclidean => distance(query, vector),
            };
            best.push(Worst(Found { seq: self.seqs[place], score: score(self.metric, computed) }));
            if best.len() > count {
                best.pop();
            }
        }
        let mut found: Vec<Found> = best.into_iter().map(|Worst(found)| found).collect();
        best_first(&mut found);
        found
    }
}

fn empty(metric: Metric, dimension: usize) -> Result<FlatIndex, SearchError> {
    let dimension = u32::try_from(dimension).unwrap_or(u32::MAX);
    Ok(FlatIndex::new(dimension, faiss_metric(metric))?)
}

/// Ordered so that a heap gives the lowest score first.
struct Worst(Found);

impl Ord for Worst {
    fn cmp(&self, other: &Self) -> Ordering {
        other.0.score.total_cmp(&self.0.score).then(self.0.seq.cmp(&other.0.seq))
    }
}

impl PartialOrd for Worst {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Worst {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Worst {}

/// Sums side by side, so that the compiler makes vector instructions of them.
fn product(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 16];
    for (a, b) in a.chunks(16).zip(b.chunks(16)) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum = a.mul_add(*b, *sum);
        }
    }
    sums.iter().sum()
}

/// Squared.
fn distance(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 16];
    for (a, b) in a.chunks(16).zip(b.chunks(16)) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum = (a - b).mul_add(a - b, *sum);
        }
    }
    sums.iter().sum()
}
