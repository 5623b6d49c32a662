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

/// Reads follow each other at this distance, however many events come.
const PAUSE: Duration = Duration::from_millis(200);

/// One run and what comes of it. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Live {
    pub workflow: Uuid,
    pub run: Uuid,
    pub detail: RwSignal<RunDetail>,
    pub feed: RunFeed,
    over: Memo<bool>,
}

impl Live {
    /// Shows this run and follows it to its end.
    pub fn start(detail: RunDetail) -> Self {
        let (workflow, run) = (detail.run.summary.workflow_id, detail.run.summary.id);
        let detail = RwSignal::new(detail);
        let over = Memo::new(move |_| detail.with(|d| d.run.summary.status.is_terminal()));
        let this = Self { workflow, run, detail, feed: RunFeed::default(), over };
        Effect::new(move |_| {
            if !this.over.get_untracked() {
                this.feed.begin(run);
                run_stream::follow(this.feed, workflow, run);
            }
        });
        let waiting = StoredValue::new(false);
        Effect::new(move |_| {
            if this.feed.changes.get() == 0 || waiting.get_value() {
                return;
            }
            waiting.set_value(true);
            set_timeout(
                move || {
                    if waiting.try_set_value(false).is_none() {
                        this.read_again();
                    }
                },
                PAUSE,
            );
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

    /// Takes the run as the server has it now.
    pub fn read_again(self) {
        leptos::task::spawn_local(async move {
            if let Ok(detail) = with_session(|| get_run(self.workflow, self.run)).await {
                // The page may have gone meanwhile.
                let _ = self.detail.try_set(detail);
            }
        });
    }
}
