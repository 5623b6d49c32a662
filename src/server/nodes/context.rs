//! What a handler gets to know and may tell while it runs.

use super::{Held, NewStep, NodeError, Places, Resource, Steps};
use crate::server::hex::hex;
use crate::{
    server::{clock::Clock, secrets::Redactor},
    workflow::{
        expression::Scope,
        ids::{NodeId, UserId},
    },
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// Longest log of an attempt; what comes after is counted, not kept.
const LOG_LINES: usize = 1000;
/// Longest line of a log, in bytes.
const LOG_LINE_BYTES: usize = 8 * 1024;

/// Takes the pieces of a text as it is made. Must not block.
pub type TokenSink = Arc<dyn Fn(&str) + Send + Sync>;

/// Takes what an attempt waits for, in words; `None` once it goes on. Must not block.
pub type WaitingSink = Arc<dyn Fn(Option<&str>) + Send + Sync>;

/// One attempt of one node, as its handler sees it.
pub struct NodeContext {
    pub workflow_run_id: crate::workflow::ids::RunId,
    pub node_id: NodeId,
    pub node_name: String,
    /// 1 for the first.
    pub attempt: i32,
    /// The config with every expression evaluated: bare fields hold their values, text fields text, data fields JSON.
    pub node_config: Map<String, Value>,
    /// Outputs of the live predecessors by name.
    pub inputs: Map<String, Value>,
    /// What `input` means here: one predecessor's output, several by name, or the run's input.
    pub input: Arc<Value>,
    pub global_context: Arc<GlobalContext>,
    /// The names that expressions of this step may use.
    pub(crate) scope: Scope,
    /// Cancelled when nobody wants the result any more.
    pub cancel: CancellationToken,
    /// Hides the values that this attempt is shown: give it to whoever reveals one.
    pub redactor: Redactor,
    pub(crate) clock: Clock,
    pub(crate) tokens: TokenSink,
    pub(crate) waiting: WaitingSink,
    pub(crate) log: Arc<Mutex<Log>>,
    /// What this node has written down, in this attempt or those before it.
    pub(crate) steps: Steps,
    pub(crate) places: Places,
}

/// The same for every node of a run.
#[derive(Debug, Clone)]
pub struct GlobalContext {
    /// Whose run it is: what a step reads and writes belongs to them.
    pub owner: UserId,
    pub vars: Map<String, Value>,
    pub run: RunInfo,
}

/// The run as expressions see it.
#[derive(Debug, Clone)]
pub struct RunInfo {
    pub id: crate::workflow::ids::RunId,
    pub input: Arc<Value>,
    pub started_at: DateTime<Utc>,
    /// The first run of the chain of resumed runs, and which item of which step for a child run.
    pub effect_root: uuid::Uuid,
}

/// How much a line of a log matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    Info,
    Warn,
    Error,
}

/// A line of the log of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    pub at: DateTime<Utc>,
    pub level: LogLevel,
    pub message: String,
    /// Whoever watches the run has been told already.
    #[serde(skip)]
    pub is_told: bool,
}

/// The log of an attempt while it runs; survives the attempt's panic or time-out.
#[derive(Debug, Default)]
pub struct Log {
    lines: Vec<LogLine>,
    dropped: usize,
}

impl Log {
    fn push(&mut self, line: LogLine) {
        if self.lines.len() < LOG_LINES { self.lines.push(line) } else { self.dropped += 1 }
    }

    /// Takes the lines out; the last one tells how many were not kept.
    pub(crate) fn take(&mut self, at: DateTime<Utc>) -> Vec<LogLine> {
        let mut lines = std::mem::take(&mut self.lines);
        if self.dropped > 0 {
            let message = format!("{} more lines are not kept; a step may log {LOG_LINES}", self.dropped);
            lines.push(LogLine { at, level: LogLevel::Warn, message, is_told: false });
            self.dropped = 0;
        }
        lines
    }
}

impl NodeContext {
    /// Now, by the engine's clock.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The same for every attempt of this step, also in a run that resumes this one: lets a receiver of an effect tell a
    /// repetition. Hexadecimal, 64 characters.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        let hash = Sha256::new()
            .chain_update(self.global_context.run.effect_root)
            .chain_update(self.node_id.0)
            .finalize();
        hex(hash)
    }

    /// Adds a line to the log of this attempt; long messages are cut at 8 KiB.
    pub fn log(&self, level: LogLevel, message: impl Into<String>) {
        self.add(self.line(level, &message.into(), self.clock.now()));
    }

    /// Writes a step inside this step down: it is durable when this returns, and found by whoever goes on after a crash.
    /// `message` goes to the log.
    ///
    /// # Errors
    /// `not_recorded`: the run is not this attempt's any more.
    pub async fn checkpoint(
        &self,
        kind: &'static str,
        payload: Value,
        message: &str,
    ) -> Result<(), NodeError> {
        let payload = self.without_secrets(payload);
        let at = self.clock.now();
        let line = LogLine { is_told: true, ..self.line(LogLevel::Info, message, at) };
        let step = NewStep { seq: self.steps.next(), kind, payload, line: Some(line.clone()), at };
        self.steps.write(step).await?;
        self.add(line);
        Ok(())
    }

    /// A value without the secrets that this attempt has used.
    #[must_use]
    pub fn without_secrets(&self, mut value: Value) -> Value {
        self.redactor.value(&mut value);
        value
    }

    /// Adds a line about a step that was written down earlier, and mostly told then.
    pub fn recall(&self, message: &str, at: DateTime<Utc>, is_told: bool) {
        self.add(LogLine { is_told, ..self.line(LogLevel::Info, message, at) });
    }

    /// Waits for what there is little of, for a part of this attempt.
    pub async fn place(&self, resource: Resource) -> Held {
        self.places.take(resource).await
    }

    fn line(&self, level: LogLevel, message: &str, at: DateTime<Utc>) -> LogLine {
        // Before the cut: half a secret would not be known for one.
        let mut message = self.redactor.text(message).into_owned();
        if message.len() > LOG_LINE_BYTES {
            message.truncate(message.floor_char_boundary(LOG_LINE_BYTES));
            message.push('…');
        }
        LogLine { at, level, message, is_told: false }
    }

    fn add(&self, line: LogLine) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    /// Shows a piece of text to whoever watches the run; it is not stored.
    pub fn emit_token(&self, text: &str) {
        (self.tokens)(text);
    }

    /// Tells whoever watches the run what this attempt waits for before it does its work; it is not stored.
    #[must_use]
    pub fn waiting_sink(&self) -> WaitingSink {
        Arc::clone(&self.waiting)
    }

    /// The same as [`NodeContext::emit_token`], for other threads.
    #[must_use]
    pub fn token_sink(&self) -> TokenSink {
        Arc::clone(&self.tokens)
    }
}
