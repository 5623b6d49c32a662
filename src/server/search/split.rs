//! Splitting a text into parts that the embedding model reads as a whole.

use super::{Search, SearchError};
use text_splitter::{ChunkConfig, TextSplitter};

/// Tokens of a part and of its overlap where nobody says how many: a long paragraph, about a sentence.
const SIZE: usize = 200;
const OVERLAP: usize = 30;

impl Search {
    /// The parts of a text of at most `size` tokens, at the best boundaries there are; `overlap` tokens of a part may
    /// repeat the end of the one before.
    ///
    /// # Errors
    /// `Field` for an overlap that leaves nothing new in a part, `Model` when the embedding model is not installed.
    pub async fn split(
        &self,
        text: String,
        size: Option<u32>,
        overlap: Option<u32>,
    ) -> Result<Vec<String>, SearchError> {
        let number = |given: Option<u32>| given.and_then(|n| usize::try_from(n).ok());
        let size = number(size).unwrap_or(SIZE);
        let overlap = number(overlap).unwrap_or(OVERLAP.min(size / 4));
        if overlap > size / 2 {
            return Err(SearchError::field("chunk.overlap", "must be at most half of the size"));
        }
        let embedder = std::sync::Arc::clone(self.embedder());
        let split = move || {
            let tokenizer = embedder.tokenizer()?;
            let config = ChunkConfig::new(size)
                .with_sizer(tokenizer.as_ref())
                .with_overlap(overlap)
                .map_err(|error| SearchError::field("chunk", error.to_string()))?;
            Ok(TextSplitter::new(config).chunks(&text).map(str::to_owned).collect())
        };
        self.0.tools.workers.run(split).await
    }
}
