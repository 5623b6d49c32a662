//! The tokens of a model as bytes: what each writes, which write nothing, which end the answer.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::LlmError;
use super::grammar::Grammars;

/// Control tokens that end a turn in one of the families, whatever else the model's file names.
const END_TOKENS: [&str; 6] =
    ["<|im_end|>", "<|endoftext|>", "<|end_of_text|>", "<|eot_id|>", "</s>", "<|end|>"];

/// What a token writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenText {
    /// Bytes of the answer; a character may be split across tokens.
    Bytes(Box<[u8]>),
    /// Structure, such as `<|im_start|>`; writes nothing.
    Control(Box<str>),
}

impl TokenText {
    /// A token as byte-level BPE spells it: each byte stands as one printable character.
    pub fn from_byte_level(spelling: &str) -> Self {
        let table = byte_level_table();
        let mut bytes = Vec::with_capacity(spelling.len());
        for character in spelling.chars() {
            match table.get(&character) {
                Some(byte) => bytes.push(*byte),
                None => bytes.extend(character.encode_utf8(&mut [0; 4]).bytes()),
            }
        }
        Self::Bytes(bytes.into())
    }
}

/// All tokens of a model, by id.
#[derive(Debug)]
pub struct Vocabulary {
    tokens: Vec<TokenText>,
    ends: Vec<u32>,
    by_bytes: HashMap<Box<[u8]>, Vec<u32>>,
    longest: usize,
    /// Made for the first answer that has a schema.
    grammars: OnceLock<Result<Grammars, LlmError>>,
}

impl Vocabulary {
    /// `ends` are the ids that the model's file names; the usual end tokens are added.
    pub fn new(tokens: Vec<TokenText>, ends: impl IntoIterator<Item = u32>) -> Self {
        let mut ends: Vec<u32> = ends.into_iter().filter(|id| (*id as usize) < tokens.len()).collect();
        let mut by_bytes: HashMap<Box<[u8]>, Vec<u32>> = HashMap::with_capacity(tokens.len());
        let mut longest = 0;
        for (id, token) in (0u32..).zip(&tokens) {
            match token {
                TokenText::Bytes(bytes) if !bytes.is_empty() => {
                    longest = longest.max(bytes.len());
                    by_bytes.entry(bytes.clone()).or_default().push(id);
                }
                TokenText::Bytes(_) => {}
                TokenText::Control(name) if END_TOKENS.contains(&name.as_ref()) => ends.push(id),
                TokenText::Control(_) => {}
            }
        }
        ends.sort_unstable();
        ends.dedup();
        Self { tokens, ends, by_bytes, longest, grammars: OnceLock::new() }
    }

    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The bytes that `token` writes; empty for control tokens and unknown ids.
    pub fn bytes(&self, token: u32) -> &[u8] {
        match self.tokens.get(token as usize) {
            Some(TokenText::Bytes(bytes)) => bytes,
            _ => &[],
        }
    }

    /// The tokens that end the answer, ascending.
    pub fn ends(&self) -> &[u32] {
        &self.ends
    }

    pub fn is_end(&self, token: u32) -> bool {
        self.ends.binary_search(&token).is_ok()
    }

    /// The tokens whose bytes are a beginning of `text`, or all of it.
    pub fn beginnings_of<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = u32> + 'a {
        (1..=text.len().min(self.longest))
            .filter_map(|length| self.by_bytes.get(&text[..length]))
            .flatten()
            .copied()
    }

    /// The name of a control token; empty for an id that stands for nothing, `None` for a token that writes bytes.
    pub fn control_name(&self, token: u32) -> Option<&str> {
        match self.tokens.get(token as usize) {
            Some(TokenText::Bytes(_)) => None,
            Some(TokenText::Control(name)) => Some(name),
            None => Some(""),
        }
    }

    /// What keeps answers of this vocabulary on a schema.
    pub fn grammars(&self) -> Result<&Grammars, LlmError> {
        self.grammars.get_or_init(|| Grammars::new(self)).as_ref().map_err(Clone::clone)
    }

    /// The names of the control tokens, which a user's text must not be read as.
    pub fn control_names(&self) -> impl Iterator<Item = &str> {
        self.tokens.iter().filter_map(|token| match token {
            TokenText::Control(name) if !name.is_empty() => Some(name.as_ref()),
            _ => None,
        })
    }
}

/// GPT-2's printable stand-ins for the 256 bytes, turned round.
fn byte_level_table() -> &'static HashMap<char, u8> {
    static TABLE: std::sync::OnceLock<HashMap<char, u8>> = std::sync::OnceLock::new();
    TABLE.get_or_init(|| {
        let printable = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
        let mut next = 256u32;
        let mut table = HashMap::with_capacity(256);
        for byte in 0..=255u8 {
            let character = if printable(byte) {
                char::from(byte)
            } else {
                let stand_in = char::from_u32(next).unwrap_or('\u{FFFD}');
                next += 1;
                stand_in
            };
            table.insert(character, byte);
        }
        table
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_level_spelling_becomes_bytes() {
        assert_eq!(TokenText::from_byte_level("Ġhello"), TokenText::Bytes(b" hello".as_slice().into()));
        assert_eq!(TokenText::from_byte_level("ĊÃ©"), TokenText::Bytes("\né".as_bytes().into()));
        assert_eq!(byte_level_table().len(), 256);
    }

    #[test]
    fn finds_beginnings_and_ends() {
        let bytes = |text: &str| TokenText::Bytes(text.as_bytes().into());
        let control = |name: &str| TokenText::Control(name.into());
        let vocabulary = Vocabulary::new(
            vec![bytes("a"), bytes("ab"), bytes("b"), control("<|im_end|>"), control("<x>"), bytes("ab")],
            [2, 99],
        );
        assert_eq!(vocabulary.beginnings_of(b"abc").collect::<Vec<_>>(), [0, 1, 5]);
        assert_eq!(vocabulary.ends(), [2, 3]);
        assert!(vocabulary.bytes(4).is_empty() && vocabulary.bytes(1000).is_empty());
    }
}
