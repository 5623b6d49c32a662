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
}
