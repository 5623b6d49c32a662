//! For the benches: the passes of a network, without what chooses the next token.

use std::path::Path;
use std::time::Instant;

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::chat_model::ChatModel;
use super::library::Weights;
use super::local::{LoadOptions, load};
use super::{ChatMessage, LlmError};

const CONTEXT: usize = 4200;
const STEPS: usize = 48;

/// Tokens per second, and what they take.
#[derive(Debug, Serialize)]
pub struct Speeds {
    #[serde(rename = "prompt of 512")]
    pub prompt: f64,
    #[serde(rename = "decoding")]
    pub short: f64,
    #[serde(rename = "decoding after 1500")]
    pub long: f64,
    #[serde(rename = "decoding after 4000")]
    pub longest: f64,
    #[serde(rename = "four at once")]
    pub four: f64,
    /// Milliseconds until the first token of a prompt of 1,000 tokens that was read before but for the last ones.
    #[serde(rename = "first token, ms, 1000 tokens known")]
    pub known: f64,
    #[serde(rename = "loading, ms")]
    pub loading: f64,
    /// What loading and one token add to the memory of the process, in MB; 0 where the system does not tell.
    #[serde(rename = "memory, MB")]
    pub memory: f64,
}

/// Some places at one model.
pub struct Passes {
    places: Vec<Box<dyn ChatModel>>,
    tokens: Vec<u32>,
    loading: f64,
    memory: f64,
}

impl Passes {
    /// # Errors
    /// Those of loading the file.
    pub fn open(file: &Path, full_precision: bool) -> Result<Self, LlmError> {
        let (begun, before) = (Instant::now(), resident());
        let weights = if file.is_dir() {
            Weights::Safetensors(file.to_owned())
        } else {
            Weights::Gguf(file.to_owned())
        };
        let options =
            LoadOptions { context_limit: CONTEXT, full_precision, memory_limit: None, kept_bytes: 1 << 30 };
        let mut first = load(&weights, options)?;
        let loading = begun.elapsed().as_secs_f64() * 1e3;
        first.read_prompt(&[1], &CancellationToken::new())?;
        let memory = resident() - before;
        let text = include_str!("../../../README.md");
        let tokens = first.encode(&[ChatMessage::user(text)])?;
        let mut places: Vec<Box<dyn ChatModel>> = (0..3).filter_map(|_| first.another()).collect();
        places.push(Box::new(first));
        Ok(Self { places, tokens, loading, memory })
    }

    fn token(&self, at: usize) -> u32 {
        self.tokens[at % self.tokens.len()]
    }

    /// A prompt that nobody has read before: another one with each number.
    fn prompt(&self, length: usize, number: usize) -> Vec<u32> {
        (0..length).map(|at| self.token(at + 17 * number)).collect()
    }

    /// # Errors
    /// Those of the model.
    pub fn measure(&mut self) -> Result<Speeds, LlmError> {
        let never = CancellationToken::new();
        let mut number = 0;
        let mut decode = |passes: &mut Self, after: usize, rounds: usize| -> Result<(f64, f64), LlmError> {
            let (mut prompt, mut steps) = (f64::MAX, f64::MAX);
            for _ in 0..rounds {
                number += 1;
                let read = passes.prompt(after, number);
                // Tokens that follow nothing known, so that nothing is guessed.
                let next: Vec<u32> =
                    (0..STEPS).map(|step| passes.token(after + step * 31 + number)).collect();
                let place = &mut passes.places[0];
                let begun = Instant::now();
                place.read_prompt(&read, &never)?;
                prompt = prompt.min(begun.elapsed().as_secs_f64());
                let begun = Instant::now();
                next.iter().try_for_each(|token| place.step(*token).map(drop))?;
                steps = steps.min(begun.elapsed().as_secs_f64());
                place.end();
            }
            Ok((after as f64 / prompt, STEPS as f64 / steps))
        };
        let (prompt, _) = decode(self, 512, 3)?;
        let (_, short) = decode(self, 16, 3)?;
        let (_, long) = decode(self, 1500, 2)?;
        let (_, longest) = decode(self, 4000, 1)?;
        let four = (0..3).map(|round| self.four(round)).collect::<Result<Vec<f64>, _>>()?;
        let known = self.known()?;
        let four = four.into_iter().fold(0.0, f64::max);
        Ok(Speeds { prompt, short, long, longest, four, known, loading: self.loading, memory: self.memory })
    }

    fn four(&mut self, round: usize) -> Result<f64, LlmError> {
        let prompts: Vec<Vec<u32>> =
            (0..self.places.len()).map(|place| self.prompt(16, 100 + 10 * round + place)).collect();
        let tokens = self.tokens.clone();
        let (count, ready) = (self.places.len(), std::sync::Barrier::new(self.places.len()));
        let answer = |(place, prompt): (&mut Box<dyn ChatModel>, &Vec<u32>)| -> Result<f64, LlmError> {
            place.read_prompt(prompt, &CancellationToken::new())?;
            ready.wait();
            let begun = Instant::now();
            (0..STEPS).try_for_each(|step| place.step(tokens[(step * 31 + 7) % tokens.len()]).map(drop))?;
            let seconds = begun.elapsed().as_secs_f64();
            place.end();
            Ok(seconds)
        };
        let seconds = std::thread::scope(|scope| {
            let all: Vec<_> =
                self.places.iter_mut().zip(&prompts).map(|one| scope.spawn(|| answer(one))).collect();
            let crashed = || LlmError::generation("a thread of the bench panicked".to_owned());
            all.into_iter()
                .map(|one| one.join().unwrap_or_else(|_| Err(crashed())))
                .collect::<Result<Vec<_>, _>>()
        })?;
        Ok((count * STEPS) as f64 / seconds.into_iter().fold(0.0, f64::max))
    }

    fn known(&mut self) -> Result<f64, LlmError> {
        let never = CancellationToken::new();
        let mut prompt = self.prompt(1000, 500);
        self.places[0].read_prompt(&prompt, &never)?;
        self.places[0].end();
        prompt.extend([5, 6, 7, 8]);
        let begun = Instant::now();
        self.places[0].read_prompt(&prompt, &never)?;
        let seconds = begun.elapsed().as_secs_f64();
        self.places[0].end();
        Ok(seconds * 1e3)
    }
}

/// `VmRSS` of this process, in MB.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok())
        .map_or(0.0, |kb| kb / 1e3)
}
