//! Keeps an answer on a JSON Schema while it is made: which tokens may come next, and how the document ends in time.
//!
//! A [`Grammars`] belongs to one vocabulary and is made once per model; a [`Guide`] belongs to one answer. What the
//! schema language is and what of it is understood stands in `workflow::catalog`; here is the part that needs tokens.

mod close;
mod schema;
mod tokens;

use std::sync::Arc;

use llguidance::api::{ParserLimits, TopLevelGrammar};
use llguidance::toktrie::{InferenceCapabilities, SimpleVob, TokEnv};
use llguidance::{Matcher, ParserFactory};
use serde_json::Value;

use self::close::{Close, Place};
pub use self::schema::Answers;
use self::tokens::ByteTokens;
use super::LlmError;
use super::vocabulary::Vocabulary;

/// What all answers of one model share.
pub struct Grammars {
    factory: ParserFactory,
    bytes: Arc<ByteTokens>,
}

impl Grammars {
    /// Builds the tree of the vocabulary's tokens: some ten milliseconds for fifty thousand.
    pub fn new(vocabulary: &Vocabulary) -> Result<Self, LlmError> {
        let refused = |why: String| LlmError::generation(format!("no grammar fits its vocabulary: {why}"));
        let env = tokens::environment(vocabulary).map_err(refused)?;
        let slices = llguidance::earley::SlicedBiasComputer::json_slices();
        let mut factory = ParserFactory::new(&env, InferenceCapabilities::default(), &slices)
            .map_err(|error| refused(error.to_string()))?;
        factory.quiet();
        *factory.limits_mut() = ParserLimits { verbose_errors: false, ..ParserLimits::default() };
        let bytes = Arc::new(ByteTokens::of(&env));
        Ok(Self { factory, bytes })
    }

    /// Begins a document of that schema.
    ///
    /// # Errors
    /// `schema_not_supported`, `schema_contradictory` or `schema_too_complex`.
    pub fn begin(&self, schema: &Value) -> Result<Guide, LlmError> {
        let grammar = TopLevelGrammar::from_json_schema(schema::for_sampling(schema));
        let parser = self.factory.create_parser(grammar).map_err(|error| schema::refused(&error))?;
        let mut matcher = Matcher::new(Ok(parser));
        let env = self.factory.tok_env().clone();
        let place = Place::default();
        let close = close::shortest(&mut matcher, place, &env, &self.bytes).ok_or_else(|| {
            LlmError::new(
                "schema_too_complex",
                "No short document of output_schema was found. Make the schema smaller, or its patterns simpler.",
            )
        })?;
        Ok(Guide { matcher, env, bytes: self.bytes.clone(), place, close })
    }
}

impl std::fmt::Debug for Grammars {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grammars").finish_non_exhaustive()
    }
}

/// What a token did to the document.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    /// It goes on.
    Open,
    /// These bytes are all that can follow, or nothing: the document is whole with them.
    Whole(Vec<u8>),
    /// After this token the document could not be ended in time. Without it, these bytes end it, in so many tokens.
    Close(Vec<u8>, usize),
}

/// A document on its way.
pub struct Guide {
    matcher: Matcher,
    env: TokEnv,
    bytes: Arc<ByteTokens>,
    place: Place,
    /// How the document could end from here.
    close: Close,
}

impl Guide {
    /// Tokens that the document needs from here to its end, at the least that was found.
    pub fn tokens_to_close(&self) -> usize {
        self.close.tokens.len()
    }

    /// The tokens that may come next.
    pub fn allowed(&mut self) -> Result<SimpleVob, LlmError> {
        self.matcher.compute_mask_or_eos().map_err(|error| schema::stopped(&error))
    }

    /// Goes on with an allowed token, after which `left` more may come.
    pub fn take(&mut self, token: u32, left: usize) -> Result<Taken, LlmError> {
        self.matcher.consume_token(token).map_err(|error| schema::stopped(&error))?;
        if self.matcher.is_stopped() {
            return Ok(Taken::Whole(Vec::new()));
        }
        let env = self.env.clone();
        let written = env.tok_trie().token(token);
        let place = self.place.after(written);
        match self.close_after(written.len(), place, left) {
            Some(close) => {
                self.place = place;
                self.close = close;
                if left == 0 {
                    // It could go on, but for the lack of tokens: its end is empty.
                    return Ok(Taken::Whole(Vec::new()));
                }
                let forced = self.matcher.compute_ff_bytes();
                let is_whole = !forced.is_empty() && forced == self.close.bytes;
                Ok(if is_whole { Taken::Whole(forced) } else { Taken::Open })
            }
            None => Ok(Taken::Close(self.close.bytes.clone(), self.close.tokens.len())),
        }
    }

    /// An end that fits into `left` tokens. Mostly the one known before is still one, or what is left of it.
    fn close_after(&mut self, written: usize, place: Place, left: usize) -> Option<Close> {
        let rest = self.close.bytes.get(written..).map(<[u8]>::to_vec);
        for bytes in rest.into_iter().chain([self.close.bytes.clone()]) {
            if let Some(close) = Close::new(bytes, &self.env)
                && close.tokens.len() <= left
                && close.ends(&mut self.matcher, &self.env)
            {
                return Some(close);
            }
        }
        close::shortest(&mut self.matcher, place, &self.env, &self.bytes)
            .filter(|close| close.tokens.len() <= left)
    }
}

#[cfg(test)]
mod tests;
