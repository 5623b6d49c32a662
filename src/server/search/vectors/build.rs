//! When the big part of a collection is made anew, and making it.

use super::{Base, Flat, Ivf, Rows, Vectors};
use crate::{api::vectors::Metric, server::search::SearchError};

/// Documents up to which all vectors are compared.
pub const FLAT_LIMIT: usize = 20_000;
/// So many documents make no big part yet.
const SMALL: usize = 1_000;

/// What is to be done about the big part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// What came since goes into it.
    Absorb,
    /// It is made from the database.
    Rebuild,
}

/// What is to be done, if anything.
#[must_use]
pub fn wanted(vectors: &Vectors) -> Option<Work> {
    let (base, recent) = (vectors.base_len(), vectors.recent_len());
    let living = vectors.count();
    if vectors.dead.len() > SMALL / 10 + living / 10 {
        return Some(Work::Rebuild);
    }
    match vectors.base.as_deref() {
        Some(Base::Ivf(ivf)) => {
            if living > 2 * ivf.trained_on || living < FLAT_LIMIT / 2 {
                return Some(Work::Rebuild);
            }
            (recent > SMALL.max(base / 20)).then_some(Work::Absorb)
        }
        _ if living > FLAT_LIMIT => Some(Work::Rebuild),
        _ => (recent > SMALL.max(base / 4)).then_some(Work::Absorb),
    }
}

/// A big part of all these documents; clusters take seconds to make.
pub fn build(metric: Metric, dimension: usize, rows: Rows) -> Result<Base, SearchError> {
    if rows.seqs.len() > FLAT_LIMIT {
        Ok(Base::Ivf(Ivf::new(metric, dimension, rows)?))
    } else {
        Ok(Base::Flat(Flat::new(metric, dimension, rows)?))
    }
}

/// The big part with what came since in it.
pub fn absorb(vectors: &Vectors) -> Result<Base, SearchError> {
    let mut recent = Rows::default();
    for part in &vectors.recent {
        let Rows { seqs, ids, numbers } = part.rows_after(0);
        recent.seqs.extend(seqs);
        recent.ids.extend(ids);
        recent.numbers.extend(numbers);
    }
    match vectors.base.as_deref() {
        Some(Base::Ivf(ivf)) => Ok(Base::Ivf(ivf.with(&recent)?)),
        Some(Base::Flat(flat)) => {
            Ok(Base::Flat(flat.joined(&Flat::new(vectors.metric, vectors.dimension, recent)?)?))
        }
        None => build(vectors.metric, vectors.dimension, recent),
    }
}
