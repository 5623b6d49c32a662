//! Guesses at what comes next, where an answer repeats what it was given: quotes, names, code.
//!
//! If the last few tokens stand earlier in the conversation, what followed them there is guessed to follow again, and is
//! read along with the next token in one pass, which costs little more than the token alone. Scores of guesses that
//! turn out right are then there already. Answers are the same, guesses or not.

use std::collections::VecDeque;

/// Tokens that must stand earlier.
const SAME: usize = 3;
/// Guesses at once, at most.
const MOST: usize = 4;
/// How many guesses wrong in a row end the guessing for a while.
const PATIENCE: u32 = 3;
/// That while, in tokens.
const PAUSE: u32 = 32;

/// The guesses of one answer.
#[derive(Debug, Default)]
pub struct Drafts {
    /// Guesses that were read, with the scores after each.
    ahead: VecDeque<(u32, Vec<f32>)>,
    wrong: u32,
    pause: u32,
}

impl Drafts {
    /// The scores after `token`, if that was guessed. If something else was, the guesses are gone.
    pub fn take(&mut self, token: u32) -> Option<Vec<f32>> {
        let (guess, scores) = self.ahead.pop_front()?;
        if guess == token {
            self.wrong = 0;
            return Some(scores);
        }
        self.ahead.clear();
        self.wrong += 1;
        if self.wrong >= PATIENCE {
            (self.wrong, self.pause) = (0, PAUSE);
        }
        None
    }

    /// What may follow `token` after the tokens `read`; at most `room`.
    pub fn guess(&mut self, read: &[u32], token: u32, room: usize) -> Vec<u32> {
        if self.pause > 0 {
            self.pause -= 1;
            return Vec::new();
        }
        let Some(start) = (read.len() + 1).checked_sub(SAME) else { return Vec::new() };
        let last = &read[start..];
        // The latest place where the same tokens stand, with something behind them.
        let found = read
            .windows(SAME)
            .enumerate()
            .rev()
            .skip(1)
            .find(|(_, window)| window[..SAME - 1] == *last && window[SAME - 1] == token);
        let Some((at, _)) = found else { return Vec::new() };
        read[at + SAME..].iter().copied().take(MOST.min(room)).collect()
    }

    /// Takes over `scores`, a row after the token and one after each guess; gives the first.
    pub fn keep(&mut self, guesses: &[u32], mut scores: Vec<f32>) -> Vec<f32> {
        let width = scores.len() / (guesses.len() + 1);
        self.ahead.clear();
        for (at, guess) in guesses.iter().enumerate() {
            self.ahead.push_back((*guess, scores[(at + 1) * width..(at + 2) * width].to_vec()));
        }
        scores.truncate(width);
        scores
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_what_followed_before() {
        let mut drafts = Drafts::default();
        let read = [1, 2, 3, 4, 5, 6, 7, 8, 1, 2];
        assert_eq!(drafts.guess(&read, 3, 99), [4, 5, 6, 7]);
        assert_eq!(drafts.guess(&read, 3, 2), [4, 5]);
        assert!(drafts.guess(&read, 9, 99).is_empty());
        assert!(drafts.guess(&[], 9, 99).is_empty() && drafts.guess(&[1, 2], 3, 99).is_empty());
    }

    #[test]
    fn scores_of_right_guesses_are_there_and_wrong_ones_end_it() {
        let mut drafts = Drafts::default();
        assert_eq!(drafts.keep(&[7, 8], vec![0.0, 0.5, 1.0, 1.5, 2.0, 2.5]), [0.0, 0.5]);
        assert_eq!(drafts.take(7).unwrap(), [1.0, 1.5]);
        assert_eq!(drafts.take(9), None);
        assert_eq!(drafts.take(8), None, "what follows a wrong guess is no use");
        let read = [1, 2, 3, 4, 1, 2];
        for _ in 1..PATIENCE {
            drafts.keep(&[4], vec![0.0, 1.0]);
            drafts.take(5);
        }
        assert!((0..PAUSE).all(|_| drafts.guess(&read, 3, 9).is_empty()));
        assert_eq!(drafts.guess(&read, 3, 9), [4, 1, 2]);
    }
}
