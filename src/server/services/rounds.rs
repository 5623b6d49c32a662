//! What the tasks that look at the database round after round do between two rounds.

use crate::server::state::AppState;
use chrono::{DateTime, Utc};
use std::{future::Future, time::Duration};

/// How long to wait when the database does not answer.
const AGAIN: Duration = Duration::from_secs(2);
/// How often to look where other processes may have left something, or have ended before its time.
const LOOK: Duration = Duration::from_secs(30);

/// After a round that went well: waits until `next`, until it is rung for, or until others may have left something; not
/// longer than the server runs.
pub(super) async fn rest(state: &AppState, next: Option<DateTime<Utc>>, rung: impl Future<Output = ()>) {
    let due = async {
        match next {
            Some(at) => state.clock.sleep_until(at).await,
            None => std::future::pending().await,
        }
    };
    let look = async {
        match state.store.is_shared() {
            true => tokio::time::sleep(LOOK).await,
            false => std::future::pending().await,
        }
    };
    tokio::select! {
        () = state.stopping.cancelled() => {}
        () = rung => {}
        () = due => {}
        () = look => {}
    }
}

/// After a round that failed: waits a little; not longer than the server runs.
pub(super) async fn pause(state: &AppState) {
    tokio::select! {
        () = state.stopping.cancelled() => {}
        () = tokio::time::sleep(AGAIN) => {}
    }
}
