//! Where the time goes.

use std::time::{Duration, Instant};

/// The parts of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Norms, gates, rounding.
    Between,
    /// The products that make queries, keys and values.
    Queries,
    /// Angles, keeping keys and values, attention.
    Attention,
    Output,
    /// The gate and the way up.
    Up,
    Down,
    /// The scores.
    Head,
}

impl Step {
    pub const ALL: [Self; 7] =
        [Self::Between, Self::Queries, Self::Attention, Self::Output, Self::Up, Self::Down, Self::Head];
}

/// A clock that tells the time since the last step to the step that has ended.
#[derive(Debug, Clone, Copy)]
pub struct Spent {
    steps: [Duration; Step::ALL.len()],
    since: Instant,
}

impl Default for Spent {
    fn default() -> Self {
        Self { steps: Default::default(), since: Instant::now() }
    }
}

impl Spent {
    pub(super) fn begin(&mut self) {
        self.since = Instant::now();
    }

    pub(super) fn on(&mut self, step: Step) {
        let now = Instant::now();
        self.steps[step as usize] += now.duration_since(self.since);
        self.since = now;
    }

    pub fn of(&self, step: Step) -> Duration {
        self.steps[step as usize]
    }
}
