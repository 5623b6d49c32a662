//! The vectors of a collection in memory, as they were at one moment: a big part that is built in the background (flat,
//! or clusters beyond 20,000 documents) and small flat parts with what came since. A change makes a new value that
//! shares the parts of the old one, so that searches never wait for changes.

mod build;
mod file;
mod flat;
mod ivf;
#[cfg(test)]
mod tests;

#[cfg(test)]
use build::FLAT_LIMIT;
pub use build::{Work, absorb, build, wanted};
pub use file::{IndexFile, Unusable};
pub use flat::Flat;
pub use ivf::Ivf;

use super::SearchError;
use crate::api::vectors::Metric;
use std::{collections::HashSet, sync::Arc};
use uuid::Uuid;

/// Parts of like size are put together, so that few are searched.
const GROWTH: usize = 2;

/// Documents with their vectors, in the order of their numbers.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// Rising.
    pub seqs: Vec<i64>,
    pub ids: Vec<Uuid>,
    /// As many numbers for each document as the collection's dimension says, prepared for its metric.
    pub numbers: Vec<f32>,
}

/// A found document and its score; higher is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    pub seq: i64,
    pub score: f32,
}

/// The big part.
#[derive(Debug)]
pub enum Base {
    Flat(Flat),
    Ivf(Ivf),
}

impl Base {
    pub fn seqs(&self) -> &[i64] {
        match self {
            Self::Flat(flat) => flat.seqs(),
            Self::Ivf(ivf) => ivf.seqs(),
        }
    }

    pub fn ids(&self) -> &[Uuid] {
        match self {
            Self::Flat(flat) => flat.ids(),
            Self::Ivf(ivf) => ivf.ids(),
        }
    }

    fn search(&self, query: &[f32], count: usize, only: Option<&[i64]>) -> Result<Vec<Found>, SearchError> {
        match self {
            Self::Flat(flat) => flat.search(query, count, only),
            Self::Ivf(ivf) => ivf.search(query, count, only),
        }
    }
}

/// The vectors at one moment.
#[derive(Debug, Clone)]
pub struct Vectors {
    metric: Metric,
    dimension: usize,
    base: Option<Arc<Base>>,
    recent: Vec<Arc<Flat>>,
    /// Deleted documents that are still in a part.
    dead: Arc<HashSet<i64>>,
}

impl Vectors {
    /// None yet.
    #[must_use]
    pub fn empty(metric: Metric, dimension: usize) -> Self {
        Self { metric, dimension, base: None, recent: Vec::new(), dead: Arc::default() }
    }

    /// Documents, the deleted ones not counted.
    #[must_use]
    pub fn count(&self) -> usize {
        (self.base_len() + self.recent_len()).saturating_sub(self.dead.len())
    }

    fn base_len(&self) -> usize {
        self.base.as_ref().map_or(0, |base| base.seqs().len())
    }

    fn recent_len(&self) -> usize {
        self.recent.iter().map(|part| part.seqs().len()).sum()
    }

    /// The big part, if there is one.
    #[must_use]
    pub fn base(&self) -> Option<Arc<Base>> {
        self.base.clone()
    }

    /// `flat` or `ivf`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.base.as_deref() {
            Some(Base::Ivf(_)) => "ivf",
            _ => "flat",
        }
    }

    /// The number of the last document that is in a part.
    #[cfg(test)]
    fn last_seq(&self) -> i64 {
        let last = |seqs: &[i64]| seqs.last().copied().unwrap_or(0);
        let recent = self.recent.last().map_or(0, |part| last(part.seqs()));
        recent.max(self.base.as_ref().map_or(0, |base| last(base.seqs())))
    }

    /// The numbers of all documents that are there, rising.
    pub fn seqs(&self) -> impl Iterator<Item = i64> + '_ {
        let base = self.base.iter().flat_map(|base| base.seqs().iter());
        let recent = self.recent.iter().flat_map(|part| part.seqs().iter());
        base.chain(recent).copied().filter(|seq| !self.dead.contains(seq))
    }

    /// The same with new documents, whose numbers are beyond those that are there.
    pub fn with(&self, rows: Rows) -> Result<Self, SearchError> {
        if rows.seqs.is_empty() {
            return Ok(self.clone());
        }
        let mut recent = self.recent.clone();
        let mut last = Flat::new(self.metric, self.dimension, rows)?;
        while let Some(before) = recent.pop_if(|part| part.seqs().len() <= GROWTH * last.seqs().len()) {
            last = before.joined(&last)?;
        }
        recent.push(Arc::new(last));
        Ok(Self { recent, ..self.clone() })
    }

    /// The same without these documents.
    #[must_use]
    pub fn without(&self, seqs: impl IntoIterator<Item = i64>) -> Self {
        let mut dead = HashSet::clone(&self.dead);
        dead.extend(seqs);
        Self { dead: Arc::new(dead), ..self.clone() }
    }

    /// The same with another big part; what it holds goes from the small ones.
    pub fn on(&self, base: Arc<Base>) -> Result<Self, SearchError> {
        let last = base.seqs().last().copied().unwrap_or(0);
        let mut next = Self { base: Some(base), recent: Vec::new(), ..self.clone() };
        for part in &self.recent {
            next = next.with(part.rows_after(last))?;
        }
        let present: HashSet<i64> = next.base.iter().flat_map(|base| base.seqs().iter().copied()).collect();
        let dead = self
            .dead
            .iter()
            .copied()
            .filter(|seq| present.contains(seq) || next.recent.iter().any(|part| part.holds(*seq)));
        next.dead = Arc::new(dead.collect());
        Ok(next)
    }

    /// The `count` nearest documents, best first. `only`: none but these, rising.
    pub fn search(
        &self,
        query: &[f32],
        count: usize,
        only: Option<&[i64]>,
    ) -> Result<Vec<Found>, SearchError> {
        let mut found = Vec::new();
        if let Some(base) = &self.base {
            found.extend(self.living(base.seqs().len(), count, |count| base.search(query, count, only))?);
        }
        for part in &self.recent {
            found.extend(self.living(part.seqs().len(), count, |count| part.search(query, count, only))?);
        }
        best_first(&mut found);
        found.truncate(count);
        Ok(found)
    }

    /// Asks for more until enough of what is found is alive.
    fn living(
        &self,
        size: usize,
        count: usize,
        search: impl Fn(usize) -> Result<Vec<Found>, SearchError>,
    ) -> Result<Vec<Found>, SearchError> {
        let mut asked = if self.dead.is_empty() { count } else { count + 8 };
        loop {
            let mut found = search(asked.min(size))?;
            let all = found.len();
            found.retain(|found| !self.dead.contains(&found.seq));
            if found.len() >= count || all < asked || asked >= size {
                found.truncate(count);
                return Ok(found);
            }
            asked = asked.saturating_mul(4);
        }
    }
}

/// Sorts by falling score; equals by their numbers, so that the order is always the same.
pub fn best_first(found: &mut [Found]) {
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.seq.cmp(&b.seq)));
}

/// Makes a vector fit for the metric: of length 1 for the cosine. `None` when it has no direction.
#[must_use]
pub fn prepared(metric: Metric, mut vector: Vec<f32>) -> Option<Vec<f32>> {
    if metric == Metric::Cosine {
        let norm = vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
        if norm < 1e-30 {
            return None;
        }
        vector.iter_mut().for_each(|x| *x = (f64::from(*x) / norm) as f32);
    }
    Some(vector)
}

/// FAISS's word for the metric.
fn faiss_metric(metric: Metric) -> faiss::MetricType {
    match metric {
        Metric::Cosine | Metric::Dot => faiss::MetricType::InnerProduct,
        Metric::Euclidean => faiss::MetricType::L2,
    }
}

/// A score from what FAISS computes: products as they are, squared distances so that nearer is higher.
fn score(metric: Metric, computed: f32) -> f32 {
    match metric {
        Metric::Cosine | Metric::Dot => computed,
        Metric::Euclidean => 1.0 / (1.0 + computed.max(0.0).sqrt()),
    }
}

/// The places in `seqs` of those that are also in `only`; both rise.
fn places<'a>(seqs: &'a [i64], only: &'a [i64]) -> impl Iterator<Item = usize> + 'a {
    let mut rest = only;
    let start = only.first().map_or(seqs.len(), |first| seqs.partition_point(|seq| seq < first));
    seqs.iter().enumerate().skip(start).filter_map(move |(place, seq)| {
        let skip = rest.iter().take_while(|wanted| *wanted < seq).count();
        rest = &rest[skip..];
        (rest.first() == Some(seq)).then_some(place)
    })
}
