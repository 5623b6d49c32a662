//! What counts as a word: runs of letters and digits in small letters, without accents and without the plural's `s`. Signs of
//! scripts that write no spaces count each for itself.

use std::collections::HashSet;
use tantivy::tokenizer::{AsciiFoldingFilter, TextAnalyzer, Token, TokenStream, Tokenizer};

/// Longer runs are no words that anybody searches for; in bytes.
const LONGEST: usize = 80;
/// Words that are shown for a document, at most.
const SHOWN: usize = 12;
/// How much of a document is looked through for the words of the query, in bytes.
const LOOKED_AT: usize = 32 * 1024;
/// Words that say little about why a document was found.
const COMMON: &[&str] = &[
    "a", "an", "and", "are", "as", "at", "be", "by", "can", "do", "does", "for", "from", "how", "i", "if",
    "in", "is", "it", "its", "my", "not", "of", "on", "or", "that", "the", "their", "this", "to", "was",
    "we", "what", "when", "where", "which", "who", "why", "will", "with", "you", "your",
];

/// What tantivy asks for the words of a text.
pub fn analyzer() -> TextAnalyzer {
    TextAnalyzer::builder(WordTokenizer).filter(AsciiFoldingFilter).build()
}

/// The distinct words of a text in the form in which they are compared.
#[must_use]
pub fn words_of(text: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut analyzer = analyzer();
    let mut stream = analyzer.token_stream(text);
    let mut words = Vec::new();
    while let Some(token) = stream.next() {
        if seen.insert(token.text.clone()) {
            words.push(token.text.clone());
        }
    }
    words
}

/// The words of `text` that are in `query`, as they stand in the text; very common ones left out.
#[must_use]
pub fn matched(query: &[String], text: &str) -> Vec<String> {
    let wanted: HashSet<&str> =
        query.iter().map(String::as_str).filter(|word| !COMMON.contains(word)).collect();
    let head = &text[..text.floor_char_boundary(LOOKED_AT)];
    let mut seen = HashSet::new();
    let mut words = Vec::new();
    let mut analyzer = analyzer();
    let mut stream = analyzer.token_stream(head);
    while let Some(token) = stream.next() {
        if !wanted.contains(token.text.as_str()) {
            continue;
        }
        let written = &head[token.offset_from..token.offset_to];
        if seen.insert(written.to_lowercase()) {
            words.push(written.to_owned());
            if words.len() == SHOWN {
                break;
            }
        }
    }
    words
}

#[derive(Debug, Clone, Copy)]
struct WordTokenizer;

impl Tokenizer for WordTokenizer {
    type TokenStream<'a> = Words;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Words {
        Words { tokens: split(text), next: 0, none: Token::default() }
    }
}

struct Words {
    tokens: Vec<Token>,
    /// The one after the present one.
    next: usize,
    none: Token,
}

impl TokenStream for Words {
    fn advance(&mut self) -> bool {
        self.next += 1;
        self.next <= self.tokens.len()
    }

    fn token(&self) -> &Token {
        self.tokens.get(self.next.wrapping_sub(1)).unwrap_or(&self.none)
    }

    fn token_mut(&mut self) -> &mut Token {
        self.tokens.get_mut(self.next.wrapping_sub(1)).unwrap_or(&mut self.none)
    }
}

fn split(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut begun: Option<usize> = None;
    let close = |begun: &mut Option<usize>, end: usize, tokens: &mut Vec<Token>| {
        if let Some(from) = begun.take()
            && end - from <= LONGEST
        {
            push(tokens, text, from, end);
        }
    };
    for (at, sign) in text.char_indices() {
        if stands_alone(sign) {
            close(&mut begun, at, &mut tokens);
            push(&mut tokens, text, at, at + sign.len_utf8());
        } else if sign.is_alphanumeric() || is_mark(sign) {
            begun.get_or_insert(at);
        } else {
            close(&mut begun, at, &mut tokens);
        }
    }
    close(&mut begun, text.len(), &mut tokens);
    tokens
}

fn push(tokens: &mut Vec<Token>, text: &str, from: usize, to: usize) {
    let word = text[from..to].to_lowercase();
    tokens.push(Token {
        offset_from: from,
        offset_to: to,
        position: tokens.len(),
        text: singular(&word).to_owned(),
        position_length: 1,
    });
}

/// Combining accents, which belong to the letter before, and the vowel signs of Indian scripts and Thai.
fn is_mark(sign: char) -> bool {
    matches!(sign, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{dff}' | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}')
}

/// Chinese and Japanese.
fn stands_alone(sign: char) -> bool {
    matches!(sign, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Takes the plural's `s` off an English-looking word; other languages lose an `s` on both sides alike.
fn singular(word: &str) -> &str {
    let bytes = word.as_bytes();
    let plural = bytes.len() > 3
        && bytes.is_ascii()
        && bytes.ends_with(b"s")
        && ![b"ss".as_slice(), b"us", b"is"].iter().any(|end| bytes.ends_with(end));
    if plural { &word[..word.len() - 1] } else { word }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_into_comparable_words() {
        let cases: &[(&str, &[&str])] = &[
            ("Don't panic, it's 42!", &["don", "t", "panic", "it", "s", "42"]),
            ("Classes buses bus Glass", &["classe", "buse", "bus", "glass"]),
            ("ÉCOLE école e\u{301}cole", &["ecole", "e\u{301}cole"]),
            ("東京 Tokyo駅", &["東", "京", "tokyo", "駅"]),
            ("पासवर्ड बदलना", &["पासवर्ड", "बदलना"]),
            ("  \u{0}\n", &[]),
        ];
        for (text, words) in cases {
            assert_eq!(&words_of(text), words, "{text}");
        }
        assert!(words_of(&"x".repeat(81)).is_empty());
    }

    #[test]
    fn shows_words_as_they_are_written() {
        let query = words_of("how do I get the refunds for a cafe");
        let text = "The REFUND: a refund at the Café. Getting refunds is easy.";
        assert_eq!(matched(&query, text), ["REFUND", "Café", "refunds"]);
    }
}
