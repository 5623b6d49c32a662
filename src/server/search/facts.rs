//! The metadata of a collection in memory, by field, for filters. Like the vectors in parts that are never changed.

use super::filter::Condition;
use serde_json::{Map, Value};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// Parts of like size are put together.
const GROWTH: usize = 2;

/// The metadata at one moment.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    parts: Vec<Arc<Part>>,
    dead: Arc<HashSet<i64>>,
}

#[derive(Debug, Default)]
struct Part {
    /// Rising.
    seqs: Vec<i64>,
    /// For each field the places of the documents that have it, rising, and their values.
    fields: HashMap<String, Vec<(u32, Value)>>,
}

impl Facts {
    /// The same with new documents, whose numbers are beyond those that are there.
    #[must_use]
    pub fn with(&self, added: Vec<(i64, Map<String, Value>)>) -> Self {
        if added.is_empty() {
            return self.clone();
        }
        let mut parts = self.parts.clone();
        let mut last = Part::default();
        for (seq, metadata) in added {
            let place = u32::try_from(last.seqs.len()).unwrap_or(u32::MAX);
            last.seqs.push(seq);
            for (field, value) in metadata {
                last.fields.entry(field).or_default().push((place, value));
            }
        }
        while let Some(before) = parts.pop_if(|part| part.seqs.len() <= GROWTH * last.seqs.len()) {
            last = joined(&before, last);
        }
        parts.push(Arc::new(last));
        Self { parts, dead: Arc::clone(&self.dead) }
    }

    /// The same without these documents.
    #[must_use]
    pub fn without(&self, seqs: impl IntoIterator<Item = i64>) -> Self {
        let mut dead = HashSet::clone(&self.dead);
        dead.extend(seqs);
        Self { parts: self.parts.clone(), dead: Arc::new(dead) }
    }

    /// The numbers of all documents that are there, rising.
    pub fn seqs(&self) -> impl Iterator<Item = i64> + '_ {
        let all = self.parts.iter().flat_map(|part| part.seqs.iter().copied());
        all.filter(|seq| !self.dead.contains(seq))
    }

    /// The numbers of the documents for which every condition holds, rising.
    #[must_use]
    pub fn passing(&self, conditions: &[Condition]) -> Vec<i64> {
        let passing = self.parts.iter().flat_map(|part| part.passing(conditions));
        passing.filter(|seq| !self.dead.contains(seq)).collect()
    }
}

impl Part {
    fn passing(&self, conditions: &[Condition]) -> Vec<i64> {
        let mut passes = vec![true; self.seqs.len()];
        for condition in conditions {
            let absent = condition.holds(None);
            let mut holds = vec![absent; self.seqs.len()];
            for (place, value) in self.fields.get(&condition.field).into_iter().flatten() {
                if let Some(holds) = holds.get_mut(*place as usize) {
                    *holds = condition.holds(Some(value));
                }
            }
            passes.iter_mut().zip(holds).for_each(|(passes, holds)| *passes &= holds);
        }
        self.seqs.iter().zip(passes).filter_map(|(seq, passes)| passes.then_some(*seq)).collect()
    }
}

fn joined(before: &Part, after: Part) -> Part {
    let shift = u32::try_from(before.seqs.len()).unwrap_or(u32::MAX);
    let mut fields = before.fields.clone();
    for (field, values) in after.fields {
        let moved = values.into_iter().map(|(place, value)| (place.saturating_add(shift), value));
        fields.entry(field).or_default().extend(moved);
    }
    Part { seqs: [before.seqs.as_slice(), &after.seqs].concat(), fields }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::search::filter;
    use serde_json::json;

    #[test]
    fn conditions_hold_across_parts() {
        let of = |seq: i64| match json!({"n": seq, "even": seq % 2 == 0, "rare": if seq == 5 { json!(1) } else { json!(null) }})
        {
            Value::Object(map) => (seq, map),
            _ => unreachable!(),
        };
        let mut facts = Facts::default();
        for range in [1..4, 4..5, 5..9, 9..10, 10..40] {
            facts = facts.with(range.map(of).collect());
        }
        let passing = |facts: &Facts, filter: Value| facts.passing(&filter::parse(&filter).unwrap());
        assert_eq!(passing(&facts, json!({"n": {"lt": 7}, "even": true})), [2, 4, 6]);
        assert_eq!(passing(&facts, json!({"rare": 1})), [5]);
        assert_eq!(passing(&facts, json!({"rare": null})).len(), 38);
        assert_eq!(passing(&facts, json!({"other": {"ne": 3}})).len(), 39);
        let fewer = facts.without([4, 39]);
        assert_eq!(passing(&fewer, json!({"n": {"lt": 7}, "even": true})), [2, 6]);
        assert_eq!(fewer.seqs().count(), 37);
    }
}
