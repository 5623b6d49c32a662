//! Splitting texts into parts that the embedding model reads as a whole: by tokens, at the best boundary there is
//! (headings, paragraphs, sentences, words), with some overlap.

use super::error::IngestError;
use std::sync::Arc;
use text_splitter::{ChunkConfig, ChunkSizer, MarkdownSplitter, TextSplitter};
use tokenizers::Tokenizer;

/// The embedding model reads so many tokens of a text, its two marks not counted; what is longer it would not see.
pub const MAX_CHUNK_TOKENS: usize = 254;
const MIN_CHUNK_TOKENS: usize = 16;
/// Texts are worked on in blocks of this many bytes, so that time grows with their length and not faster.
const BLOCK: usize = 64 << 10;
/// Words that the tokenizer does not look into, such as lines of base64, count as a token for so many bytes.
const BYTES_PER_TOKEN: usize = 3;

/// How long the parts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkOptions {
    size: usize,
    overlap: usize,
}

impl Default for ChunkOptions {
    /// 200 tokens are a long paragraph; the overlap is about a sentence.
    fn default() -> Self {
        Self { size: 200, overlap: 30 }
    }
}

impl ChunkOptions {
    /// Parts of at most `size` tokens, of which up to `overlap` repeat the end of the part before.
    ///
    /// # Errors
    /// `chunk_size` or `chunk_overlap` as code, for what is out of range.
    pub fn new(size: usize, overlap: usize) -> Result<Self, IngestError> {
        if !(MIN_CHUNK_TOKENS..=MAX_CHUNK_TOKENS).contains(&size) {
            return Err(IngestError::new(
                "chunk_size",
                format!(
                    "must be from {MIN_CHUNK_TOKENS} to {MAX_CHUNK_TOKENS} tokens, which is what the model reads"
                ),
            ));
        }
        if overlap > size / 2 {
            return Err(IngestError::new("chunk_overlap", "must be at most half of the chunk size"));
        }
        Ok(Self { size, overlap })
    }

    /// What is given, and the defaults for the rest; the overlap shrinks with the size.
    ///
    /// # Errors
    /// As for [`ChunkOptions::new`].
    pub fn of(size: Option<usize>, overlap: Option<usize>) -> Result<Self, IngestError> {
        let usual = Self::default();
        let size = size.unwrap_or(usual.size);
        Self::new(size, overlap.unwrap_or(usual.overlap.min(size / 4)))
    }
}

/// Splits texts. Cheap to clone. Blocking: some milliseconds for a hundred kilobytes.
#[derive(Clone, Default)]
pub struct Splitter {
    /// Without one, four characters are taken for a token.
    tokenizer: Option<Arc<Tokenizer>>,
}

impl Splitter {
    /// Counts with the tokenizer of the embedding model, whose truncation and padding are turned off.
    #[must_use]
    pub fn new(tokenizer: Arc<Tokenizer>) -> Self {
        Self { tokenizer: Some(tokenizer) }
    }

    /// The parts of a text, in their order, none empty.
    #[must_use]
    pub fn split(&self, text: &str, options: &ChunkOptions) -> Vec<String> {
        self.parts(text, options, false)
    }

    /// The parts of a Markdown text: at its headings, lists and blocks of code where possible.
    #[must_use]
    pub fn split_markdown(&self, text: &str, options: &ChunkOptions) -> Vec<String> {
        self.parts(text, options, true)
    }

    fn parts(&self, text: &str, options: &ChunkOptions, markdown: bool) -> Vec<String> {
        let mut parts = Vec::new();
        for block in blocks(text) {
            let counted = Counted::new(block, self.tokenizer.as_deref());
            let config = ChunkConfig::new(options.size).with_sizer(&counted);
            // `ChunkOptions` has made sure that the overlap is smaller than the size.
            let Ok(config) = config.with_overlap(options.overlap) else { return parts };
            let mut take = |part: &str| {
                if !part.trim().is_empty() {
                    parts.push(part.to_owned());
                }
            };
            if markdown {
                MarkdownSplitter::new(config).chunks(block).for_each(&mut take);
            } else {
                TextSplitter::new(config).chunks(block).for_each(&mut take);
            }
        }
        parts
    }
}

/// Pieces of at most [`BLOCK`] bytes, cut where a paragraph, a line or a word ends if one does.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (block, left) = rest.split_at(block_end(rest));
        rest = left;
        Some(block)
    })
}

fn block_end(text: &str) -> usize {
    if text.len() <= BLOCK {
        return text.len();
    }
    let start = &text[..text.floor_char_boundary(BLOCK)];
    // Not so early that a block would be hardly more than a part.
    let late = |at: &usize| *at >= BLOCK / 4;
    start
        .rfind("\n\n")
        .filter(late)
        .or_else(|| start.rfind('\n').filter(late))
        .or_else(|| start.rfind(char::is_whitespace).filter(late))
        .unwrap_or(start.len())
}

/// Counts the tokens of slices of one text, which was tokenized once.
struct Counted<'a> {
    text: &'a str,
    /// Where each token starts, in bytes, in rising order.
    starts: Vec<usize>,
}

impl<'a> Counted<'a> {
    fn new(text: &'a str, tokenizer: Option<&Tokenizer>) -> Self {
        let encoding = tokenizer.and_then(|tokenizer| tokenizer.encode(text, false).ok());
        let starts = match encoding {
            Some(encoding) => encoding
                .get_offsets()
                .iter()
                .flat_map(|(start, end)| {
                    // A token that spans many bytes is a word that the tokenizer gave up.
                    let step = if end - start > 8 * BYTES_PER_TOKEN { BYTES_PER_TOKEN } else { usize::MAX };
                    (*start..(*end).max(start + 1)).step_by(step)
                })
                .collect(),
            None => text.char_indices().map(|(at, _)| at).step_by(4).collect(),
        };
        Self { text, starts }
    }
}

impl ChunkSizer for Counted<'_> {
    fn size(&self, chunk: &str) -> usize {
        // The splitter only asks about slices of the text it splits.
        let start = (chunk.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        let end = start.saturating_add(chunk.len());
        if end > self.text.len() {
            return chunk.len().div_ceil(4);
        }
        let before = |at: usize| self.starts.partition_point(|token| *token < at);
        before(end) - before(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prose(sentences: usize) -> String {
        (0..sentences).map(|n| format!("Sentence number {n} tells of the mill and its race. ")).collect()
    }

    #[test]
    fn parts_are_short_enough_overlap_and_leave_nothing_out() {
        let text = prose(400);
        let options = ChunkOptions::new(60, 20).unwrap();
        let parts = Splitter::default().split(&text, &options);
        assert!(parts.len() > 50);
        for (n, part) in parts.iter().enumerate() {
            assert!(part.chars().count().div_ceil(4) <= 61, "{n}: {part}");
        }
        for n in 0..400 {
            let sentence = format!("Sentence number {n} tells");
            assert!(parts.iter().any(|part| part.contains(&sentence)), "{sentence}");
        }
        let repeated = parts.windows(2).filter(|pair| {
            let last = pair[0].rsplit("Sentence").next().unwrap_or_default();
            pair[1].contains(last.trim())
        });
        assert!(repeated.count() > parts.len() / 2, "consecutive parts overlap");
    }

    #[test]
    fn markdown_is_cut_at_its_headings() {
        let section = |n| format!("## Heading {n}\n\n{}\n\n", prose(4));
        let text: String = (0..6).map(section).collect();
        let parts = Splitter::default().split_markdown(&text, &ChunkOptions::new(70, 0).unwrap());
        assert_eq!(parts.len(), 6, "{parts:#?}");
        assert!(parts.iter().all(|part| part.starts_with("## Heading")));
    }

    #[test]
    fn texts_without_any_boundary_are_cut_all_the_same() {
        let splitter = Splitter::default();
        let options = ChunkOptions::default();
        for text in ["x".repeat(300_000), "ü漢".repeat(60_000), "\u{301}".repeat(5_000), "a\n".repeat(50_000)]
        {
            let parts = splitter.split(&text, &options);
            let kept: usize =
                parts.iter().map(|part| part.chars().filter(|c| !c.is_whitespace()).count()).sum();
            assert!(kept >= text.chars().filter(|c| !c.is_whitespace()).count(), "something was left out");
            assert!(text.starts_with('\u{301}') || parts.iter().all(|part| part.chars().count() < 1200));
        }
        assert!(splitter.split("", &options).is_empty());
        assert!(splitter.split(" \n\n ", &options).is_empty());
        assert_eq!(splitter.split(" short ", &options), ["short"]);
    }

    #[test]
    fn sizes_out_of_range_are_refused_by_name() {
        assert_eq!(ChunkOptions::new(8, 0).unwrap_err().code, "chunk_size");
        assert_eq!(ChunkOptions::new(255, 0).unwrap_err().code, "chunk_size");
        assert_eq!(ChunkOptions::new(100, 51).unwrap_err().code, "chunk_overlap");
        assert_eq!(ChunkOptions::of(Some(40), None), ChunkOptions::new(40, 10));
        assert_eq!(ChunkOptions::of(None, None), Ok(ChunkOptions::default()));
    }

    /// As the model would count, where it is installed.
    #[test]
    fn counts_as_the_tokenizer_does() {
        let folder = std::env::var_os("MILLRACE_MODELS_DIR").map(std::path::PathBuf::from);
        let file = folder.map(|folder| folder.join("all-minilm-l6-v2").join("tokenizer.json"));
        let Some(mut exact) = file.and_then(|file| Tokenizer::from_file(file).ok()) else { return };
        exact.with_truncation(None).unwrap();
        exact.with_padding(None);
        let splitter = Splitter::new(Arc::new(exact.clone()));
        let text = prose(300) + &"dGhpcyBpcyBiYXNlNjQ".repeat(500) + &prose(100);
        let parts = splitter.split(&text, &ChunkOptions::new(120, 20).unwrap());
        for part in &parts {
            let tokens = exact.encode(part.as_str(), false).unwrap().len();
            assert!(tokens <= 122 && part.len() < 3000, "{tokens} tokens, {} bytes", part.len());
        }
        assert!(parts.iter().any(|part| exact.encode(part.as_str(), false).unwrap().len() > 90));
    }
}
