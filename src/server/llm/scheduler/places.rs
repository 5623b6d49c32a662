//! The places at a model in memory: who is free, who answers, and when the model must be loaded anew.

use std::sync::mpsc::{Receiver, Sender, channel};

use crate::server::llm::LlmError;
use crate::server::llm::chat_model::ChatModel;

/// What comes back from an answer.
pub enum Back {
    Free(Box<dyn ChatModel>),
    /// A panic left the model in whatever state.
    Broken,
}

/// The places of one model; empty while it is not loaded.
pub struct Places {
    free: Vec<Box<dyn ChatModel>>,
    /// Those that answer.
    out: usize,
    broken: bool,
    back: Receiver<Back>,
    returned: Sender<Back>,
}

impl Places {
    pub fn new() -> Self {
        let (returned, back) = channel();
        Self { free: Vec::new(), out: 0, broken: false, back, returned }
    }

    /// Where places are sent back to.
    pub fn returned(&self) -> Sender<Back> {
        self.returned.clone()
    }

    /// The model is in memory.
    pub fn is_loaded(&self) -> bool {
        self.out > 0 || !self.free.is_empty()
    }

    /// Waits until the next answer can begin: a place is free, or the model is not loaded.
    pub fn wait(&mut self) {
        while let Ok(back) = self.back.try_recv() {
            self.take_back(back);
        }
        while self.out > 0 && (self.free.is_empty() || self.broken) {
            match self.back.recv() {
                Ok(back) => self.take_back(back),
                Err(_) => return,
            }
        }
    }

    fn take_back(&mut self, back: Back) {
        self.out -= 1;
        match back {
            Back::Free(model) => self.free.push(model),
            Back::Broken => self.broken = true,
        }
        if self.broken {
            // Nobody shall be answered from it, at any of its places.
            self.free.clear();
            self.broken = self.out > 0;
        }
    }

    /// The model leaves the memory, unless it answers.
    pub fn clear(&mut self) -> bool {
        self.wait();
        if self.out == 0 {
            self.free.clear();
        }
        self.out == 0
    }

    /// A free place; the model is loaded if it is not, with so many places at most.
    pub fn take(
        &mut self,
        most: usize,
        load: impl FnOnce() -> Result<Box<dyn ChatModel>, LlmError>,
    ) -> Result<Box<dyn ChatModel>, LlmError> {
        self.wait();
        if self.free.is_empty() {
            let first = load()?;
            while self.free.len() + 1 < most
                && let Some(another) = first.another()
            {
                self.free.push(another);
            }
            self.free.push(first);
        }
        let place = self.free.pop().ok_or_else(LlmError::cancelled)?;
        self.out += 1;
        Ok(place)
    }
}
