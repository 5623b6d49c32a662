//! What steps may name besides workflows: collections, tables, credentials. Read when the first field asks for it, and
//! again when one comes back to the window, since they are made in other ones.

use crate::{
    api::credentials::Credential,
    ui::server_fns::{
        collections::list_collections, credentials::list_credentials, session::with_session,
        tables::list_tables,
    },
};
use leptos::prelude::*;

/// What a field names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Collection,
    Table,
    Credential,
}

/// What there is, as far as it was asked for. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub collections: RwSignal<Option<Vec<String>>>,
    pub tables: RwSignal<Option<Vec<String>>>,
    pub credentials: RwSignal<Option<Vec<Credential>>>,
}

impl Known {
    /// Puts it into context, with nothing read yet.
    pub fn provide() {
        let this = Self {
            collections: RwSignal::new(None),
            tables: RwSignal::new(None),
            credentials: RwSignal::new(None),
        };
        provide_context(this);
        Effect::new(move |_| {
            let handle = window_event_listener(leptos::ev::focus, move |_| {
                for kind in [Kind::Collection, Kind::Table, Kind::Credential] {
                    if this.is_read(kind) {
                        this.read(kind);
                    }
                }
            });
            on_cleanup(move || handle.remove());
        });
    }

    /// Reads what is asked for, once.
    pub fn ask(self, kind: Kind) {
        Effect::new(move |_| {
            if !self.is_read(kind) {
                self.read(kind);
            }
        });
    }

    fn is_read(self, kind: Kind) -> bool {
        match kind {
            Kind::Collection => self.collections.with_untracked(Option::is_some),
            Kind::Table => self.tables.with_untracked(Option::is_some),
            Kind::Credential => self.credentials.with_untracked(Option::is_some),
        }
    }

    fn read(self, kind: Kind) {
        leptos::task::spawn_local(async move {
            // What cannot be read is not offered; names can be written all the same.
            match kind {
                Kind::Collection => {
                    if let Ok(page) = with_session(|| list_collections(None)).await {
                        let names = page.items.into_iter().map(|c| c.name).collect();
                        self.collections.try_set(Some(names));
                    }
                }
                Kind::Table => {
                    if let Ok(page) = with_session(|| list_tables(None)).await {
                        let names = page.items.into_iter().map(|t| t.name).collect();
                        self.tables.try_set(Some(names));
                    }
                }
                Kind::Credential => {
                    if let Ok(list) = with_session(list_credentials).await {
                        self.credentials.try_set(Some(list));
                    }
                }
            }
        });
    }

    /// The names of collections or tables; none while they are not read.
    pub fn names(self, kind: Kind) -> Option<Vec<String>> {
        match kind {
            Kind::Collection => self.collections.get(),
            Kind::Table => self.tables.get(),
            Kind::Credential => self.credentials.get().map(|list| list.into_iter().map(|c| c.name).collect()),
        }
    }
}
