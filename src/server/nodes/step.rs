//! What a handler may answer: an output at once, or that the step waits, or that child runs make it.

use super::{NodeError, NodeOutput};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::{fmt, sync::Arc};

/// The answer of a handler.
#[derive(Debug, Clone)]
pub enum NodeStep {
    /// The step is done.
    Done(NodeOutput),
    /// The step waits without a task in memory.
    Wait(Wait),
    /// The step is done when its child runs are.
    Children(Children),
}

impl From<NodeOutput> for NodeStep {
    fn from(output: NodeOutput) -> Self {
        Self::Done(output)
    }
}

/// A step that waits for time to pass or for a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Wait {
    /// When the waiting ends by itself; `None`: never.
    pub due_at: Option<DateTime<Utc>>,
    /// Stored while it waits: for a timer what the step will give, for an approval what the person is shown.
    pub value: Value,
    pub kind: WaitKind,
    pub then: Then,
}

/// What follows when a waiting is over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Then {
    /// The step is done.
    #[default]
    Done,
    /// What came is written down as the step inside the step of this number, and the handler of the same attempt is
    /// called again.
    Again(i64),
}

/// What ends the waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitKind {
    /// `due_at`: then the step completes with `value` on its first port.
    Timer,
    /// A person, on port `approved` or `rejected`; at `due_at` the step fails with `approval_timeout`.
    Approval,
}

/// Gives the input of a child run: index and item in, rendered input out. Pure.
pub type ItemInput = Arc<dyn Fn(usize, &Value) -> Result<Value, NodeError> + Send + Sync>;

/// Child runs, one for each item.
#[derive(Clone)]
pub struct Children {
    /// Id or name of the workflow that each child runs.
    pub workflow: String,
    pub items: Arc<Vec<Value>>,
    pub input: ItemInput,
    /// How many run at once, at most.
    pub concurrency: usize,
    /// A failed child becomes `{"error": {code, message}}` at its index instead of failing the step.
    pub collect: bool,
    /// The step gives the list of the children's outputs; otherwise the output of the only child.
    pub list: bool,
    /// The index of the first child; those before it are of what the step did earlier.
    pub first: i32,
    pub then: Then,
}

impl fmt::Debug for Children {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Children")
            .field("workflow", &self.workflow)
            .field("items", &self.items.len())
            .field("concurrency", &self.concurrency)
            .field("collect", &self.collect)
            .field("list", &self.list)
            .field("first", &self.first)
            .field("then", &self.then)
            .finish_non_exhaustive()
    }
}

/// What there is little of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resource {
    /// Calls of language models.
    Model,
    /// Outgoing HTTP requests.
    Http,
}
