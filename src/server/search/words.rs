//! The words of a collection's documents in memory, ranked by BM25 (tantivy). Made from the database on first use.

mod tokens;

pub use tokens::{matched, words_of};

use super::{SearchError, vectors::Found};
use std::{fmt, ops::Bound};
use tantivy::{
    Index, IndexReader, ReloadPolicy, Searcher, TantivyDocument, Term,
    collector::{FilterCollector, TopDocs},
    query::{BooleanQuery, Query, RangeQuery, TermQuery},
    schema::{FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions},
};

/// Memory for taking in documents, in bytes; the least that tantivy accepts.
const WRITER_BYTES: usize = 15_000_000;
/// Words of a query that count.
const LONGEST_QUERY: usize = 64;
const TOKENIZER: &str = "words";
const SEQ: &str = "seq";

/// The words of one collection. Changes show to searches that begin after them.
pub struct Words {
    index: Index,
    reader: IndexReader,
    seq: Field,
    body: Field,
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Words")
    }
}

impl Words {
    /// None yet.
    pub fn empty() -> Result<Self, SearchError> {
        let mut schema = Schema::builder();
        let seq = schema.add_u64_field(SEQ, INDEXED | FAST);
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(TOKENIZER)
            .set_index_option(IndexRecordOption::WithFreqs);
        let body = schema.add_text_field("body", TextOptions::default().set_indexing_options(indexing));
        let index = Index::create_in_ram(schema.build());
        index.tokenizers().register(TOKENIZER, tokens::analyzer());
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { index, reader, seq, body })
    }

    /// Takes documents in and others out. Blocks.
    pub fn change(&self, added: Vec<(i64, String)>, removed: &[i64]) -> Result<(), SearchError> {
        if added.is_empty() && removed.is_empty() {
            return Ok(());
        }
        let mut writer = self.index.writer_with_num_threads::<TantivyDocument>(1, WRITER_BYTES)?;
        // Those that come in too: they may be there already if whoever brought them was stopped in the middle.
        for seq in removed.iter().chain(added.iter().map(|(seq, _)| seq)) {
            writer.delete_term(Term::from_field_u64(self.seq, seq.cast_unsigned()));
        }
        for (seq, content) in added {
            let mut document = TantivyDocument::default();
            document.add_u64(self.seq, seq.cast_unsigned());
            document.add_text(self.body, content);
            writer.add_document(document)?;
        }
        writer.commit()?;
        writer.wait_merging_threads()?;
        Ok(self.reader.reload()?)
    }

    /// The `count` best documents that have any word of the query. `only`: none but these, rising.
    pub fn search(&self, query: &str, count: usize, only: Option<&[i64]>) -> Result<Vec<Found>, SearchError> {
        let mut words = words_of(query);
        words.truncate(LONGEST_QUERY);
        if words.is_empty() || count == 0 || only.is_some_and(<[i64]>::is_empty) {
            return Ok(Vec::new());
        }
        let terms = words.iter().map(|word| -> Box<dyn Query> {
            Box::new(TermQuery::new(Term::from_field_text(self.body, word), IndexRecordOption::WithFreqs))
        });
        let query = BooleanQuery::union(terms.collect());
        let searcher = self.reader.searcher();
        let best = TopDocs::with_limit(count).order_by_score();
        let found = match only {
            None => searcher.search(&query, &best)?,
            Some(only) => {
                let only = only.to_vec();
                let passes = move |seq: u64| only.binary_search(&seq.cast_signed()).is_ok();
                searcher.search(&query, &FilterCollector::new(SEQ.to_owned(), passes, best))?
            }
        };
        found
            .into_iter()
            .map(|(score, address)| Ok(Found { seq: seq_at(&searcher, address)?, score }))
            .collect()
    }

    /// The numbers of all documents that are there, rising.
    pub fn seqs(&self) -> Result<Vec<i64>, SearchError> {
        let searcher = self.reader.searcher();
        let all = RangeQuery::new(
            Bound::Included(Term::from_field_u64(self.seq, 0)),
            Bound::Included(Term::from_field_u64(self.seq, u64::MAX)),
        );
        let found = searcher.search(&all, &tantivy::collector::DocSetCollector)?;
        let mut seqs = found.into_iter().map(|at| seq_at(&searcher, at)).collect::<Result<Vec<_>, _>>()?;
        seqs.sort_unstable();
        Ok(seqs)
    }
}

fn seq_at(searcher: &Searcher, address: tantivy::DocAddress) -> Result<i64, SearchError> {
    let column = searcher.segment_reader(address.segment_ord).fast_fields().u64(SEQ)?;
    column
        .first(address.doc_id)
        .map(u64::cast_signed)
        .ok_or_else(|| SearchError::Index("a document has lost its number".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seqs(found: &[Found]) -> Vec<i64> {
        found.iter().map(|found| found.seq).collect()
    }

    #[test]
    fn finds_by_words_in_any_spelling() {
        let words = Words::empty().unwrap();
        let texts = [
            "Refunds are paid within 30 days.",
            "The café in Müllerstraße opens at eight; REFUND your bottles there. Refund!",
            "東京の桜は四月に咲く",
            "Nothing of the kind.",
        ];
        words.change((1..).zip(texts.map(str::to_owned)).collect(), &[]).unwrap();
        assert_eq!(seqs(&words.search("refund", 10, None).unwrap()), [2, 1]);
        assert_eq!(seqs(&words.search("CAFE mullerstrasse", 10, None).unwrap()), [2]);
        assert_eq!(seqs(&words.search("桜", 10, None).unwrap()), [3]);
        assert_eq!(seqs(&words.search("refund", 10, Some(&[1, 3])).unwrap()), [1]);
        for nothing in ["zebra", "?!", "", "\" AND body:* OR ("] {
            assert!(words.search(nothing, 10, None).unwrap().is_empty(), "{nothing}");
        }
        words.change(vec![(7, "refund refund refund".to_owned())], &[2]).unwrap();
        assert_eq!(seqs(&words.search("refund", 10, None).unwrap()), [7, 1]);
        assert_eq!(seqs(&words.search("refund", 1, None).unwrap()), [7]);
        assert_eq!(words.seqs().unwrap(), [1, 3, 4, 7]);
    }
}
