//! A model's tokenizer: text to tokens, and what each token writes.

use tokenizers::Tokenizer;

use crate::server::llm::error::{LlmError, first_line};
use crate::server::llm::vocabulary::Vocabulary;

/// Both directions.
pub struct Tokens {
    pub tokenizer: Tokenizer,
    pub vocabulary: Vocabulary,
}

impl Tokens {
    /// Control tokens that stand in `text` are read as such; nothing is added before or after.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, LlmError> {
        let encoding = self
            .tokenizer
            .encode_fast(text, false)
            .map_err(|error| LlmError::generation(first_line(&error)))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// Pieces that are not read across their ends.
    pub fn encode_all(&self, pieces: Vec<String>) -> Result<Vec<u32>, LlmError> {
        let mut ids = Vec::new();
        for piece in pieces {
            ids.extend(self.encode(&piece)?);
        }
        Ok(ids)
    }

    /// Says what is wrong where they do not belong to a network that has scores for `there` tokens.
    pub fn fit(&self, there: usize) -> Result<(), String> {
        let known = self.vocabulary.len();
        if known > there {
            return Err(format!("its tokenizer has {known} tokens and its network {there}"));
        }
        Ok(())
    }
}
