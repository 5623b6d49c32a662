//! What can happen to a run, and where a node can be.

use crate::server::engine::plan::NodeIx;

/// A point in time: milliseconds since 1970, UTC.
pub type Millis = i64;

/// Something that happened to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Decision: an attempt starts.
    Started { node: NodeIx, attempt: i32 },
    /// Decision: no live edge reaches the node (or not enough of them).
    Skipped { node: NodeIx },
    /// Decision: an attempt under way is given up, or a waiting ends without one.
    Cancelled { node: NodeIx },
    /// Decision: the attempt with that number starts at `due`, after one that failed.
    Retrying { node: NodeIx, attempt: i32, due: Millis },
    /// Decision: nothing more will happen.
    Ended(Outcome),
    /// An attempt succeeded and emitted on that port. A decision where a timer has run down.
    Completed { node: NodeIx, port: String },
    /// An attempt failed. A decision where an approval came too late, or where a run that stops gives up a repetition.
    Failed { node: NodeIx, retryable: bool },
    /// An attempt has done what it can and waits.
    Waits { node: NodeIx, wake: Wake },
    /// The process ended while an attempt was under way.
    Interrupted { node: NodeIx },
    /// Somebody wants the run to stop.
    CancelRequested,
    /// The run has used up its time.
    TimedOut,
    /// It is later than it was.
    TimePassed,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Completed,
    Failed,
    Cancelled,
}

/// What ends a waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// Time: then the node completes.
    Timer { due: Millis },
    /// A person; at `due` the node fails.
    Approval { due: Option<Millis> },
    /// Time: then the attempt starts.
    Retry { due: Millis },
    /// The end of child runs.
    Children,
}

impl Wake {
    /// When time ends it.
    #[must_use]
    pub fn due(self) -> Option<Millis> {
        match self {
            Self::Timer { due } | Self::Retry { due } => Some(due),
            Self::Approval { due } => due,
            Self::Children => None,
        }
    }

    pub(super) fn is_due(self, at: Millis) -> bool {
        self.due().is_some_and(|due| due <= at)
    }
}

/// Where a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeState {
    /// Not started, or interrupted and to be started again.
    Idle,
    Running,
    /// An attempt failed and another will follow; when, the next decision says.
    Failing,
    Waiting(Wake),
    Completed {
        port: String,
    },
    /// For good; `caught` when an edge leaves its error port.
    Failed {
        caught: bool,
    },
    Skipped,
    Cancelled,
}

impl NodeState {
    /// It runs, or waits for something.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Running | Self::Failing | Self::Waiting(_))
    }
}

/// What a decision may depend on besides the history.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    pub at: Millis,
    /// A random number below 1000 that spreads repetitions.
    pub jitter: u16,
    /// Nodes that may execute at once.
    pub parallel: usize,
    /// What failed just now asked not to be repeated sooner than after so many milliseconds.
    pub hold: Millis,
}
