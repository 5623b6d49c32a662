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

impl Kind {
    /// The word in `x-widget`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Collection => "collection",
            Self::Table => "table",
            Self::Credential => "credential",
        }
    }
}

/// What there is, as far as it was asked for. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub collections: RwSignal<Option<Vec<String>>>,
    pub tables: RwSignal<Option<Vec<String>>>,
    pub credentials: RwSignal<Option<Vec<Credential>>>,
    asked: StoredValue<Vec<Kind>>,
}

impl Known {
    /// Puts it into context, with nothing read yet.
    pub fn provide() -> Self {
        let this = Self {
            collections: RwSignal::new(None),
            tables: RwSignal::new(None),
            credentials: RwSignal::new(None),
            asked: StoredValue::new(Vec::new()),
        };
        provide_context(this);
        Effect::new(move |_| {
            let handle = window_event_listener(leptos::ev::focus, move |_| {
                for kind in this.asked.get_value() {
                    this.read(kind);
                }
            });
            on_cleanup(move || handle.remove());
        });
        this
    }

    /// Reads what is asked for, once, when the page is live.
    pub fn ask(self, kind: Kind) {
        Effect::new(move |_| self.need(kind));
    }

    /// As `ask`, where it is live already.
    pub fn need(self, kind: Kind) {
        let is_new = self.asked.try_update_value(|asked| {
            let is_new = !asked.contains(&kind);
            if is_new {
                asked.push(kind);
            }
            is_new
        });
        if is_new == Some(true) {
            self.read(kind);
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
