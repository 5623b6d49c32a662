//! The second part of the editor. What is needed to see a graph and move it comes with the page; forms, checker and
//! expressions, the panels and dialogs and the runs come as soon as the canvas stands, in a part of their own. Nothing
//! of it is named by the first part but `Tools`, the table of what it does; that is what keeps the two apart.

mod deeds;
mod tools;
mod waiting;

pub use waiting::{Inside, Outside, Steps};

use super::{
    keys::Desk,
    running::{DockTab, Running},
};
use crate::ui::canvas::editing::Skills;
use leptos::{ev::ClipboardEvent, prelude::*};
use std::{pin::Pin, time::Duration};

/// Ends when the second part is at work.
type Begun = Pin<Box<dyn Future<Output = ()>>>;

/// What the second part does for the first.
pub struct Tools {
    /// Reads what forms and checker need besides the document, and begins to check and to follow runs.
    begin: fn(Desk, Owner) -> Begun,
    /// What stands over the canvas: the panel of the chosen step, the drawer of steps, the finder.
    inside: fn() -> AnyView,
    /// The dialogs.
    outside: fn() -> AnyView,
    /// What the dock shows.
    pub dock: fn(DockTab) -> AnyView,
    /// State and time of the run.
    pub run_word: fn() -> AnyView,
    /// The steps as a list.
    steps: fn() -> AnyView,
    /// What the canvas learns.
    pub skills: Skills,
    pub start: fn(Running),
    pub stop: fn(Running),
    pub copy: fn(Desk) -> bool,
    pub cut: fn(Desk) -> bool,
    pub duplicate: fn(Desk) -> bool,
    /// Answers the browser's own copying.
    pub give: fn(Desk, &ClipboardEvent) -> bool,
    pub put_in: fn(Desk, &str),
    pub pin: fn(Desk),
    /// Deletes the workflow.
    pub delete: fn(Desk),
}

/// The second part could not be loaded.
#[derive(Debug, Clone, Copy)]
pub struct Lost;

impl From<leptos::wasm_split::SplitLoaderError> for Lost {
    fn from(_: leptos::wasm_split::SplitLoaderError) -> Self {
        Self
    }
}

#[leptos::wasm_split::wasm_split(
    editor_tools,
    wasm_split_path = leptos::wasm_split,
    preload(#[doc(hidden)] preload_tools),
    fallible
)]
fn load_tools() -> Result<&'static Tools, Lost> {
    Ok(&tools::TOOLS)
}

/// How far the second part is.
#[derive(Clone, Copy)]
enum Arrival {
    Coming,
    There(&'static Tools),
    Lost,
}

type Wanted = Box<dyn FnOnce(&'static Tools) + Send + Sync>;

/// The way to the second part. Copies are the same.
#[derive(Clone, Copy)]
pub struct Later {
    arrival: RwSignal<Arrival>,
    /// What was asked for before it was there.
    wanted: StoredValue<Vec<Wanted>>,
    /// Something waits for it, and the page says so.
    is_awaited: RwSignal<bool>,
    page: StoredValue<Owner>,
}

impl Later {
    /// Nothing is there yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            arrival: RwSignal::new(Arrival::Coming),
            wanted: StoredValue::new(Vec::new()),
            is_awaited: RwSignal::new(false),
            page: StoredValue::new(Owner::current().unwrap_or_default()),
        }
    }

    /// Loads it when the page is live and what it shows has been drawn.
    pub fn begin(self, desk: Desk) {
        Effect::new(move |_| set_timeout(move || self.load(desk), Duration::ZERO));
    }

    fn load(self, desk: Desk) {
        if self.arrival.try_set(Arrival::Coming).is_some() {
            return;
        }
        leptos::task::spawn_local(async move {
            let tools = match load_tools().await {
                Ok(tools) => tools,
                Err(Lost) => {
                    self.arrival.try_set(Arrival::Lost);
                    return;
                }
            };
            let Some(page) = self.page.try_get_value() else { return };
            (tools.begin)(desk, page).await;
            if self.arrival.try_set(Arrival::There(tools)).is_some() {
                return;
            }
            desk.editing.skills.set(Some(&tools.skills));
            self.is_awaited.set(false);
            for wanted in self.wanted.try_update_value(std::mem::take).unwrap_or_default() {
                wanted(tools);
            }
        });
    }

    /// What it does, once it is there; follows that.
    pub fn tools(self) -> Option<&'static Tools> {
        match self.arrival.get() {
            Arrival::There(tools) => Some(tools),
            Arrival::Coming | Arrival::Lost => None,
        }
    }

    /// The same, without following it.
    pub fn tools_now(self) -> Option<&'static Tools> {
        match self.arrival.get_untracked() {
            Arrival::There(tools) => Some(tools),
            Arrival::Coming | Arrival::Lost => None,
        }
    }

    /// Does this with it: now, or as soon as it is there.
    pub fn with(self, act: impl FnOnce(&'static Tools) + Send + Sync + 'static) {
        match self.tools_now() {
            Some(tools) => act(tools),
            None => {
                self.is_awaited.set(true);
                self.wanted.update_value(|wanted| wanted.push(Box::new(act)));
            }
        }
    }
}
