//! The vocabulary in the form that grammars want: a tree of tokens by their bytes.

use std::panic::catch_unwind;
use std::sync::Arc;

use llguidance::toktrie::{SimpleVob, TokEnv, TokRxInfo, TokTrie, TokenId, TokenizerEnv};

use crate::server::llm::vocabulary::Vocabulary;

struct Tree(TokTrie);

impl TokenizerEnv for Tree {
    fn tok_trie(&self) -> &TokTrie {
        &self.0
    }

    fn tokenize_bytes(&self, text: &[u8]) -> Vec<TokenId> {
        self.0.greedy_tokenize(text)
    }

    /// The model chooses how a text is cut into tokens.
    fn tokenize_is_canonical(&self) -> bool {
        false
    }
}

/// The tokens with the ones that end an answer. A vocabulary without any gets one that no model can choose.
pub fn environment(vocabulary: &Vocabulary) -> Result<TokEnv, String> {
    let marker = TokTrie::SPECIAL_TOKEN_MARKER;
    let mut words: Vec<Vec<u8>> = (0..vocabulary.len())
        .map(|id| u32::try_from(id).unwrap_or(u32::MAX))
        .map(|id| match vocabulary.control_name(id) {
            Some("") => Vec::new(),
            Some(name) => [&[marker], name.as_bytes()].concat(),
            None => vocabulary.bytes(id).to_vec(),
        })
        .collect();
    let mut ends = vocabulary.ends().to_vec();
    if ends.is_empty() {
        ends.push(u32::try_from(words.len()).map_err(|error| error.to_string())?);
        words.push([&[marker], b"<end>".as_slice()].concat());
    }
    let size = u32::try_from(words.len()).map_err(|error| error.to_string())?;
    let info = TokRxInfo::new(size, ends[0]);
    // It checks itself and panics; the words come from a model's file.
    let tree = catch_unwind(|| TokTrie::from(&info, &words).with_eos_tokens(&ends));
    Ok(Arc::new(Tree(tree.map_err(|_| "its tokens contradict each other".to_owned())?)))
}

/// The tokens of one byte.
pub struct ByteTokens([Option<TokenId>; 256]);

impl ByteTokens {
    pub fn of(env: &TokEnv) -> Self {
        let mut tokens = [None; 256];
        for byte in 0..=254u8 {
            tokens[usize::from(byte)] = env.tok_trie().token_id(&[byte]);
        }
        Self(tokens)
    }

    pub fn token(&self, byte: u8) -> Option<TokenId> {
        self.0[usize::from(byte)]
    }

    /// The bytes whose tokens are in the mask.
    pub fn allowed(&self, mask: &SimpleVob) -> Vec<u8> {
        (0..=254u8).filter(|byte| self.token(*byte).is_some_and(|token| mask.is_allowed(token))).collect()
    }
}
