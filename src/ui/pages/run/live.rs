//! The run that the page shows, read again whenever it tells that something was stored. The page is built once and
//! follows these signals, so that a text under way or the focus survives every change.

use crate::{
    api::runs::{RunDetail, RunSummary},
    ui::{
        components::run_feed::RunFeed,
        pages::run_stream,
        server_fns::{runs::get_run, session::with_session},
    },
};
use leptos::prelude::*;
use std::time::Duration;
use uuid::Uuid;

/// A read waits so long for more events that belong to it.
const PAUSE: Duration = Duration::from_millis(200);

/// One run and what comes of it. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Live {
    pub workflow: Uuid,
    pub run: Uuid,
    pub detail: RwSignal<RunDetail>,
    pub feed: RunFeed,
    over: Memo<bool>,
    reading: StoredValue<Reading>,
}

/// Whether the run is being read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    No,
    Yes,
    /// And something was told since.
    Again,
}

impl Live {
    /// Shows this run and follows it to its end.
    pub fn start(detail: RunDetail) -> Self {
        let (workflow, run) = (detail.run.summary.workflow_id, detail.run.summary.id);
        let detail = RwSignal::new(detail);
        let over = Memo::new(move |_| detail.with(|d| d.run.summary.status.is_terminal()));
        let reading = StoredValue::new(Reading::No);
        let this = Self { workflow, run, detail, feed: RunFeed::default(), over, reading };
        Effect::new(move |_| {
            if !this.over.get_untracked() {
                this.feed.begin(run);
                run_stream::follow(this.feed, workflow, run);
            }
        });
        Effect::new(move |_| {
            if this.feed.changes.get() > 0 {
                this.read_soon();
            }
        });
        this
    }

    /// Whether the run has ended; a page may follow this.
    pub fn is_over(self) -> bool {
        self.over.get()
    }

    /// What lists show of the run.
    pub fn summary(self) -> Memo<RunSummary> {
        let detail = self.detail;
        Memo::new(move |_| detail.with(|d| d.run.summary.clone()))
    }

    /// Takes the run as the server has it in a moment; one read at a time, however long it takes.
    pub fn read_soon(self) {
        // The page may be gone: a call that it made has come back.
        let Some(reading) = self.reading.try_get_value() else { return };
        if reading != Reading::No {
            self.reading.set_value(Reading::Again);
            return;
        }
        self.reading.set_value(Reading::Yes);
        set_timeout(move || leptos::task::spawn_local(self.read()), PAUSE);
    }

    async fn read(self) {
        // The page may be gone at any of these moments.
        if self.reading.try_set_value(Reading::Yes).is_some() {
            return;
        }
        if let Ok(detail) = with_session(|| get_run(self.workflow, self.run)).await {
            let _ = self.detail.try_set(detail);
        }
        let told = self.reading.try_get_value();
        if self.reading.try_set_value(Reading::No).is_none() && told == Some(Reading::Again) {
            self.read_soon();
        }
    }
}
