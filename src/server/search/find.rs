//! Searching a collection: by vector, by words, or by both; and telling why a document was found.

use super::{Search, SearchError, filter, fuse::fuse, rules, shelf::Shelf, vectors::Found, words};
use crate::{
    api::vectors::{SearchHit, SearchMode, Why},
    server::store::{collections::Collection, documents},
    workflow::ids::UserId,
};
use serde_json::Value;
use std::{collections::HashMap, sync::Arc};

/// Results where nobody says how many.
const USUAL_RESULTS: i64 = 5;
/// How many of each ranking are put together, at least and in relation to the results.
const FUSED: usize = 50;
const FUSED_FACTOR: usize = 4;

/// What to find.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub query: Option<String>,
    pub vector: Option<Vec<f32>>,
    /// 1 to 1,000; 5 if absent.
    pub top_k: Option<i64>,
    pub min_score: Option<f64>,
    pub filter: Option<Value>,
    pub mode: SearchMode,
}

/// A [`Wanted`] that has been checked.
struct Plan {
    text: Option<String>,
    vector: Option<Vec<f32>>,
    count: usize,
    conditions: Vec<filter::Condition>,
}

impl Search {
    /// The documents that fit best, best first.
    ///
    /// # Errors
    /// `UnknownCollection`, also when it is deleted meanwhile; `Field` for what is wrong with the question; `Model` when
    /// the embedding model does not answer; `Busy`.
    pub async fn search(
        &self,
        owner: UserId,
        name: &str,
        wanted: Wanted,
    ) -> Result<Vec<SearchHit>, SearchError> {
        let (mode, min_score) = (wanted.mode, wanted.min_score);
        let row = self.row(owner, name).await?;
        let plan = self.plan(&row, wanted)?;
        let query_words = plan.text.as_deref().map(words::words_of).unwrap_or_default();
        let shelf = self.shelf(&row);
        let only = self.passing(&shelf, &row, plan.conditions).await?;
        let depth =
            if mode == SearchMode::Hybrid { FUSED.max(FUSED_FACTOR * plan.count) } else { plan.count };
        let by_vector = match (mode, plan.vector, &plan.text) {
            (SearchMode::Lexical, ..) => Vec::new(),
            (_, Some(vector), _) => self.by_vector(&shelf, &row, vector, depth, only.clone()).await?,
            (_, None, text) => {
                let text = text.clone().unwrap_or_default();
                let made = self.embedders().embed(owner, &row, vec![text]).await?;
                let vector = made.into_iter().next().unwrap_or_default();
                let vector = rules::given_vector("query", vector, row.dimension, row.metric)?;
                self.by_vector(&shelf, &row, vector, depth, only.clone()).await?
            }
        };
        let by_words = match (mode, plan.text) {
            (SearchMode::Lexical | SearchMode::Hybrid, Some(text)) => {
                let held = shelf.words(&self.0.tools, &row).await?;
                let search = move || held.value.search(&text, depth, only.as_deref().map(Vec::as_slice));
                self.0.tools.workers.run(search).await?
            }
            _ => Vec::new(),
        };
        let mut best = match mode {
            SearchMode::Vector => by_vector.clone(),
            SearchMode::Lexical => by_words.clone(),
            SearchMode::Hybrid => fuse([&by_vector, &by_words]),
        };
        best.truncate(plan.count);
        if let Some(least) = min_score {
            best.retain(|found| f64::from(found.score) >= least);
        }
        let ranks = Ranks { by_vector: places(&by_vector), by_words: places(&by_words), query_words };
        let hits = self.hits(owner, &row, best, &ranks).await?;
        // Its documents may still be there.
        if shelf.is_gone() { Err(SearchError::UnknownCollection(row.name)) } else { Ok(hits) }
    }

    fn plan(&self, row: &Collection, wanted: Wanted) -> Result<Plan, SearchError> {
        let top_k = wanted.top_k.unwrap_or(USUAL_RESULTS);
        if !(1..=rules::MOST_RESULTS).contains(&top_k) {
            let message = format!("is {top_k}; it must be from 1 to {}", rules::MOST_RESULTS);
            return Err(SearchError::field("top_k", message));
        }
        if wanted.min_score.is_some_and(|score| !score.is_finite()) {
            return Err(SearchError::field("min_score", "is not a finite number"));
        }
        if let Some(text) = &wanted.query {
            if text.trim().is_empty() {
                return Err(SearchError::field("query", "is empty; say what to look for"));
            }
            if text.chars().count() > rules::LONGEST_QUERY {
                let message = format!("is longer than {} characters", rules::LONGEST_QUERY);
                return Err(SearchError::field("query", message));
            }
        }
        let conditions = wanted.filter.filter(|filter| !filter.is_null());
        let conditions = conditions.map(|filter| filter::parse(&filter)).transpose()?.unwrap_or_default();
        let vector = match wanted.vector {
            Some(vector) => Some(rules::given_vector("vector", vector, row.dimension, row.metric)?),
            None => None,
        };
        let embeds = self.embedders().of(row).is_some();
        match (wanted.mode, &wanted.query, &vector) {
            (SearchMode::Vector, None, None) => {
                return Err(SearchError::field("query", "is missing; give a text as `query` or a `vector`"));
            }
            (SearchMode::Vector, Some(_), Some(_)) => {
                let message = "stands beside `query`; give one of them, or choose the mode `hybrid`";
                return Err(SearchError::field("vector", message));
            }
            (SearchMode::Lexical | SearchMode::Hybrid, None, _) => {
                return Err(SearchError::field("query", "is missing; this mode looks for words"));
            }
            (SearchMode::Vector | SearchMode::Hybrid, Some(_), None) if !embeds => {
                return Err(SearchError::field("vector", self.embedders().lacking(row)));
            }
            _ => {}
        }
        let count = usize::try_from(top_k).unwrap_or(1);
        Ok(Plan { text: wanted.query, vector, count, conditions })
    }

    /// The numbers of the documents that pass the filter; `None` without one.
    async fn passing(
        &self,
        shelf: &Arc<Shelf>,
        row: &Collection,
        conditions: Vec<filter::Condition>,
    ) -> Result<Option<Arc<Vec<i64>>>, SearchError> {
        if conditions.is_empty() {
            return Ok(None);
        }
        let held = shelf.facts(&self.0.tools, row).await?;
        let passing = self.0.tools.workers.run(move || Ok(held.value.passing(&conditions))).await?;
        Ok(Some(Arc::new(passing)))
    }

    async fn by_vector(
        &self,
        shelf: &Arc<Shelf>,
        row: &Collection,
        vector: Vec<f32>,
        count: usize,
        only: Option<Arc<Vec<i64>>>,
    ) -> Result<Vec<Found>, SearchError> {
        let held = shelf.vectors(&self.0.tools, row).await?;
        let search = move || held.value.search(&vector, count, only.as_deref().map(Vec::as_slice));
        self.0.tools.workers.run(search).await
    }

    /// The documents that were found, from the database.
    async fn hits(
        &self,
        owner: UserId,
        row: &Collection,
        best: Vec<Found>,
        ranks: &Ranks,
    ) -> Result<Vec<SearchHit>, SearchError> {
        let seqs: Vec<i64> = best.iter().map(|found| found.seq).collect();
        let mut documents = documents::by_seqs(self.store(), row.id, &seqs).await?;
        if documents.len() < seqs.len() {
            // Deleted meanwhile: a document, or the whole collection, or it and made anew.
            let now = self.row(owner, &row.name).await?;
            if now.id != row.id {
                return Err(SearchError::UnknownCollection(row.name.clone()));
            }
        }
        let hits = best.into_iter().filter_map(|found| {
            let document = documents.remove(&found.seq)?;
            let why = ranks.why(found.seq, &document.content);
            Some(SearchHit {
                id: document.id,
                content: document.content,
                metadata: document.metadata,
                score: shortest(found.score),
                why,
            })
        });
        Ok(hits.collect())
    }
}

/// Where the rankings have the documents.
struct Ranks {
    by_vector: HashMap<i64, (u32, f32)>,
    by_words: HashMap<i64, (u32, f32)>,
    query_words: Vec<String>,
}

impl Ranks {
    fn why(&self, seq: i64, content: &str) -> Why {
        let (vector, words) = (self.by_vector.get(&seq), self.by_words.get(&seq));
        Why {
            words: words::matched(&self.query_words, content),
            vector_rank: vector.map(|(rank, _)| *rank),
            vector_score: vector.map(|(_, score)| shortest(*score)),
            lexical_rank: words.map(|(rank, _)| *rank),
            lexical_score: words.map(|(_, score)| shortest(*score)),
        }
    }
}

fn places(ranking: &[Found]) -> HashMap<i64, (u32, f32)> {
    (1..).zip(ranking).map(|(rank, found)| (found.seq, (rank, found.score))).collect()
}

/// The number as it is written with the fewest digits: 0.3 stays 0.3 and does not become 0.30000001192092896.
fn shortest(score: f32) -> f64 {
    score.to_string().parse().unwrap_or_else(|_| f64::from(score))
}
