//! Saves the graph by itself a moment after each change, and says how that stands. Two pages on one workflow get a
//! question, never a silent overwrite.

use crate::{
    api::workflows::GraphBody,
    ui::{
        canvas::editing::Editing,
        components::icon::Icon,
        server_fns::{
            error::UiError,
            session::with_session,
            workflows::{get_workflow, save_graph, set_input_schema},
        },
    },
};
use leptos::prelude::*;
use serde_json::Value;
use std::time::Duration;
use uuid::Uuid;

const PAUSE: Duration = Duration::from_millis(500);
const RETRY: Duration = Duration::from_secs(3);

/// How the document stands against the server's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaveState {
    Saved,
    /// A change waits or is on its way.
    Saving,
    /// The server cannot be reached; tried again by itself.
    Offline,
    /// Somebody else saved in between.
    Conflict,
    /// The server does not take the document; the reason.
    Refused(String),
}

/// The saving of one document. Copies are the same.
#[derive(Clone, Copy)]
pub struct Saving {
    pub(super) id: Uuid,
    editing: Editing,
    pub state: RwSignal<SaveState>,
    revision: StoredValue<i64>,
    /// The version of the document that the server has.
    stored: StoredValue<u64>,
    /// The schema of the input that the server has.
    schema: StoredValue<Option<Value>>,
    busy: StoredValue<bool>,
}

impl Saving {
    /// Begins to watch the document.
    pub fn start(id: Uuid, revision: i64, schema: Option<Value>, editing: Editing) -> Self {
        let this = Self {
            id,
            editing,
            state: RwSignal::new(SaveState::Saved),
            revision: StoredValue::new(revision),
            stored: StoredValue::new(0),
            schema: StoredValue::new(schema),
            busy: StoredValue::new(false),
        };
        Effect::new(move |_| {
            let version = editing.version.get();
            if version == this.stored.get_value() {
                return;
            }
            if this.state.get_untracked() != SaveState::Conflict {
                this.state.set(SaveState::Saving);
            }
            set_timeout(
                move || {
                    if editing.version.try_get_untracked() == Some(version) {
                        this.save_soon();
                    }
                },
                PAUSE,
            );
        });
        Effect::new(move |_| {
            let handle = window_event_listener(leptos::ev::beforeunload, move |event| {
                if this.is_behind() {
                    event.prevent_default();
                }
            });
            on_cleanup(move || handle.remove());
        });
        this
    }

    fn is_behind(self) -> bool {
        self.editing.version.try_get_untracked().is_some_and(|v| v != self.stored.get_value())
    }

    fn save_soon(self) {
        leptos::task::spawn_local(async move {
            let _ = self.flush().await;
        });
    }

    /// Saves until the server has the document as it is now.
    pub async fn flush(self) -> Result<(), UiError> {
        while self.busy.try_get_value() == Some(true) {
            wait(Duration::from_millis(60)).await;
        }
        while self.is_behind() && self.state.get_untracked() != SaveState::Conflict {
            self.busy.set_value(true);
            let version = self.editing.version.get_untracked();
            let graph = self.editing.read(|d| GraphBody::of(d, self.revision.get_value()));
            let id = self.id;
            let mut result = with_session(|| save_graph(id, graph.clone())).await;
            // The graph first: it is kept even where the schema is refused.
            let schema = self.editing.read(|d| d.input_schema.clone());
            if let Ok(revision) = result
                && self.schema.try_get_value().is_some_and(|known| known != schema)
            {
                self.revision.try_update_value(|known| *known = revision);
                result = with_session(|| set_input_schema(id, schema.clone(), revision)).await;
                if result.is_ok() {
                    self.schema.try_update_value(|known| *known = schema);
                }
            }
            if self.busy.try_set_value(false).is_some() {
                return Ok(());
            }
            match result {
                Ok(revision) => {
                    self.revision.set_value(revision);
                    self.stored.set_value(version);
                    if !self.is_behind() {
                        self.state.set(SaveState::Saved);
                    }
                }
                Err(error) => {
                    self.state.set(match error.status {
                        409 => SaveState::Conflict,
                        0 | 502..=504 => SaveState::Offline,
                        _ => SaveState::Refused(reason(&error)),
                    });
                    if self.state.get_untracked() == SaveState::Offline {
                        set_timeout(
                            move || {
                                if self.state.try_get_untracked() == Some(SaveState::Offline) {
                                    self.save_soon();
                                }
                            },
                            RETRY,
                        );
                    }
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Ends a conflict: with the server's document, or with this one over it.
    pub(super) async fn settle(self, keep_mine: bool) {
        let id = self.id;
        match with_session(|| get_workflow(id)).await {
            Ok(theirs) => {
                self.revision.set_value(theirs.revision);
                self.state.set(SaveState::Saving);
                if keep_mine {
                    let _ = self.flush().await;
                } else {
                    self.schema.set_value(theirs.document.input_schema.clone());
                    self.editing.replace(theirs.document);
                    self.stored.set_value(self.editing.version.get_untracked());
                    self.state.set(SaveState::Saved);
                }
            }
            Err(error) => self.state.set(SaveState::Refused(reason(&error))),
        }
    }
}

fn reason(error: &UiError) -> String {
    match error.errors.first() {
        Some(first) => format!("{} ({})", first.message, first.field),
        None => error.message.clone(),
    }
}

/// Lets time pass; at once on the server, where nothing is saved by itself.
async fn wait(time: Duration) {
    #[cfg(feature = "hydrate")]
    {
        let promise = js_sys::Promise::new(&mut |resolve, _| {
            let _ = window()
                .set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, time.as_millis() as i32);
        });
        let _ = wasm_bindgen_futures::JsFuture::from(promise).await;
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = time;
}

/// The word beside the title.
#[component]
pub fn SaveMark() -> impl IntoView {
    let saving = expect_context::<Saving>();
    view! {
        <span class="save-mark" role="status" data-testid="save-state">
            {move || {
                let (tone, icon, word, title) = match saving.state.get() {
                    SaveState::Saved => ("tone-grey", "check", "Saved", String::new()),
                    SaveState::Saving => ("tone-grey", "loader", "Saving", String::new()),
                    SaveState::Offline => {
                        ("tone-amber", "cloud-off", "Offline", "Your changes are kept here and saved as soon as Millrace can be reached.".to_owned())
                    }
                    SaveState::Conflict => ("tone-red", "alert", "Conflict", String::new()),
                    SaveState::Refused(reason) => ("tone-red", "alert", "Not saved", reason),
                };
                view! {
                    <span class=tone title=title.clone()>
                        <Icon name=icon class=if icon == "loader" { "icon--sm spin" } else { "icon--sm" } />
                        <span>{word}</span>
                        {(!title.is_empty()).then(|| view! { <span class="sr-only">{title.clone()}</span> })}
                    </span>
                }
            }}
        </span>
    }
}
