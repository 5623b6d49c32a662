//! Keeps an answer on one of the given strings: at each step only tokens that some choice goes on with are allowed.
//!
//! Works on bytes, so that every way to split a choice into tokens is open to the model, and a character may be
//! split. One space before the answer is allowed, because many models begin with it; it is not part of the answer.

use std::collections::HashSet;

use super::LlmError;
use super::vocabulary::Vocabulary;

/// What may come next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// The answer is certain: this many bytes of it are written, all of it is the answer.
    Decided(String),
    /// One of these tokens; an end token among them takes what is written as the answer.
    OneOf(Vec<u32>),
}

/// How far the answer has come along the choices.
pub struct ChoicePath {
    /// Each choice with its spelling; in a second spelling a space goes before.
    spellings: Vec<(String, Vec<u8>)>,
    written: Vec<u8>,
}

impl ChoicePath {
    /// Refuses an empty list.
    pub fn new(choices: &[String]) -> Result<Self, LlmError> {
        if choices.is_empty() {
            return Err(LlmError::new(
                "invalid_model_request",
                "choices must name at least one string, or be left out.",
            ));
        }
        let mut spellings: Vec<(String, Vec<u8>)> = Vec::new();
        for choice in choices {
            if !spellings.iter().any(|(known, _)| known == choice) {
                spellings.push((choice.clone(), choice.clone().into_bytes()));
            }
        }
        // With a choice that itself begins with a space, the extra space could be either.
        if !spellings.iter().any(|(choice, _)| choice.starts_with(' ')) {
            let spaced: Vec<_> = spellings
                .iter()
                .filter(|(choice, _)| !choice.is_empty())
                .map(|(choice, _)| (choice.clone(), format!(" {choice}").into_bytes()))
                .collect();
            spellings.extend(spaced);
        }
        Ok(Self { spellings, written: Vec::new() })
    }

    /// What may come next. Never an empty list of tokens.
    pub fn next(&self, vocabulary: &Vocabulary) -> Next {
        let open: Vec<_> =
            self.spellings.iter().filter(|(_, spelling)| spelling.starts_with(&self.written)).collect();
        let different: HashSet<&str> = open.iter().map(|(choice, _)| choice.as_str()).collect();
        let whole = open.iter().find(|(_, spelling)| *spelling == self.written).map(|(choice, _)| choice);
        if let (1, Some((only, _))) = (different.len(), open.first()) {
            return Next::Decided(only.clone());
        }
        let mut allowed: Vec<u32> = open
            .iter()
            .flat_map(|(_, spelling)| vocabulary.beginnings_of(&spelling[self.written.len()..]))
            .collect();
        allowed.sort_unstable();
        allowed.dedup();
        // A choice that is the beginning of another: the model may end here.
        match whole {
            Some(choice) if vocabulary.ends().is_empty() || allowed.is_empty() => {
                Next::Decided(choice.clone())
            }
            Some(_) => {
                allowed.extend_from_slice(vocabulary.ends());
                Next::OneOf(allowed)
            }
            // Letters that this model cannot write: the first that still fits.
            None if allowed.is_empty() => Next::Decided(self.first_open()),
            None => Next::OneOf(allowed),
        }
    }

    /// Goes on with an allowed token that is no end token.
    pub fn advance(&mut self, bytes: &[u8]) {
        self.written.extend_from_slice(bytes);
    }

    /// The answer when the model ends now: what is written if that is a choice, else the first that begins so.
    pub fn first_open(&self) -> String {
        let fits = |whole: bool| {
            self.spellings.iter().find(|(_, spelling)| {
                if whole { *spelling == self.written } else { spelling.starts_with(&self.written) }
            })
        };
        fits(true).or_else(|| fits(false)).map(|(choice, _)| choice.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::llm::testing::vocabulary;

    fn path(choices: &[&str]) -> ChoicePath {
        ChoicePath::new(&choices.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn allows_every_spelling_and_nothing_else() {
        let vocabulary = vocabulary(&["y", "ye", "yes", " yes", "n", "no", " ", "x", "s", "nox"]);
        let mut path = path(&["yes", "no"]);
        assert_eq!(path.next(&vocabulary), Next::OneOf(vec![0, 1, 2, 3, 4, 5, 6]));
        path.advance(b"y");
        assert_eq!(path.next(&vocabulary), Next::Decided("yes".into()));
    }

    #[test]
    fn a_choice_inside_another_may_end() {
        let vocabulary = vocabulary(&["yes", " please", " ", "p"]);
        let mut path = path(&["yes", "yes please"]);
        path.advance(b"yes");
        let end = vocabulary.ends()[0];
        assert_eq!(path.next(&vocabulary), Next::OneOf(vec![1, 2, end]));
        assert_eq!(path.first_open(), "yes");
        path.advance(b" ");
        assert_eq!(path.next(&vocabulary), Next::Decided("yes please".into()));
    }

    #[test]
    fn a_leading_space_is_not_part_of_the_answer() {
        let vocabulary = vocabulary(&[" b", " bl", "red", "blue"]);
        let mut path = path(&["blue", "black", "red"]);
        path.advance(b" bl");
        assert_eq!(path.first_open(), "blue");
        path.advance(b"a");
        assert_eq!(path.next(&vocabulary), Next::Decided("black".into()));
    }

    #[test]
    fn letters_the_model_cannot_write_and_odd_lists() {
        let vocabulary = vocabulary(&["a"]);
        assert_eq!(path(&["日本", "中国"]).next(&vocabulary), Next::Decided("日本".into()));
        assert_eq!(path(&["same", "same"]).next(&vocabulary), Next::Decided("same".into()));
        assert_eq!(path(&[""]).next(&vocabulary), Next::Decided(String::new()));
        assert!(ChoicePath::new(&[]).is_err());
    }
}
