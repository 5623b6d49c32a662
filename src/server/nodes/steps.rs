//! Steps inside a step: what a handler has done so far is durable before anything depends on it, so that an attempt that
//! goes on, after the end of a process or after a waiting, does nothing of it again.

use super::{LogLine, NodeError, Resource};
use crate::server::store::checkpoints::{FIRST, StoredStep};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::{
    any::Any,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A step on its way to the database.
#[derive(Debug, Clone)]
pub struct NewStep {
    pub seq: i64,
    /// One of the words in `store::checkpoints`.
    pub kind: &'static str,
    pub payload: Value,
    /// Told to whoever watches the run once it is durable.
    pub line: Option<LogLine>,
    pub at: DateTime<Utc>,
}

type Written = Pin<Box<dyn Future<Output = Result<(), NodeError>> + Send>>;

/// Makes a step durable.
pub type StepSink = Arc<dyn Fn(NewStep) -> Written + Send + Sync>;

/// The steps inside one step. By default nothing was written down, and what is new stays in memory.
#[derive(Default)]
pub struct Steps {
    recorded: Mutex<Vec<StoredStep>>,
    sink: Option<StepSink>,
}

impl Steps {
    /// What was written down before, and where more of it goes.
    pub fn new(recorded: Vec<StoredStep>, sink: StepSink) -> Self {
        Self { recorded: Mutex::new(recorded), sink: Some(sink) }
    }

    /// What is written down, in its order.
    pub fn recorded(&self) -> Vec<StoredStep> {
        self.lock().clone()
    }

    /// The number of the step after those that are written down.
    pub fn next(&self) -> i64 {
        FIRST + i64::try_from(self.lock().len()).unwrap_or(i64::MAX - FIRST)
    }

    /// Writes one down.
    pub async fn write(&self, step: NewStep) -> Result<(), NodeError> {
        let stored = StoredStep { kind: step.kind.to_owned(), payload: step.payload.clone(), at: step.at };
        if let Some(sink) = &self.sink {
            sink(step).await?;
        }
        self.lock().push(stored);
        Ok(())
    }

    /// A panic elsewhere leaves the list as it was.
    fn lock(&self) -> MutexGuard<'_, Vec<StoredStep>> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Given = Pin<Box<dyn Future<Output = Held> + Send>>;

/// Where a handler that needs what there is little of only for a part of its work gets it. By default there is enough.
#[derive(Clone, Default)]
pub struct Places(Option<Arc<dyn Fn(Resource) -> Given + Send + Sync>>);

/// A place; free again when dropped.
pub struct Held {
    _place: Option<Box<dyn Any + Send>>,
}

impl Held {
    /// Holds that until it is dropped.
    pub fn of(place: impl Any + Send) -> Self {
        Self { _place: Some(Box::new(place)) }
    }
}

impl Places {
    /// Places that somebody hands out.
    pub fn new(give: impl Fn(Resource) -> Given + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(give)))
    }

    /// Waits for a place.
    pub async fn take(&self, resource: Resource) -> Held {
        match &self.0 {
            Some(give) => give(resource).await,
            None => Held { _place: None },
        }
    }
}
