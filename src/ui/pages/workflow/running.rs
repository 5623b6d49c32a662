//! Starting a run of the open workflow and following it.

use super::saving::Saving;
use crate::{
    api::runs::{RunDetail, RunFork, RunStatus, RunSummary},
    ui::{
        canvas::editing::Editing,
        components::{run_feed::RunFeed, toast::Toasts},
        pages::{refusal::told, run_stream},
        server_fns::{
            error::UiError,
            runs::{RunsWanted, cancel_run, fork_run, get_run, list_runs, start_run},
            session::with_session,
        },
    },
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use serde_json::Value;
use std::sync::Arc;
use uuid::Uuid;

/// What the dock shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DockTab {
    Run,
    Problems,
}

/// The runs of one open workflow. Copies are the same.
#[derive(Clone, Copy)]
pub struct Running {
    pub workflow: Uuid,
    editing: Editing,
    saving: Saving,
    pub feed: RunFeed,
    /// The dialog for the input.
    pub asking: RwSignal<bool>,
    /// The dialog for the schema of the input.
    pub shaping: RwSignal<bool>,
    /// Whether the input is asked for as a form, where there is a schema.
    pub as_form: RwSignal<bool>,
    /// What stands in it; kept between runs.
    pub input: RwSignal<String>,
    /// Take pinned outputs instead of running the steps that have one.
    pub use_pinned: RwSignal<bool>,
    pub starting: RwSignal<bool>,
    pub error: RwSignal<Option<UiError>>,
    /// The run as the server has it, once something was stored.
    pub detail: RwSignal<Option<Arc<RunDetail>>>,
    /// The same, or the last run before this page was opened: what expressions are tried on.
    pub known: RwSignal<Option<Arc<RunDetail>>>,
    pub dock: RwSignal<Option<DockTab>>,
    page: StoredValue<Owner>,
    /// The last run was asked for.
    asked: StoredValue<bool>,
}

impl Running {
    #[must_use]
    pub fn new(
        workflow: Uuid,
        editing: Editing,
        saving: Saving,
        feed: RunFeed,
        schema: Option<&Value>,
    ) -> Self {
        Self {
            workflow,
            editing,
            saving,
            feed,
            asking: RwSignal::new(false),
            shaping: RwSignal::new(false),
            as_form: RwSignal::new(true),
            input: RwSignal::new(first_input(schema)),
            use_pinned: RwSignal::new(true),
            starting: RwSignal::new(false),
            error: RwSignal::new(None),
            detail: RwSignal::new(None),
            known: RwSignal::new(None),
            dock: RwSignal::new(None),
            page: StoredValue::new(Owner::current().unwrap_or_default()),
            asked: StoredValue::new(false),
        }
    }

    /// Goes on with what is under way, and keeps the run that is followed up to date. In the second part of the editor, as
    /// is all that speaks to the server here.
    pub fn begin(self) {
        let waiting = StoredValue::new(false);
        Effect::new(move |_| {
            if self.feed.changes.get() == 0 || waiting.get_value() {
                return;
            }
            waiting.set_value(true);
            let read = move || {
                if waiting.try_set_value(false).is_none() {
                    self.read_again();
                }
            };
            set_timeout(read, std::time::Duration::from_millis(150));
        });
        self.resume();
    }

    /// Goes on following a run that was under way when the page was loaded, or the one that the address names.
    fn resume(self) {
        let asked = use_query_map().with_untracked(|q| q.get("run")).and_then(|id| id.parse::<Uuid>().ok());
        Effect::new(move |_| {
            if let Some(run) = asked {
                return self.follow(run);
            }
            leptos::task::spawn_local(async move {
                let mine =
                    RunsWanted { workflow: Some(self.workflow), top_level: true, ..Default::default() };
                let latest = with_session(|| list_runs(mine.clone(), None, 1)).await;
                let latest = latest.ok().and_then(|page| page.items.into_iter().next());
                let Some(run) = latest.filter(|run| !run.status.is_terminal()) else { return };
                if self.feed.run.try_get_untracked() == Some(None) {
                    self.follow(run.id);
                }
            });
        });
    }

    /// Reads the last run that has ended, once, where no run is followed: expressions are tried on what it gave.
    pub fn need_last(self) {
        if self.asked.try_get_value() != Some(false) || self.known.with_untracked(Option::is_some) {
            return;
        }
        self.asked.set_value(true);
        let workflow = self.workflow;
        leptos::task::spawn_local(async move {
            let mine = RunsWanted { workflow: Some(workflow), top_level: true, ..Default::default() };
            let Ok(page) = with_session(|| list_runs(mine.clone(), None, 10)).await else { return };
            let ended = |run: &&RunSummary| matches!(run.status, RunStatus::Completed | RunStatus::Failed);
            let Some(run) = page.items.iter().find(ended).map(|run| run.id) else { return };
            if let Ok(detail) = with_session(|| get_run(workflow, run)).await
                && self.known.try_with_untracked(Option::is_none) == Some(true)
            {
                self.known.set(Some(Arc::new(detail)));
            }
        });
    }

    /// What the next run would take.
    #[must_use]
    pub fn input_now(self) -> Value {
        self.input.with_untracked(|text| input_value(text))
    }

    /// Shows this run from now on.
    pub fn follow(self, run: Uuid) {
        self.detail.set(None);
        self.dock.set(Some(DockTab::Run));
        self.feed.begin(run);
        self.page.get_value().with(|| run_stream::follow(self.feed, self.workflow, run));
    }

    /// Whether a run is under way.
    #[must_use]
    pub fn is_going_on(self) -> bool {
        self.feed.status.get().is_some_and(|s| !s.is_terminal())
    }

    /// The same, without following it.
    #[must_use]
    pub fn is_going_on_now(self) -> bool {
        self.feed.status.get_untracked().is_some_and(|s| !s.is_terminal())
    }

    /// Reads the run that is followed as the server has it.
    pub fn read_again(self) {
        let (workflow, Some(run)) = (self.workflow, self.feed.run.get_untracked()) else { return };
        leptos::task::spawn_local(async move {
            if let Ok(detail) = with_session(|| get_run(workflow, run)).await {
                let is_current = self.feed.run.try_get_untracked().flatten() == Some(run);
                if is_current {
                    // A stream that broke must not leave the page waiting for ever.
                    if detail.run.summary.status.is_terminal() {
                        self.feed.status.set(Some(detail.run.summary.status));
                    }
                    let detail = Arc::new(detail);
                    self.known.set(Some(Arc::clone(&detail)));
                    self.detail.set(Some(detail));
                }
            }
        });
    }

    /// Saves, starts, follows.
    pub fn start(self) {
        if self.starting.get_untracked() {
            return;
        }
        self.starting.set(true);
        self.error.set(None);
        let input = input_value(&self.input.get_untracked());
        let use_pinned = self.use_pinned.get_untracked();
        leptos::task::spawn_local(async move {
            let workflow = self.workflow;
            let result = match self.saving.flush().await {
                Ok(()) => with_session(|| start_run(workflow, input.clone(), use_pinned)).await,
                Err(error) => Err(error),
            };
            if self.starting.try_set(false).is_some() {
                return;
            }
            match result {
                Ok(accepted) => {
                    self.asking.set(false);
                    self.follow(accepted.run_id);
                }
                Err(error) => {
                    if !error.problems.is_empty() {
                        self.editing.problems.set(error.problems.clone());
                    }
                    self.error.set(Some(error));
                }
            }
        });
    }

    /// Saves, makes a new run out of an earlier one, follows it.
    pub fn start_again(self, run: Uuid, fork: RunFork, toasts: Toasts) {
        if self.starting.get_untracked() {
            return;
        }
        self.starting.set(true);
        leptos::task::spawn_local(async move {
            let workflow = self.workflow;
            let result = match self.saving.flush().await {
                Ok(()) => with_session(|| fork_run(workflow, run, fork.clone())).await,
                Err(error) => Err(error),
            };
            if self.starting.try_set(false).is_some() {
                return;
            }
            match result {
                Ok(accepted) => self.follow(accepted.run_id),
                Err(error) => {
                    if !error.problems.is_empty() {
                        self.editing.problems.set(error.problems.clone());
                    }
                    toasts.failure(told(error));
                }
            }
        });
    }

    /// Asks the run to end.
    pub fn stop(self) {
        let (workflow, Some(run)) = (self.workflow, self.feed.run.get_untracked()) else { return };
        leptos::task::spawn_local(async move {
            if let Err(error) = with_session(|| cancel_run(workflow, run)).await
                && self.feed.status.try_get_untracked().flatten() != Some(RunStatus::Cancelled)
            {
                self.error.set(Some(error));
            }
        });
    }
}

/// What the text of the input means: JSON, else the text itself.
#[must_use]
pub fn input_value(text: &str) -> Value {
    let text = text.trim();
    if text.is_empty() {
        return Value::Null;
    }
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

/// The input that stands there first: the schema's own example or default, else one made from its properties.
#[must_use]
pub fn first_input(schema: Option<&Value>) -> String {
    let Some(schema) = schema else { return String::new() };
    let value = example(schema);
    match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => serde_json::to_string_pretty(&other).unwrap_or_default(),
    }
}

fn example(schema: &Value) -> Value {
    if let Some(given) = schema.get("default") {
        return given.clone();
    }
    if let Some(given) = schema.get("examples").and_then(|e| e.get(0)).or(schema.get("example")) {
        return given.clone();
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        return properties.iter().map(|(name, schema)| (name.clone(), example(schema))).collect();
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => Value::from(""),
        Some("number" | "integer") => Value::from(0),
        Some("boolean") => Value::from(false),
        Some("array") => Value::Array(Vec::new()),
        Some("object") => Value::Object(Default::default()),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_input_comes_from_the_schema() {
        assert_eq!(first_input(None), "");
        assert_eq!(first_input(Some(&json!({"type": "string", "default": "Hello"}))), "Hello");
        assert_eq!(first_input(Some(&json!({"examples": [{"a": 1}], "type": "object"}))), "{\n  \"a\": 1\n}");
        let made =
            first_input(Some(&json!({"properties": {"text": {"type": "string"}, "n": {"default": 3}}})));
        assert_eq!(made, "{\n  \"text\": \"\",\n  \"n\": 3\n}");
    }

    #[test]
    fn what_is_no_json_is_text() {
        assert_eq!(input_value("{\"a\": 1}"), json!({"a": 1}));
        assert_eq!(input_value("  My parcel is late. "), json!("My parcel is late."));
        assert_eq!(input_value("12"), json!(12));
        assert_eq!(input_value(" "), Value::Null);
    }
}
