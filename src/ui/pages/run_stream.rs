//! Follows a run in the browser: the server's event stream into a `RunFeed`, opened again when it was refused.

use crate::ui::components::run_feed::RunFeed;
use uuid::Uuid;

/// Listens until the run ends, the feed turns to another run, or the page goes. Nothing on the server.
pub fn follow(feed: RunFeed, workflow: Uuid, run: Uuid) {
    #[cfg(feature = "hydrate")]
    stream::open(feed, workflow, run);
    #[cfg(not(feature = "hydrate"))]
    let _ = (feed, workflow, run);
}

#[cfg(feature = "hydrate")]
mod stream {
    use super::{RunFeed, Uuid};
    use crate::api::events::{EventKind, RunEvent};
    use leptos::{__reexports::send_wrapper::SendWrapper, prelude::*};
    use serde_json::Value;
    use std::time::Duration;
    use wasm_bindgen::{JsCast, closure::Closure};
    use web_sys::{EventSource, MessageEvent};

    pub fn open(feed: RunFeed, workflow: Uuid, run: Uuid) {
        let Ok(source) = EventSource::new(&format!("/api/workflows/{workflow}/runs/{run}/events")) else {
            return;
        };
        let handler = {
            let source = source.clone();
            Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
                // Another run may have begun, or the page gone, since the stream was opened.
                if feed.run.try_get_untracked().flatten() != Some(run) {
                    return source.close();
                }
                let Some(event) = parse(&message) else { return };
                feed.apply(&event);
                if event.kind.is_terminal() {
                    source.close();
                }
            })
        };
        for kind in EventKind::ALL {
            let _ = source.add_event_listener_with_callback(kind.as_str(), handler.as_ref().unchecked_ref());
        }
        let refused = {
            let (source, owner) = (source.clone(), Owner::current());
            Closure::<dyn FnMut()>::new(move || {
                // The browser itself tries again after a broken connection, never after an answer that is no stream:
                // a session that ran out, or a server that is still starting.
                if source.ready_state() == EventSource::CLOSED {
                    open_later(owner.clone(), feed, workflow, run);
                }
            })
        };
        source.set_onerror(Some(refused.as_ref().unchecked_ref()));
        let held = SendWrapper::new((source, handler, refused));
        Owner::on_cleanup(move || held.0.close());
    }

    /// Has the page read the run again, which renews the session, and then opens the stream once more.
    fn open_later(owner: Option<Owner>, feed: RunFeed, workflow: Uuid, run: Uuid) {
        let is_awaited = move || {
            feed.run.try_get_untracked().flatten() == Some(run)
                && !feed.status.try_get_untracked().flatten().is_some_and(|status| status.is_terminal())
        };
        if !is_awaited() {
            return;
        }
        feed.changes.update(|n| *n += 1);
        let open_again = move || {
            if let (true, Some(owner)) = (is_awaited(), &owner) {
                owner.with(|| open(feed, workflow, run));
            }
        };
        set_timeout(open_again, Duration::from_secs(2));
    }

    fn parse(message: &MessageEvent) -> Option<RunEvent> {
        let kind = EventKind::parse(&message.type_())?;
        let payload: Value = serde_json::from_str(&message.data().as_string()?).ok()?;
        let at = payload.get("at").and_then(Value::as_str).and_then(|at| at.parse().ok()).unwrap_or_default();
        Some(RunEvent { seq: message.last_event_id().parse().ok(), at, kind, payload })
    }
}
