//! A part whose vectors lie in clusters; a search looks only into the nearest ones.

use super::{Found, Rows, faiss_metric, places, score};
use crate::{api::vectors::Metric, server::search::SearchError};
use faiss::{
    ConcurrentIndex, FlatIndex, Idx, Index as _,
    index::{SearchWithParams, TryClone as _, ivf_flat::IVFFlatIndex},
    search_params::{SearchParameters, SearchParametersIVF},
    selector::IdSelector,
};
use std::{
    fmt,
    sync::{Mutex, PoisonError},
};
use uuid::Uuid;

/// Vectors that training looks at, for each cluster.
const SAMPLE: usize = 40;
/// Queries by which `nprobe` is chosen.
const QUERIES: usize = 128;
/// Of the ten nearest, this share must be found with the chosen `nprobe`: more than is promised, since other queries come.
const RECALL: f64 = 0.98;
/// Never fewer clusters than this.
const FEWEST: u32 = 4;

/// A clustered part. Only ever replaced.
pub struct Ivf {
    metric: Metric,
    pub(super) index: IVFFlatIndex,
    seqs: Vec<i64>,
    ids: Vec<Uuid>,
    /// How many documents there were when the clusters were made.
    pub trained_on: usize,
    filters: Mutex<Vec<Filter>>,
}

/// Parameters that let only some vectors through. FAISS keeps a pointer to `bits` in them and the binding never frees
/// what holds it, so a few of these are kept and used again.
struct Filter {
    bits: Vec<u8>,
    parameters: SearchParameters,
}

impl fmt::Debug for Ivf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ivf").field("documents", &self.seqs.len()).finish_non_exhaustive()
    }
}

impl Ivf {
    /// Makes clusters of the vectors and finds out how many of them a search must look into. Takes seconds.
    pub fn new(metric: Metric, dimension: usize, rows: Rows) -> Result<Self, SearchError> {
        let Rows { seqs, ids, numbers } = rows;
        let count = seqs.len();
        let clusters = clusters_for(count);
        let dimension_u32 = u32::try_from(dimension).unwrap_or(u32::MAX);
        let quantizer = FlatIndex::new(dimension_u32, faiss_metric(metric))?;
        let mut index = IVFFlatIndex::new(quantizer, dimension_u32, clusters, faiss_metric(metric))?;
        index.train(&sample(&numbers, dimension, SAMPLE * clusters as usize))?;
        let places: Vec<Idx> = (0..count as u64).map(Idx::new).collect();
        index.add_with_ids(&numbers, &places)?;
        let mut made = Self { metric, index, seqs, ids, trained_on: count, filters: Mutex::default() };
        made.choose_probes(&sample(&numbers, dimension, QUERIES))?;
        Ok(made)
    }

    /// What was read from a file; `None` if the parts do not fit together.
    pub fn from_parts(
        metric: Metric,
        dimension: usize,
        mut index: IVFFlatIndex,
        (seqs, ids): (Vec<i64>, Vec<Uuid>),
        (trained_on, probes): (usize, u32),
    ) -> Option<Self> {
        let fits = index.ntotal() == seqs.len() as u64
            && seqs.len() == ids.len()
            && usize::try_from(index.d()) == Ok(dimension)
            && index.metric_type() as u32 == faiss_metric(metric) as u32
            && (1..=index.nlist()).contains(&probes);
        fits.then(|| {
            index.set_nprobe(probes);
            Self { metric, index, seqs, ids, trained_on, filters: Mutex::default() }
        })
    }

    pub fn seqs(&self) -> &[i64] {
        &self.seqs
    }

    pub fn ids(&self) -> &[Uuid] {
        &self.ids
    }

    /// Clusters that a search looks into.
    pub fn probes(&self) -> u32 {
        self.index.nprobe()
    }

    /// The same with more documents in the same clusters.
    pub fn with(&self, rows: &Rows) -> Result<Self, SearchError> {
        let mut index = self.index.try_clone()?;
        let from = self.seqs.len() as u64;
        let places: Vec<Idx> = (from..from + rows.seqs.len() as u64).map(Idx::new).collect();
        index.add_with_ids(&rows.numbers, &places)?;
        index.set_nprobe(self.probes());
        Ok(Self {
            metric: self.metric,
            index,
            seqs: [self.seqs.as_slice(), &rows.seqs].concat(),
            ids: [self.ids.as_slice(), &rows.ids].concat(),
            trained_on: self.trained_on,
            filters: Mutex::default(),
        })
    }

    pub fn search(
        &self,
        query: &[f32],
        count: usize,
        only: Option<&[i64]>,
    ) -> Result<Vec<Found>, SearchError> {
        let count = count.min(self.seqs.len());
        if count == 0 {
            return Ok(Vec::new());
        }
        let result = match only {
            None => self.unfiltered(query, count)?,
            Some(only) => self.filtered(query, count, only)?,
        };
        let found = result.labels.iter().zip(&result.distances).filter_map(|(label, computed)| {
            let place = usize::try_from(label.get()?).ok()?;
            Some(Found { seq: *self.seqs.get(place)?, score: score(self.metric, *computed) })
        });
        Ok(found.collect())
    }

    /// Many results need more clusters than the usual number of them.
    fn unfiltered(&self, query: &[f32], count: usize) -> Result<faiss::index::SearchResult, SearchError> {
        let all = self.index.nlist() as usize;
        let holding = (2 * count * all).div_ceil(self.seqs.len()).min(all);
        if holding <= self.probes() as usize {
            return Ok(ConcurrentIndex::search(&self.index, query, count)?);
        }
        let mut parameters = SearchParametersIVF::new()?;
        parameters.set_nprobe(holding);
        Ok(SearchWithParams::search_with_params(&self.index, query, count, &parameters.upcast())?)
    }

    /// The fewer vectors pass, the more clusters are looked into: those that pass may lie anywhere.
    fn filtered(
        &self,
        query: &[f32],
        count: usize,
        only: &[i64],
    ) -> Result<faiss::index::SearchResult, SearchError> {
        let kept = self.filters.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut filter = match kept {
            Some(filter) => filter,
            None => {
                let bits = vec![0; self.seqs.len().div_ceil(8)];
                let parameters = SearchParametersIVF::new_with(IdSelector::bitmap(&bits)?, 1, 0)?.upcast();
                Filter { bits, parameters }
            }
        };
        filter.bits.fill(0);
        let mut passing = 0_usize;
        for place in places(&self.seqs, only) {
            filter.bits[place / 8] |= 1 << (place % 8);
            passing += 1;
        }
        let all = self.index.nlist() as usize;
        let wider = self.probes() as usize * self.seqs.len() / passing.max(1);
        let mut parameters = filter.parameters.into_search_parameters_ivf()?;
        parameters.set_nprobe(wider.clamp(1, all));
        filter.parameters = parameters.upcast();
        let result = SearchWithParams::search_with_params(&self.index, query, count, &filter.parameters);
        self.filters.lock().unwrap_or_else(PoisonError::into_inner).push(filter);
        Ok(result?)
    }

    /// The fewest clusters with which these queries, vectors of the part, find their nearest neighbours.
    fn choose_probes(&mut self, queries: &[f32]) -> Result<(), SearchError> {
        // Each finds itself; the ten after it count.
        const NEAREST: usize = 11;
        let all = self.index.nlist();
        let mut ask = |probes: u32| -> Result<Vec<Vec<u64>>, SearchError> {
            self.index.set_nprobe(probes);
            let result = ConcurrentIndex::search(&self.index, queries, NEAREST)?;
            let labels = result.labels.chunks(NEAREST);
            Ok(labels.map(|found| found.iter().skip(1).filter_map(|label| label.get()).collect()).collect())
        };
        let exact = ask(all)?;
        let wanted: usize = exact.iter().map(Vec::len).sum();
        let mut probes = FEWEST.min(all);
        loop {
            let found = ask(probes)?;
            let right: usize = found
                .iter()
                .zip(&exact)
                .map(|(found, exact)| found.iter().filter(|label| exact.contains(label)).count())
                .sum();
            if probes >= all || right as f64 >= RECALL * wanted as f64 {
                break;
            }
            probes = (probes + probes.div_ceil(2)).min(all);
        }
        self.index.set_nprobe(probes);
        Ok(())
    }
}

/// Three times the root: between a long way to the cluster and long ways inside them.
fn clusters_for(count: usize) -> u32 {
    let clusters = 3.0 * (count as f64).sqrt();
    (clusters as u32).clamp(1, 65_536)
}

/// Some of the vectors, evenly spread.
fn sample(numbers: &[f32], dimension: usize, count: usize) -> Vec<f32> {
    let rows = numbers.len() / dimension;
    if rows <= count {
        return numbers.to_vec();
    }
    (0..count).flat_map(|i| &numbers[i * rows / count * dimension..][..dimension]).copied().collect()
}
