//! Texts as the numbers of their tokens.

use super::LONGEST;
use crate::server::llm::LlmError;
use std::path::Path;
use tokenizers::{Tokenizer, TruncationParams};

/// Bytes of a text that are looked at; far more than its first [`LONGEST`] tokens take.
const LONGEST_BYTES: usize = 32 * 1024;

/// The tokenizer of the folder without a limit or padding: what counts tokens.
pub fn counter(folder: &Path) -> Result<Tokenizer, LlmError> {
    let file = folder.join("tokenizer.json");
    let bytes = std::fs::read(&file).map_err(|error| LlmError::io("read the model file", &file, &error))?;
    let mut tokenizer = Tokenizer::from_bytes(bytes).map_err(|error| LlmError::damaged(&file, error))?;
    tokenizer.with_padding(None);
    tokenizer.with_truncation(None).map_err(|error| LlmError::damaged(&file, error))?;
    Ok(tokenizer)
}

/// The tokenizer that cuts texts as the model wants them.
pub fn cutter(folder: &Path) -> Result<Tokenizer, LlmError> {
    let mut tokenizer = counter(folder)?;
    let cut = TruncationParams { max_length: LONGEST, ..TruncationParams::default() };
    tokenizer
        .with_truncation(Some(cut))
        .map_err(|error| LlmError::damaged(&folder.join("tokenizer.json"), error))?;
    Ok(tokenizer)
}

/// The tokens of each text, at least the two marks around it.
pub fn tokens(cutter: &Tokenizer, texts: &[String]) -> Result<Vec<Vec<u32>>, LlmError> {
    let heads: Vec<&str> =
        texts.iter().map(|text| &text[..text.floor_char_boundary(LONGEST_BYTES)]).collect();
    let encoded = cutter.encode_batch_fast(heads, true).map_err(LlmError::generation)?;
    Ok(encoded.iter().map(|text| text.get_ids().to_vec()).collect())
}
