//! Counts what the simulated runs have met, so that a generator that has gone blind is noticed.

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Met {
    /// An event taken in and what follows decided.
    Step,
    Run,
    Completed,
    Failed,
    Cancelled,
    TimedOut,
    Start,
    /// An attempt that waited for its time, started.
    Retry,
    Skip,
    Caught,
    /// A repetition given up because the run stops.
    GivenUp,
    CancelledWait,
    Timer,
    Answer,
    TooLate,
    Children,
    Crash,
    LostWrite,
    Interrupted,
    CrashedRepeatedly,
    Reused,
    /// As many execute as may.
    Full,
}

const ALL: [Met; 22] = [
    Met::Step,
    Met::Run,
    Met::Completed,
    Met::Failed,
    Met::Cancelled,
    Met::TimedOut,
    Met::Start,
    Met::Retry,
    Met::Skip,
    Met::Caught,
    Met::GivenUp,
    Met::CancelledWait,
    Met::Timer,
    Met::Answer,
    Met::TooLate,
    Met::Children,
    Met::Crash,
    Met::LostWrite,
    Met::Interrupted,
    Met::CrashedRepeatedly,
    Met::Reused,
    Met::Full,
];

#[derive(Debug, Default)]
pub struct Tally([u64; ALL.len()]);

impl Tally {
    pub fn count(&mut self, met: Met) {
        self.0[met as usize] += 1;
    }

    pub fn of(&self, met: Met) -> u64 {
        self.0[met as usize]
    }

    pub fn add(&mut self, other: &Self) {
        for (sum, more) in self.0.iter_mut().zip(other.0) {
            *sum += more;
        }
    }

    /// Everything with its number.
    pub fn all(&self) -> impl Iterator<Item = (Met, u64)> {
        ALL.into_iter().map(|met| (met, self.of(met)))
    }
}
