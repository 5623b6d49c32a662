//! The files themselves: two at a time are sent, then followed until the server is done with them. They go on while
//! other pages are looked at.

use crate::{
    api::uploads::{FileState, UploadFile, UploadView},
    ui::{
        browser::{
            files::Picked,
            send::{Body, Sending, Sent, send},
        },
        server_fns::{
            collections::{cancel_upload, get_upload},
            session::{self, encode, with_session},
        },
    },
};
use leptos::prelude::*;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use uuid::Uuid;

/// Files that are on their way at once.
const AT_ONCE: usize = 2;
/// Between two looks at how far the server is.
const PAUSE: Duration = Duration::from_millis(350);

/// How far a file is.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    Waiting,
    /// Part of its bytes that are out, 0 to 1.
    Sending(f64),
    Reading,
    /// Parts that are in, and how many there are.
    Adding(u64, u64),
    Done(UploadFile),
    Failed(String),
    Cancelled,
}

impl State {
    pub fn has_ended(&self) -> bool {
        matches!(self, Self::Done(_) | Self::Failed(_) | Self::Cancelled)
    }

    /// How much is done, 0 to 1, where that is known; nothing where nothing is under way.
    pub fn progress(&self) -> Option<Option<f64>> {
        match self {
            Self::Sending(part) => Some(Some(*part)),
            Self::Reading => Some(None),
            Self::Adding(done, total) => Some(Some(*done as f64 / (*total).max(1) as f64)),
            _ => None,
        }
    }
}

/// One file.
#[derive(Clone)]
pub struct Item {
    pub id: u32,
    pub file: Picked,
    pub state: ArcRwSignal<State>,
    /// What can be stopped: bytes on their way, then the server's work.
    sending: Arc<std::sync::Mutex<Option<Sending>>>,
    upload: ArcRwSignal<Option<Uuid>>,
}

impl Item {
    fn has_ended(&self) -> bool {
        self.state.with_untracked(State::has_ended)
    }

    fn hold(&self, sending: Option<Sending>) {
        if let Ok(mut held) = self.sending.lock() {
            *held = sending;
        }
    }
}

/// All files of a collection since the page was loaded. Copies are the same.
#[derive(Clone)]
pub struct Uploads {
    collection: Arc<str>,
    pub items: ArcRwSignal<Vec<Item>>,
    /// Raised when a file has come in.
    pub arrived: ArcRwSignal<u32>,
    next: Arc<AtomicU32>,
}

impl Uploads {
    fn new(collection: &str) -> Self {
        Self {
            collection: collection.into(),
            items: ArcRwSignal::new(Vec::new()),
            arrived: ArcRwSignal::new(0),
            next: Arc::default(),
        }
    }

    /// Those of a collection: in the browser always the same ones.
    pub fn of(collection: &str) -> Self {
        #[cfg(feature = "hydrate")]
        {
            thread_local! {
                static KNOWN: std::cell::RefCell<Vec<Uploads>> = const { std::cell::RefCell::new(Vec::new()) };
            }
            KNOWN.with_borrow_mut(|known| {
                if let Some(found) = known.iter().find(|u| &*u.collection == collection) {
                    return found.clone();
                }
                known.push(Self::new(collection));
                known[known.len() - 1].clone()
            })
        }
        #[cfg(not(feature = "hydrate"))]
        Self::new(collection)
    }

    pub fn add(&self, files: Vec<Picked>) {
        self.items.update(|items| {
            items.extend(files.into_iter().map(|file| Item {
                id: self.next.fetch_add(1, Ordering::Relaxed),
                file,
                state: ArcRwSignal::new(State::Waiting),
                sending: Arc::default(),
                upload: ArcRwSignal::new(None),
            }));
        });
        self.go_on();
    }

    /// Takes what has ended out of the list.
    pub fn clear(&self) {
        self.items.update(|items| items.retain(|item| !item.has_ended()));
    }

    pub fn cancel(&self, item: &Item) {
        if let Ok(mut sending) = item.sending.lock()
            && let Some(sending) = sending.take()
        {
            sending.abort();
        }
        if let Some(id) = item.upload.get_untracked() {
            let collection = self.collection.to_string();
            leptos::task::spawn_local(async move {
                // It may have ended in between; either way nobody waits for it any more.
                let _ = with_session(|| cancel_upload(collection.clone(), id)).await;
            });
        }
        self.end(item, State::Cancelled);
    }

    /// Starts what may start.
    fn go_on(&self) {
        let items = self.items.get_untracked();
        let waits = |item: &&Item| item.state.with_untracked(|s| *s == State::Waiting);
        let busy = items.iter().filter(|item| !item.has_ended() && !waits(item)).count();
        for item in items.iter().filter(waits).take(AT_ONCE.saturating_sub(busy)) {
            self.start(item.clone(), true);
        }
    }

    /// Sends a file; `may_renew`: once more, where the session has run out.
    fn start(&self, item: Item, may_renew: bool) {
        item.state.set(State::Sending(0.0));
        let address = format!("/api/vectors/collections/{}/upload", encode(&self.collection));
        let (this, mine) = (self.clone(), item.clone());
        let tell = move |sent| match sent {
            Sent::Progress(part) => mine.state.set(State::Sending(part)),
            Sent::Out => mine.state.set(State::Reading),
            Sent::Unreachable => this.end(
                &mine,
                State::Failed(
                    "Millrace can't be reached. Check that it is running and add the file again.".to_owned(),
                ),
            ),
            Sent::Reply { status: 401, .. } if may_renew => {
                let (this, mine) = (this.clone(), mine.clone());
                leptos::task::spawn_local(async move {
                    if session::renewed().await {
                        this.start(mine, false);
                    } else {
                        this.end(&mine, State::Failed("Sign in and add the file again.".to_owned()));
                    }
                });
            }
            Sent::Reply { status: 200..300, body } => match serde_json::from_str::<UploadView>(&body) {
                Ok(view) => {
                    mine.hold(None);
                    mine.upload.set(Some(view.id));
                    this.follow(&mine, view);
                }
                Err(_) => this.end(&mine, State::Failed("The answer could not be read.".to_owned())),
            },
            Sent::Reply { body, status } => this.end(&mine, State::Failed(refusal(&body, status))),
        };
        match send(&address, Body::Form, &item.file, tell) {
            Some(sending) => item.hold(Some(sending)),
            None => self.end(&item, State::Failed("This browser could not send the file.".to_owned())),
        }
    }

    /// Shows how far the server is, and looks again until it is done.
    fn follow(&self, item: &Item, view: UploadView) {
        if item.has_ended() {
            return;
        }
        let id = view.id;
        let Some(file) = view.files.into_iter().next() else {
            return self.end(item, State::Failed("The server took no file.".to_owned()));
        };
        match file.state {
            FileState::Done => return self.end(item, State::Done(file)),
            FileState::Cancelled => return self.end(item, State::Cancelled),
            FileState::Failed => {
                let message =
                    file.error.map_or_else(|| "The file could not be read.".to_owned(), |e| e.message);
                return self.end(item, State::Failed(message));
            }
            FileState::Waiting | FileState::Reading => item.state.set(State::Reading),
            FileState::Adding => {
                item.state.set(State::Adding(file.parts_done, file.parts_total.unwrap_or(file.parts_done)));
            }
        }
        let (this, item) = (self.clone(), item.clone());
        set_timeout(
            move || {
                leptos::task::spawn_local(async move {
                    let collection = this.collection.to_string();
                    match with_session(|| get_upload(collection.clone(), id)).await {
                        Ok(view) => this.follow(&item, view),
                        Err(error) => this.end(&item, State::Failed(error.message)),
                    }
                });
            },
            PAUSE,
        );
    }

    fn end(&self, item: &Item, state: State) {
        if item.has_ended() {
            return;
        }
        let arrived =
            matches!(&state, State::Done(file) if file.added > 0) || item.upload.get_untracked().is_some();
        item.state.set(state);
        item.hold(None);
        if arrived {
            self.arrived.update(|n| *n += 1);
        }
        self.go_on();
    }
}

/// What a refusal says, as problem details or as anything else.
fn refusal(body: &str, status: u16) -> String {
    let said = serde_json::from_str::<serde_json::Value>(body).ok();
    let text = said.as_ref().and_then(|v| {
        let first = v["errors"][0]["message"].as_str();
        first.or(v["detail"].as_str())
    });
    match (text, status) {
        (Some(text), _) => text.to_owned(),
        (None, 413) => "The file is larger than this server takes.".to_owned(),
        (None, status) => format!("The server refused the file (status {status})."),
    }
}

#[cfg(test)]
mod tests {
    use super::refusal;

    #[test]
    fn a_refusal_is_told_in_its_own_words() {
        assert_eq!(refusal(r#"{"detail": "Too large."}"#, 413), "Too large.");
        assert_eq!(refusal(r#"{"detail": "d", "errors": [{"field": "f", "message": "m"}]}"#, 422), "m");
        assert_eq!(refusal("<html>", 502), "The server refused the file (status 502).");
    }
}
