//! What a run tells while it goes on; see `GET /api/workflows/{id}/runs/{run_id}/events`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One event of a run. Stored ones carry a sequence number without gaps; `llm.token` and `llm.waiting` are not stored
/// and have none.
///
/// On the SSE stream `event:` is `kind`, `id:` is `seq`, and `data:` is the payload with `at` added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunEvent {
    pub seq: Option<i64>,
    pub at: DateTime<Utc>,
    pub kind: EventKind,
    /// Node events hold `node` (name), `node_id`, `attempt`; failures also `code` and `message`;
    /// completions `port` and `duration_ms`; tokens `offset` (bytes of text before this piece) and `text`;
    /// `llm.waiting` says in `message` what the step waits for, null once it goes on.
    pub payload: Value,
}

macro_rules! kinds {
    ($($variant:ident = $word:literal),+ $(,)?) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum EventKind { $(#[serde(rename = $word)] $variant),+ }

        impl EventKind {
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word of the wire and the database.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

kinds! {
    RunStarted = "run.started",
    RunWaiting = "run.waiting",
    RunCompleted = "run.completed",
    RunFailed = "run.failed",
    RunCancelled = "run.cancelled",
    NodeStarted = "node.started",
    NodeWaiting = "node.waiting",
    NodeRetrying = "node.retrying",
    NodeCompleted = "node.completed",
    NodeFailed = "node.failed",
    NodeSkipped = "node.skipped",
    NodeInterrupted = "node.interrupted",
    NodeCancelled = "node.cancelled",
    NodeReused = "node.reused",
    Log = "log",
    LlmToken = "llm.token",
    LlmWaiting = "llm.waiting",
}

impl EventKind {
    /// After one of these the stream ends.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::RunCompleted | Self::RunFailed | Self::RunCancelled)
    }
}
