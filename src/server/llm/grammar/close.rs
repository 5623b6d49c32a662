//! The shortest way to end a document that has begun.
//!
//! A search over the bytes that may come next, cheapest first. JSON makes it small: where a text, an object or a list may
//! be closed, nothing else is tried; and of two beginnings of one length after which the same bytes may come, one is
//! followed. What is found is a whole document, seldom a few bytes longer than need be.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use llguidance::Matcher;
use llguidance::toktrie::{TokEnv, TokenId};

use super::tokens::ByteTokens;

/// States that are looked at before the search takes the first way that leads on.
const STATES: usize = 400;
/// Longest end, in bytes.
const LONGEST: usize = 16 * 1024;
/// Letters or digits that are tried where many may come: mostly one leads as far as another. Other signs are all tried.
const OF_A_CLASS: usize = 6;

/// Whether the document stands inside a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Place {
    in_text: bool,
    escaped: bool,
}

impl Place {
    /// The place after these bytes.
    pub fn after(self, bytes: &[u8]) -> Self {
        bytes.iter().fold(self, |place, byte| match (place.in_text, place.escaped, byte) {
            (true, true, _) => Self { in_text: true, escaped: false },
            (true, false, b'\\') => Self { in_text: true, escaped: true },
            (in_text, _, b'"') => Self { in_text: !in_text, escaped: false },
            _ => place,
        })
    }
}

/// Bytes that end a document, and the tokens that write them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    pub bytes: Vec<u8>,
    pub tokens: Vec<TokenId>,
}

impl Close {
    /// `None` where the vocabulary has no tokens for them.
    pub fn new(bytes: Vec<u8>, env: &TokEnv) -> Option<Self> {
        let tokens = env.tok_trie().greedy_tokenize(&bytes);
        let written: usize = tokens.iter().map(|token| env.tok_trie().token_len(*token)).sum();
        (written == bytes.len()).then_some(Self { bytes, tokens })
    }

    /// Whether they end the document that the matcher has come to.
    pub fn ends(&self, matcher: &mut Matcher, env: &TokEnv) -> bool {
        let mut tokens = self.tokens.clone();
        tokens.push(env.tok_trie().eos_token());
        matcher.validate_tokens(&tokens).is_ok_and(|valid| valid == tokens.len())
    }
}

struct State {
    matcher: Matcher,
    bytes: Vec<u8>,
    place: Place,
    /// Whether it has come to an end; `None` before what must come was followed.
    at_end: Option<bool>,
}

impl State {
    fn go_on(&mut self, bytes: &[u8], tokens: &[TokenId]) -> bool {
        self.place = self.place.after(bytes);
        self.bytes.extend_from_slice(bytes);
        self.matcher.consume_tokens(tokens).is_ok()
    }

    /// Follows what must come; true at an end.
    fn follow(&mut self, env: &TokEnv) -> Option<bool> {
        loop {
            if self.matcher.is_stopped() {
                return self.matcher.stop_reason().is_ok().then_some(true);
            }
            if self.matcher.is_accepting().ok()? {
                return Some(true);
            }
            let forced = self.matcher.compute_ff_bytes();
            if forced.is_empty() {
                return Some(false);
            }
            let forced = Close::new(forced, env)?;
            if !self.go_on(&forced.bytes, &forced.tokens) {
                return None;
            }
        }
    }
}

/// An end of the document that the matcher has come to; it stays where it is. `None` where none was found.
pub fn shortest(matcher: &mut Matcher, place: Place, env: &TokEnv, bytes: &ByteTokens) -> Option<Close> {
    let mut states = vec![Some(State { matcher: matcher.clone(), bytes: Vec::new(), place, at_end: None })];
    let mut open = BinaryHeap::from([Reverse((0, 0))]);
    let mut seen = HashSet::new();
    let mut looked_at = 0;
    while let Some(Reverse((_, index))) = open.pop() {
        let Some(mut state) = states[index].take() else { continue };
        let Some(at_end) = state.at_end.or_else(|| state.follow(env)) else { continue };
        if state.at_end.replace(at_end).is_none() {
            // It has become longer by what must come; another may be shorter now.
            open.push(Reverse((state.bytes.len(), index)));
            states[index] = Some(state);
            continue;
        }
        if at_end {
            return Close::new(state.bytes, env);
        }
        let Ok(mask) = state.matcher.compute_mask() else { continue };
        let allowed = bytes.allowed(&mask);
        if state.bytes.len() > LONGEST || !seen.insert((state.bytes.len(), state.place, allowed.clone())) {
            continue;
        }
        looked_at += 1;
        let mut tried = candidates(&allowed, state.place);
        if looked_at > STATES {
            tried.truncate(1);
            open.clear();
        }
        for byte in tried {
            let Some(token) = bytes.token(byte) else { continue };
            let State { matcher, bytes: written, place, .. } = &state;
            let (matcher, written) = (matcher.clone(), written.clone());
            let mut next = State { matcher, bytes: written, place: *place, at_end: None };
            if next.go_on(&[byte], &[token]) {
                open.push(Reverse((next.bytes.len(), states.len())));
                states.push(Some(next));
            }
        }
    }
    None
}

/// The bytes worth trying. What ends something is as good as anything else that may come. Signs come first, those that lead
/// on through an address before others: of beginnings after which the same may come, the first is followed, and `a@` must
/// not fall behind `a+`. Letters come before digits, since the last part of a host's name has none.
fn candidates(allowed: &[u8], place: Place) -> Vec<u8> {
    let closing: &[u8] = match (place.in_text, place.escaped) {
        (true, true) => b"",
        (true, false) => b"\"",
        (false, _) => b"}],",
    };
    if let Some(byte) = closing.iter().find(|byte| allowed.contains(byte)) {
        return vec![*byte];
    }
    let mut tried: Vec<u8> =
        allowed.iter().copied().filter(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric()).collect();
    tried.sort_by_key(|byte| match byte {
        b'@' => 0,
        b'.' => 1,
        _ => 2,
    });
    for class in [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit, is_beyond_ascii] {
        let of_class: Vec<u8> = allowed.iter().copied().filter(class).collect();
        let step = of_class.len().div_ceil(OF_A_CLASS).max(1);
        tried.extend(of_class.iter().step_by(step));
        tried.extend(of_class.last().filter(|_| step > 1));
    }
    tried
}

fn is_beyond_ascii(byte: &u8) -> bool {
    !byte.is_ascii()
}
