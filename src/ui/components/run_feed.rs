//! A run as it happens: folds the event stream into signals, one set per step, so that a token for one step
//! redraws nothing else. `pages::run_stream` feeds it in the browser.

use crate::api::{
    events::{EventKind, RunEvent},
    runs::RunStatus,
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

/// What is known of one step while the run goes on.
#[derive(Clone)]
pub struct StepFeed {
    /// Word of a state; empty before the step is reached.
    pub state: ArcRwSignal<&'static str>,
    /// The text that a model has given so far.
    pub text: ArcRwSignal<String>,
    /// What it wrote into its log, each line with the number of its event.
    pub lines: ArcRwSignal<Vec<(i64, DateTime<Utc>, String)>>,
    /// What it waits for before it does its work.
    pub waiting: ArcRwSignal<Option<String>>,
    pub duration_ms: ArcRwSignal<Option<i64>>,
    /// Why it failed.
    pub message: ArcRwSignal<Option<String>>,
    /// The port it gave its output on, where the run says one, and the output in a word or two.
    pub gave: ArcRwSignal<Option<(Option<String>, String)>>,
    /// The step, or one ahead of it, has changed since the run.
    pub stale: ArcRwSignal<bool>,
}

impl Default for StepFeed {
    fn default() -> Self {
        Self {
            state: ArcRwSignal::new(""),
            text: ArcRwSignal::new(String::new()),
            lines: ArcRwSignal::new(Vec::new()),
            waiting: ArcRwSignal::new(None),
            duration_ms: ArcRwSignal::new(None),
            message: ArcRwSignal::new(None),
            gave: ArcRwSignal::new(None),
            stale: ArcRwSignal::new(false),
        }
    }
}

impl StepFeed {
    /// What a step under way has to show: the text of a model, before it what the step waits for.
    #[must_use]
    pub fn shown(&self) -> String {
        let text = self.text.get();
        if text.is_empty() { self.waiting.get().unwrap_or_default() } else { text }
    }
}

/// What is known of the run.
#[derive(Clone, Copy)]
pub struct RunFeed {
    steps: StoredValue<HashMap<Uuid, StepFeed>>,
    /// Ids by name, as the stored events tell them: tokens carry the name only.
    names: StoredValue<HashMap<String, Uuid>>,
    /// The run that is followed.
    pub run: RwSignal<Option<Uuid>>,
    pub status: RwSignal<Option<RunStatus>>,
    /// Raised by every stored event: what was read from the server before is out of date.
    pub changes: RwSignal<u32>,
}

impl Default for RunFeed {
    fn default() -> Self {
        Self {
            steps: StoredValue::default(),
            names: StoredValue::default(),
            run: RwSignal::new(None),
            status: RwSignal::new(None),
            changes: RwSignal::new(0),
        }
    }
}

impl RunFeed {
    /// The signals of a node; made when first asked for, the same ones ever after.
    #[must_use]
    pub fn step(self, node: Uuid) -> StepFeed {
        if let Some(found) = self.steps.with_value(|steps| steps.get(&node).cloned()) {
            return found;
        }
        let made = StepFeed::default();
        self.steps.update_value(|steps| {
            steps.insert(node, made.clone());
        });
        made
    }

    /// Forgets the last run and expects the events of another one.
    pub fn begin(self, run: Uuid) {
        for step in self.steps.with_value(|steps| steps.values().cloned().collect::<Vec<_>>()) {
            step.state.set("");
            step.text.set(String::new());
            step.lines.set(Vec::new());
            step.waiting.set(None);
            step.duration_ms.set(None);
            step.message.set(None);
            step.gave.set(None);
            step.stale.set(false);
        }
        self.run.set(Some(run));
        self.status.set(Some(RunStatus::Pending));
    }

    /// The node that an event is about.
    fn node_of(self, event: &RunEvent) -> Option<Uuid> {
        let name = event.payload.get("node").and_then(Value::as_str);
        let id = event.payload.get("node_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
        match (id, name) {
            (Some(id), Some(name)) => {
                self.names.update_value(|names| {
                    names.insert(name.to_owned(), id);
                });
                Some(id)
            }
            (Some(id), None) => Some(id),
            (None, Some(name)) => self.names.with_value(|names| names.get(name).copied()),
            (None, None) => None,
        }
    }

    /// Takes one event in.
    pub fn apply(self, event: &RunEvent) {
        if let Some(status) = run_status(event.kind) {
            self.status.set(Some(status));
        }
        if let Some(node) = self.node_of(event) {
            apply_to_step(&self.step(node), event);
        }
        if !matches!(event.kind, EventKind::LlmToken | EventKind::LlmWaiting) {
            self.changes.update(|n| *n += 1);
        }
    }
}

fn run_status(kind: EventKind) -> Option<RunStatus> {
    Some(match kind {
        EventKind::RunStarted => RunStatus::Running,
        EventKind::RunWaiting => RunStatus::Waiting,
        EventKind::RunCompleted => RunStatus::Completed,
        EventKind::RunFailed => RunStatus::Failed,
        EventKind::RunCancelled => RunStatus::Cancelled,
        _ => return None,
    })
}

fn apply_to_step(step: &StepFeed, event: &RunEvent) {
    let state = match event.kind {
        EventKind::NodeStarted => "running",
        EventKind::NodeWaiting => "waiting",
        EventKind::NodeRetrying => "retrying",
        EventKind::NodeCompleted => "completed",
        EventKind::NodeFailed => "failed",
        EventKind::NodeSkipped => "skipped",
        EventKind::NodeInterrupted => "interrupted",
        EventKind::NodeCancelled => "cancelled",
        EventKind::NodeReused => "reused",
        EventKind::LlmToken => {
            let offset = event.payload.get("offset").and_then(Value::as_u64).unwrap_or(0);
            let piece = event.payload.get("text").and_then(Value::as_str).unwrap_or_default();
            step.text.update(|text| append(text, offset, piece));
            return;
        }
        EventKind::Log => {
            let message = event.payload.get("message").and_then(Value::as_str).unwrap_or_default();
            let seq = event.seq.unwrap_or_default();
            // A stream that is opened again tells everything again.
            if step.lines.with_untracked(|lines| lines.last().is_none_or(|(last, ..)| *last < seq)) {
                step.lines.update(|lines| lines.push((seq, event.at, message.to_owned())));
            }
            return;
        }
        EventKind::LlmWaiting => {
            step.waiting.set(event.payload.get("message").and_then(Value::as_str).map(str::to_owned));
            return;
        }
        _ => return,
    };
    if step.waiting.with_untracked(Option::is_some) {
        step.waiting.set(None);
    }
    if state == "running" {
        step.text.set(String::new());
    }
    step.duration_ms.set(event.payload.get("duration_ms").and_then(Value::as_i64));
    // The message of a step that waits is a question to a person, not a failure.
    let message = event.payload.get("message").and_then(Value::as_str).filter(|_| state != "waiting");
    step.message.set(message.map(str::to_owned));
    step.state.set(state);
}

/// Puts a piece where it belongs: after a reconnection the first piece holds the text so far.
fn append(text: &mut String, offset: u64, piece: &str) {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    if offset < text.len() && text.is_char_boundary(offset) {
        text.truncate(offset);
    }
    text.push_str(piece);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(kind: EventKind, payload: Value) -> RunEvent {
        RunEvent { seq: None, at: Default::default(), kind, payload }
    }

    #[test]
    fn lines_of_a_log_are_kept_once() {
        let owner = Owner::new();
        owner.set();
        let feed = RunFeed::default();
        let node = Uuid::from_u128(7);
        let log = |seq: i64, text: &str| RunEvent {
            seq: Some(seq),
            ..event(EventKind::Log, json!({"node_id": node, "node": "Ask", "message": text}))
        };
        for (seq, text) in [(3, "a"), (5, "b"), (3, "a"), (5, "b"), (6, "c")] {
            feed.apply(&log(seq, text));
        }
        let lines = feed.step(node).lines.get_untracked();
        assert_eq!(lines.iter().map(|(_, _, text)| text.as_str()).collect::<String>(), "abc");
        feed.begin(Uuid::nil());
        assert!(feed.step(node).lines.with_untracked(Vec::is_empty));
    }

    #[test]
    fn tokens_append_and_a_reconnection_does_not_repeat_them() {
        let owner = Owner::new();
        owner.set();
        let feed = RunFeed::default();
        let node = Uuid::from_u128(7);
        let token = |offset: u64, text: &str| {
            feed.apply(&event(EventKind::LlmToken, json!({"node": "Ask", "offset": offset, "text": text})));
        };
        feed.apply(&event(EventKind::NodeStarted, json!({"node": "Ask", "node_id": node})));
        token(0, "The ");
        token(4, "mill");
        token(0, "The mill ");
        token(9, "turns");
        assert_eq!(feed.step(node).text.get_untracked(), "The mill turns");
        assert_eq!(feed.changes.get_untracked(), 1, "tokens are not stored");
    }

    #[test]
    fn a_step_that_waits_for_its_model_says_so() {
        let owner = Owner::new();
        owner.set();
        let feed = RunFeed::default();
        let node = Uuid::from_u128(7);
        let tell = |kind, payload| feed.apply(&event(kind, payload));
        tell(EventKind::NodeStarted, json!({"node": "Ask", "node_id": node}));
        tell(EventKind::LlmWaiting, json!({"node": "Ask", "message": "2 requests come first."}));
        assert_eq!(feed.step(node).shown(), "2 requests come first.");
        tell(EventKind::LlmWaiting, json!({"node": "Ask", "message": null}));
        assert_eq!(feed.step(node).shown(), "");
        tell(EventKind::LlmWaiting, json!({"node": "Ask", "message": "again"}));
        tell(EventKind::LlmToken, json!({"node": "Ask", "offset": 0, "text": "The"}));
        assert_eq!(feed.step(node).shown(), "The");
        assert_eq!(feed.changes.get_untracked(), 1, "none of this is stored");
    }

    #[test]
    fn a_second_attempt_starts_with_no_text() {
        let owner = Owner::new();
        owner.set();
        let feed = RunFeed::default();
        let node = Uuid::from_u128(7);
        let started = event(EventKind::NodeStarted, json!({"node_id": node, "attempt": 1}));
        feed.apply(&started);
        feed.apply(&event(EventKind::LlmToken, json!({"node_id": node, "offset": 0, "text": "half"})));
        feed.apply(&event(EventKind::NodeFailed, json!({"node_id": node, "message": "no"})));
        let step = feed.step(node);
        assert_eq!(
            (step.state.get_untracked(), step.message.get_untracked()),
            ("failed", Some("no".to_owned()))
        );
        feed.apply(&started);
        assert_eq!((step.state.get_untracked(), step.text.get_untracked()), ("running", String::new()));
        assert_eq!(step.message.get_untracked(), None);
    }

    #[test]
    fn a_new_run_forgets_the_old_one() {
        let owner = Owner::new();
        owner.set();
        let feed = RunFeed::default();
        let node = Uuid::from_u128(7);
        feed.apply(&event(EventKind::NodeCompleted, json!({"node_id": node, "duration_ms": 12})));
        feed.apply(&event(EventKind::RunCompleted, json!({})));
        assert_eq!(feed.status.get_untracked(), Some(RunStatus::Completed));
        feed.begin(Uuid::from_u128(9));
        assert_eq!(feed.step(node).state.get_untracked(), "");
        assert_eq!(feed.status.get_untracked(), Some(RunStatus::Pending));
    }

    #[test]
    fn an_event_wakes_the_signals_of_its_own_step_only() {
        let owner = Owner::new();
        owner.set();
        let feed = RunFeed::default();
        let woken = StoredValue::new(Vec::new());
        let watches: Vec<Memo<()>> = (0..3)
            .map(|place| {
                let StepFeed { state, text, lines, waiting, duration_ms, message, gave, stale } =
                    feed.step(Uuid::from_u128(place));
                Memo::new(move |_| {
                    state.track();
                    text.track();
                    lines.track();
                    waiting.track();
                    duration_ms.track();
                    message.track();
                    gave.track();
                    stale.track();
                    woken.update_value(|woken| woken.push(place));
                })
            })
            .collect();
        let look = || {
            watches.iter().for_each(|watch| watch.get_untracked());
            woken.try_update_value(std::mem::take).unwrap()
        };
        assert_eq!(look(), [0, 1, 2]);
        for kind in [EventKind::NodeStarted, EventKind::LlmToken, EventKind::NodeCompleted] {
            feed.apply(&event(kind, json!({"node_id": Uuid::from_u128(1), "offset": 0, "text": "mill"})));
            assert_eq!(look(), [1], "{kind:?}");
        }
        feed.apply(&event(EventKind::RunCompleted, json!({})));
        assert_eq!(look(), [0_u128; 0]);
    }
}
