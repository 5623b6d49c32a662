//! Splitting a text into parts that the embedding model reads as a whole.

use super::{
    Search, SearchError,
    ingest::{ChunkOptions, Splitter},
};

impl Search {
    /// The parts of a text of at most `size` tokens, at the best boundaries there are; `overlap` tokens of a part may
    /// repeat the end of the one before.
    ///
    /// # Errors
    /// `Field` for sizes that cannot be, `Model` when the embedding model is not installed.
    pub async fn split(
        &self,
        text: String,
        size: Option<u32>,
        overlap: Option<u32>,
    ) -> Result<Vec<String>, SearchError> {
        let number = |given: Option<u32>| given.and_then(|n| usize::try_from(n).ok());
        let options = ChunkOptions::of(number(size), number(overlap))
            .map_err(|error| SearchError::field("chunk", error.to_string()))?;
        let embedder = std::sync::Arc::clone(self.embedder());
        let split = move || Ok(Splitter::new(embedder.tokenizer()?).split(&text, &options));
        self.0.tools.workers.run(split).await
    }
}
