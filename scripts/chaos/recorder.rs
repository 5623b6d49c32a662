//! What the probes wrote down, in the order in which they wrote it.

use anyhow::Result;
use serde::Deserialize;
use std::{collections::HashMap, path::Path};

/// The beginning or the end of an attempt.
#[derive(Debug, Clone, Deserialize)]
pub struct Line {
    pub event: Event,
    /// Of an end: `completed` or `failed`.
    pub result: String,
    pub run: String,
    pub name: String,
    pub attempt: i32,
    /// Fingerprint of the input.
    pub input: String,
    pub pid: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    Start,
    End,
}

/// Every line with its place in the file.
#[derive(Debug, Default)]
pub struct Recorder {
    lines: Vec<Line>,
    by_step: HashMap<(String, String), Vec<usize>>,
    /// Lines that a kill cut.
    pub cut: usize,
}

impl Recorder {
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path)?;
        let mut recorder = Self::default();
        for text in String::from_utf8_lossy(&bytes).lines().filter(|line| !line.is_empty()) {
            match serde_json::from_str::<Line>(text) {
                Ok(line) => {
                    let place = recorder.lines.len();
                    recorder.by_step.entry((line.run.clone(), line.name.clone())).or_default().push(place);
                    recorder.lines.push(line);
                }
                // Whole lines begin and end with their braces.
                Err(_) if text.starts_with('{') && !text.ends_with('}') => recorder.cut += 1,
                Err(error) => anyhow::bail!("the recorder holds {text}: {error}"),
            }
        }
        Ok(recorder)
    }

    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// The lines of one step of one run with their places, oldest first.
    pub fn of(&self, run: &str, name: &str) -> impl Iterator<Item = (usize, &Line)> {
        let places = self.by_step.get(&(run.to_owned(), name.to_owned())).map_or(&[][..], Vec::as_slice);
        places.iter().map(|place| (*place, &self.lines[*place]))
    }

    pub fn lines(&self) -> impl Iterator<Item = (usize, &Line)> {
        self.lines.iter().enumerate()
    }

    /// Attempts that this process has begun and not ended.
    pub fn under_way(&self, pid: u32) -> Vec<&Line> {
        self.lines
            .iter()
            .filter(|line| line.pid == pid && line.event == Event::Start)
            .filter(|begun| {
                !self.of(&begun.run, &begun.name).any(|(_, line)| {
                    line.pid == pid && line.event == Event::End && line.attempt == begun.attempt
                })
            })
            .collect()
    }
}
