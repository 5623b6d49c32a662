//! Several conversations at one network: what they read at the same time is read in one pass, so that the weights come from
//! memory once for all of them.
//!
//! Whoever comes first leads: it waits a moment for the others that are in the middle of an answer, computes for all of
//! them and hands out the scores. Nobody owns a thread; while one computes, the others choose their next token.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kernels::decoder::{Computer, Conversation, Decoder, Turn};
use kernels::input::Rounding;
use kernels::pool::Pool;
use kernels::simd::Level;

use super::kept::Kept;
use crate::server::llm::LlmError;
use crate::server::locked::lock;

/// How long a leader waits for those that choose their next token: longer than that takes, shorter than a pass.
const PATIENCE: Duration = Duration::from_micros(500);
/// Tokens of a prompt that are read in one pass: alone, and beside others, who wait for it.
const CHUNK: usize = 128;
const CHUNK_BESIDE_OTHERS: usize = 32;

/// A network and those who read with it.
pub struct Batch {
    decoder: Decoder,
    computer: Mutex<Computer>,
    waiting: Mutex<Waiting>,
    changed: Condvar,
    answering: Arc<AtomicUsize>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Waiting {
    asked: Vec<Asked>,
    made: Vec<Made>,
    /// Numbers of those whose pass ended in a panic.
    given_up: Vec<u64>,
    led: bool,
    next: u64,
}

struct Asked {
    number: u64,
    conversation: Conversation,
    tokens: Vec<u32>,
    scored: usize,
}

struct Made {
    number: u64,
    conversation: Conversation,
    scores: Vec<f32>,
}

/// A place; knows whether its answer is being made.
pub struct Seat {
    answering: Arc<AtomicUsize>,
    taken: bool,
}

impl Seat {
    pub fn begin(&mut self) {
        if !std::mem::replace(&mut self.taken, true) {
            self.answering.fetch_add(1, Ordering::AcqRel);
        }
    }

    pub fn end(&mut self) {
        if std::mem::take(&mut self.taken) {
            self.answering.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// Tokens of a prompt to be read in one pass now.
    pub fn chunk(&self) -> usize {
        if self.answering.load(Ordering::Acquire) > 1 { CHUNK_BESIDE_OTHERS } else { CHUNK }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.end();
    }
}

impl Batch {
    /// Starts the threads. `kept_bytes` bounds the conversations that are kept after their end.
    pub fn new(decoder: Decoder, rounding: Rounding, kept_bytes: usize) -> Self {
        Self {
            decoder,
            computer: Mutex::new(Computer::new(Pool::of_machine(), Level::best(), rounding)),
            waiting: Mutex::default(),
            changed: Condvar::new(),
            answering: Arc::default(),
            kept: Mutex::new(Kept::new(kept_bytes)),
        }
    }

    pub fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    pub fn seat(&self) -> Seat {
        Seat { answering: self.answering.clone(), taken: false }
    }

    /// An empty conversation.
    pub fn begin(&self) -> Conversation {
        self.decoder.begin()
    }

    /// A conversation that holds as much of the beginning of `prompt` as was read before, and how many tokens that is.
    pub fn known(&self, prompt: &[u32]) -> (Conversation, usize) {
        lock(&self.kept).find(prompt).unwrap_or_else(|| (self.begin(), 0))
    }

    /// Keeps what was read.
    pub fn keep(&self, tokens: Vec<u32>, conversation: Conversation) {
        lock(&self.kept).keep(tokens, conversation);
    }

    /// Reads `tokens` (not empty) in the conversation, together with what others read now. Returns the scores after each
    /// of the last `scored` of them, one row after the other.
    ///
    /// # Errors
    /// `model_generation_failed`: a token that the model does not have, no room in its context, scores that are no
    /// numbers, or a fault in somebody's pass.
    pub fn read(
        &self,
        conversation: &mut Conversation,
        tokens: &[u32],
        scored: usize,
    ) -> Result<Vec<f32>, LlmError> {
        let unknown = tokens.iter().find(|token| **token as usize >= self.decoder.vocabulary());
        if let Some(token) = unknown {
            return Err(LlmError::generation(format!(
                "its tokenizer gave the token {token}, which it does not have"
            )));
        }
        if conversation.len() + tokens.len() > self.decoder.shape().context {
            return Err(LlmError::generation("the conversation is longer than its context".to_owned()));
        }
        let begun = conversation.len();
        let taken = std::mem::replace(conversation, self.decoder.begin());
        let made = self.pass(taken, tokens, scored)?;
        *conversation = made.conversation;
        debug_assert_eq!(conversation.len(), begun + tokens.len());
        if made.scores.iter().any(|score| !score.is_finite()) {
            return Err(LlmError::generation(
                "its scores are no numbers: the weights of its file are damaged".to_owned(),
            ));
        }
        Ok(made.scores)
    }

    fn pass(&self, conversation: Conversation, tokens: &[u32], scored: usize) -> Result<Made, LlmError> {
        let mut waiting = lock(&self.waiting);
        let number = waiting.next;
        waiting.next += 1;
        waiting.asked.push(Asked { number, conversation, tokens: tokens.to_vec(), scored });
        self.changed.notify_all();
        loop {
            if let Some(place) = waiting.made.iter().position(|made| made.number == number) {
                return Ok(waiting.made.swap_remove(place));
            }
            if let Some(place) = waiting.given_up.iter().position(|given_up| *given_up == number) {
                waiting.given_up.swap_remove(place);
                return Err(LlmError::generation("another answer of the same pass failed".to_owned()));
            }
            if waiting.led {
                waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            waiting.led = true;
            waiting = self.gather(waiting);
            let asked = std::mem::take(&mut waiting.asked);
            drop(waiting);
            let others: Vec<u64> =
                asked.iter().map(|asked| asked.number).filter(|other| *other != number).collect();
            let made = catch_unwind(AssertUnwindSafe(|| self.compute(asked)));
            waiting = lock(&self.waiting);
            waiting.led = false;
            match made {
                Ok(made) => waiting.made.extend(made),
                Err(panic) => {
                    // Only those who were in it; the next pass may go well.
                    waiting.given_up.extend(others);
                    self.changed.notify_all();
                    drop(waiting);
                    std::panic::resume_unwind(panic);
                }
            }
            self.changed.notify_all();
        }
    }

    /// Waits until everybody who is in the middle of an answer has asked, but not for long.
    fn gather<'w>(&self, mut waiting: MutexGuard<'w, Waiting>) -> MutexGuard<'w, Waiting> {
        let begun = Instant::now();
        while waiting.asked.len() < self.answering.load(Ordering::Acquire) {
            let Some(left) = PATIENCE.checked_sub(begun.elapsed()) else { break };
            waiting = self.changed.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        waiting
    }

    fn compute(&self, mut asked: Vec<Asked>) -> Vec<Made> {
        let mut computer = lock(&self.computer);
        let mut turns: Vec<Turn<'_>> = Vec::with_capacity(asked.len());
        for asked in &mut asked {
            let Asked { conversation, tokens, scored, .. } = asked;
            turns.push(Turn { conversation, tokens, scored: *scored });
        }
        let mut all = self.decoder.read(&mut computer, &mut turns);
        let width = self.decoder.vocabulary();
        // From the last: what is left at the end, of one alone all, is not copied.
        let handed_out = asked.into_iter().rev().map(|Asked { number, conversation, tokens, scored }| {
            let first = all.len() - scored.min(tokens.len()) * width;
            let scores = if first == 0 { std::mem::take(&mut all) } else { all.split_off(first) };
            Made { number, conversation, scores }
        });
        handed_out.collect()
    }
}
