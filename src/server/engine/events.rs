//! Who watches a run gets its stored events without gaps and the pieces of text in between. Events are published after
//! their commit; a reader that joins late or falls behind reads what it missed from the database, so memory is bounded.

use crate::{
    api::events::{EventKind, RunEvent},
    server::store::{Store, StoreError, engine_runs, events},
    workflow::ids::RunId,
};
use chrono::{DateTime, Utc};
use futures::Stream;
use serde_json::{Value, json};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Events that a slow reader may be behind before it has to read the database.
const BEHIND: usize = 256;
/// Events of one read from the database.
const PAGE: u64 = 500;
/// How often a run that another process may execute is looked at.
const POLL: Duration = Duration::from_millis(500);

/// Where one run of this process tells what happens.
#[derive(Debug, Default)]
pub struct Channel {
    state: Mutex<ChannelState>,
    /// Cancelled when the run has ended in this process.
    pub ended: CancellationToken,
}

#[derive(Debug, Default)]
struct ChannelState {
    /// Made for the first reader.
    sender: Option<broadcast::Sender<Arc<RunEvent>>>,
    /// The text so far of attempts that stream one.
    texts: HashMap<(String, i32), String>,
    /// What attempts wait for that have not begun their work.
    waits: HashMap<(String, i32), String>,
}

type Subscription = (broadcast::Receiver<Arc<RunEvent>>, Vec<RunEvent>);

impl Channel {
    /// Tells what has been committed.
    pub fn publish(&self, events: Vec<RunEvent>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            if let Some(key) = ended_attempt(&event) {
                state.texts.remove(&key);
                state.waits.remove(&key);
            }
            if let Some(sender) = &state.sender {
                // Without readers there is nobody to tell.
                let _ = sender.send(Arc::new(event));
            }
        }
    }

    /// Tells a piece of text.
    pub fn token(&self, node: &str, attempt: i32, at: DateTime<Utc>, text: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let so_far = state.texts.entry((node.to_owned(), attempt)).or_default();
        let offset = so_far.len();
        so_far.push_str(text);
        if let Some(sender) = &state.sender {
            let _ = sender.send(Arc::new(token_event(node, attempt, at, offset, text)));
        }
    }

    /// Tells what an attempt waits for; `None`: it goes on.
    pub fn waiting(&self, node: &str, attempt: i32, at: DateTime<Utc>, message: Option<&str>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (node.to_owned(), attempt);
        let before = match message {
            Some(message) => state.waits.insert(key, message.to_owned()),
            None => state.waits.remove(&key),
        };
        let is_news = before.as_deref() != message;
        if let Some(sender) = state.sender.as_ref().filter(|_| is_news) {
            let _ = sender.send(Arc::new(waiting_event(node, attempt, at, message)));
        }
    }

    /// From now on every event; and the texts so far, each as one piece from its beginning.
    fn subscribe(&self, at: DateTime<Utc>) -> Subscription {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = state.sender.get_or_insert_with(|| broadcast::channel(BEHIND).0).subscribe();
        let texts = state.texts.iter();
        let texts = texts.map(|((node, attempt), text)| token_event(node, *attempt, at, 0, text));
        let waits = state.waits.iter();
        let waits = waits.map(|((node, attempt), message)| waiting_event(node, *attempt, at, Some(message)));
        (receiver, waits.chain(texts).collect())
    }
}

/// `after`: the sequence number after which the reader wants events; `elsewhere` tells whether another process may have
/// the run now.
pub fn stream(
    store: Store,
    run: RunId,
    after: i64,
    channel: Arc<Channel>,
    now: impl Fn() -> DateTime<Utc> + Send + Sync,
    elsewhere: impl Fn() -> bool + Send + Sync,
) -> impl Stream<Item = RunEvent> + Send {
    let reader = Reader {
        store,
        run,
        channel,
        last: after,
        ready: VecDeque::new(),
        live: None,
        over: HashSet::new(),
        done: false,
    };
    futures::stream::unfold((reader, now, elsewhere), |(mut reader, now, elsewhere)| async move {
        let event = reader.next(&now, &elsewhere).await?;
        Some((event, (reader, now, elsewhere)))
    })
}

struct Reader {
    store: Store,
    run: RunId,
    channel: Arc<Channel>,
    /// Sequence number of the last event given.
    last: i64,
    ready: VecDeque<RunEvent>,
    /// Present while the reader has everything that was stored before.
    live: Option<broadcast::Receiver<Arc<RunEvent>>>,
    /// Attempts that have ended: late pieces of their text are of no use.
    over: HashSet<(String, i32)>,
    done: bool,
}

impl Reader {
    async fn next(
        &mut self,
        now: &(impl Fn() -> DateTime<Utc> + Send + Sync),
        elsewhere: &(impl Fn() -> bool + Send + Sync),
    ) -> Option<RunEvent> {
        while !self.done {
            if let Some(event) = self.ready.pop_front() {
                if self.accept(&event) {
                    return Some(event);
                }
                continue;
            }
            let Some(live) = &mut self.live else {
                if let Err(error) = self.catch_up(now()).await {
                    // The reader comes back with the number of its last event.
                    tracing::warn!(run_id = %self.run, %error, "an event stream ends: the database cannot be read");
                    return None;
                }
                continue;
            };
            let heard = tokio::select! {
                heard = live.recv() => heard,
                () = tokio::time::sleep(POLL), if elsewhere() => {
                    self.live = None;
                    continue;
                }
            };
            match heard {
                Ok(event) => match event.seq {
                    Some(seq) if seq > self.last + 1 => self.live = None,
                    _ => self.ready.push_back(RunEvent::clone(&event)),
                },
                // Fallen behind: the database knows.
                Err(_) => self.live = None,
            }
        }
        None
    }

    /// Notes what the reader gets; `false` for what it has already.
    fn accept(&mut self, event: &RunEvent) -> bool {
        match event.seq {
            Some(seq) if seq <= self.last => return false,
            Some(seq) => self.last = seq,
            None => return attempt_of(event).is_none_or(|attempt| !self.over.contains(&attempt)),
        }
        self.over.extend(ended_attempt(event));
        self.done = event.kind.is_terminal();
        true
    }

    /// Reads what is stored after the last event. Subscribes before reading, so that nothing falls in between.
    async fn catch_up(&mut self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let (live, texts) = self.channel.subscribe(now);
        let ended = engine_runs::status(&self.store, self.run).await?.is_terminal();
        let stored = events::after(&self.store, self.run, self.last, PAGE).await?;
        let all = (stored.len() as u64) < PAGE;
        let nothing = stored.is_empty();
        self.ready.extend(stored);
        if all && ended && nothing {
            self.done = true;
        } else if all && !ended {
            self.ready.extend(texts);
            self.live = Some(live);
        }
        Ok(())
    }
}

fn token_event(node: &str, attempt: i32, at: DateTime<Utc>, offset: usize, text: &str) -> RunEvent {
    RunEvent {
        seq: None,
        at,
        kind: EventKind::LlmToken,
        payload: json!({ "node": node, "attempt": attempt, "offset": offset, "text": text }),
    }
}

fn waiting_event(node: &str, attempt: i32, at: DateTime<Utc>, message: Option<&str>) -> RunEvent {
    RunEvent {
        seq: None,
        at,
        kind: EventKind::LlmWaiting,
        payload: json!({ "node": node, "attempt": attempt, "message": message }),
    }
}

fn attempt_of(event: &RunEvent) -> Option<(String, i32)> {
    let node = event.payload.get("node").and_then(Value::as_str)?;
    let attempt = event.payload.get("attempt").and_then(Value::as_i64)?;
    Some((node.to_owned(), i32::try_from(attempt).ok()?))
}

/// The attempt that this event ends, if it ends one.
fn ended_attempt(event: &RunEvent) -> Option<(String, i32)> {
    use EventKind::{NodeCancelled, NodeCompleted, NodeFailed, NodeInterrupted, NodeRetrying};
    match event.kind {
        NodeCompleted | NodeFailed | NodeInterrupted | NodeCancelled | NodeRetrying => attempt_of(event),
        _ => None,
    }
}
