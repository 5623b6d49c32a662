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

/// All tokens of a model, by id. Their texts stand one after the other: as texts of their own they would take several
/// times the memory.
#[derive(Debug)]
pub struct Vocabulary {
    text: Vec<u8>,
    /// Where the text of each token begins, and where the last one's ends.
    starts: Vec<u32>,
    /// By id: the text is a name.
    control: Vec<bool>,
    /// The ids of tokens that write something, in the order of their bytes, then of the ids.
    sorted: Vec<u32>,
    ends: Vec<u32>,
    /// Made for the first answer that has a schema.
    grammars: OnceLock<Result<Grammars, LlmError>>,
}

impl Vocabulary {
    /// `ends` are the ids that the model's file names; the usual end tokens are added.
    pub fn new(
        tokens: impl IntoIterator<Item = TokenText>,
        named_ends: impl IntoIterator<Item = u32>,
    ) -> Self {
        let (mut text, mut starts, mut control) = (Vec::new(), vec![0], Vec::new());
        let (mut sorted, mut ends) = (Vec::new(), Vec::new());
        for (id, token) in (0u32..).zip(tokens) {
            let (is_control, bytes) = match &token {
                TokenText::Bytes(bytes) => (false, bytes.as_ref()),
                TokenText::Control(name) => (true, name.as_bytes()),
            };
            if is_control && END_TOKENS.iter().any(|end| end.as_bytes() == bytes) {
                ends.push(id);
            } else if !is_control && !bytes.is_empty() {
                sorted.push(id);
            }
            text.extend_from_slice(bytes);
            starts.push(text.len() as u32);
            control.push(is_control);
        }
        ends.extend(named_ends.into_iter().filter(|id| (*id as usize) < control.len()));
        ends.sort_unstable();
        ends.dedup();
        for grown in [&mut starts, &mut sorted] {
            grown.shrink_to_fit();
        }
        text.shrink_to_fit();
        control.shrink_to_fit();
        let mut made = Self { text, starts, control, sorted: Vec::new(), ends, grammars: OnceLock::new() };
        sorted.sort_unstable_by_key(|id| (made.text_of(*id), *id));
        made.sorted = sorted;
        made
    }

    pub fn len(&self) -> usize {
        self.control.len()
    }

    /// What `token` writes, or its name.
    fn text_of(&self, token: u32) -> &[u8] {
        let start = self.starts.get(token as usize);
        let end = self.starts.get(token as usize + 1);
        start.zip(end).map_or(&[], |(start, end)| &self.text[*start as usize..*end as usize])
    }

    /// The bytes that `token` writes; empty for control tokens and unknown ids.
    pub fn bytes(&self, token: u32) -> &[u8] {
        match self.control.get(token as usize) {
            Some(false) => self.text_of(token),
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

    /// The tokens whose bytes are a beginning of `text`, or all of it; shorter ones first.
    pub fn beginnings_of<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = u32> + 'a {
        // Those that agree with the text as far as it was looked at.
        let mut left = self.sorted.as_slice();
        text.iter()
            .enumerate()
            .map_while(move |(at, byte)| {
                let next = |id: &u32| self.text_of(*id).get(at);
                let from = left.partition_point(|id| next(id) < Some(byte));
                let until = left.partition_point(|id| next(id) <= Some(byte));
                left = &left[from..until];
                // Those that end here come before those that go on.
                let whole = left.partition_point(|id| self.text_of(*id).len() == at + 1);
                (!left.is_empty()).then(|| left[..whole].iter().copied())
            })
            .flatten()
    }

    /// The name of a control token; empty for an id that stands for nothing, `None` for a token that writes bytes.
    pub fn control_name(&self, token: u32) -> Option<&str> {
        match self.control.get(token as usize) {
            Some(false) => None,
            _ => Some(str::from_utf8(self.text_of(token)).unwrap_or_default()),
        }
    }

    /// What keeps answers of this vocabulary on a schema.
    pub fn grammars(&self) -> Result<&Grammars, LlmError> {
        self.grammars.get_or_init(|| Grammars::new(self)).as_ref().map_err(Clone::clone)
    }

    /// The names of the control tokens, which a user's text must not be read as.
    pub fn control_names(&self) -> impl Iterator<Item = &str> {
        let names = (0u32..).zip(&self.control).filter(|(_, is_control)| **is_control);
        names.filter_map(|(id, _)| self.control_name(id)).filter(|name| !name.is_empty())
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
        let beginnings = |text: &'static str| vocabulary.beginnings_of(text.as_bytes()).collect::<Vec<_>>();
        assert_eq!(beginnings("abc"), [0, 1, 5]);
        assert_eq!((beginnings("a"), beginnings("ba")), (vec![0], vec![2]));
        assert!(beginnings("cab").is_empty() && beginnings("").is_empty() && beginnings("<x>").is_empty());
        assert_eq!(vocabulary.ends(), [2, 3]);
        assert_eq!(vocabulary.control_names().collect::<Vec<_>>(), ["<|im_end|>", "<x>"]);
        assert_eq!(
            [2, 3, 4, 1000].map(|id| vocabulary.control_name(id)),
            [None, Some("<|im_end|>"), Some("<x>"), Some("")]
        );
        assert!(vocabulary.bytes(4).is_empty() && vocabulary.bytes(1000).is_empty());
    }
}
