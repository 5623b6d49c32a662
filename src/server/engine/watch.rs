//! Looks around: prolongs the leases of this process, takes up runs that nobody has, wakes those whose time has come,
//! and lets those know for which something was stored by another process.

use super::{
    Core,
    drive::{Command, LEASE},
    lock,
};
use crate::{
    server::store::{StoreError, engine_runs},
    workflow::ids::RunId,
};
use chrono::TimeDelta;
use std::{sync::Arc, time::Duration};

/// How often.
const BEAT: Duration = Duration::from_secs(1);
/// Leases that end sooner are prolonged.
const SOON: TimeDelta = TimeDelta::seconds(4);
/// Runs taken up at once.
const MANY: u64 = 500;

/// At the start: what this instance left behind, and what nobody has. Gives how many.
pub async fn take_back(core: &Arc<Core>) -> Result<usize, StoreError> {
    let now = core.clock.now();
    let mine = engine_runs::ownerless(&core.store, now, Some(&core.instance), super::DRIVEN as u64).await?;
    mine.iter().for_each(|run| core.submit(*run));
    Ok(mine.len())
}

/// Until the engine shuts down.
pub async fn watch(core: Arc<Core>) {
    let mut beat = tokio::time::interval(BEAT);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // The first tick comes at once, and everything has just been looked at.
    beat.tick().await;
    loop {
        let alarm = *lock(&core.next_wake);
        let alarm = async {
            match alarm {
                Some(at) => core.clock.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let result = tokio::select! {
            () = core.shutdown.cancelled() => return,
            _ = beat.tick() => look_around(&core).await,
            () = core.look_around.notified() => Ok(()),
            () = alarm => wake(&core).await.map(drop),
        };
        if let Err(error) = result {
            tracing::warn!(%error, "leases and waiting runs cannot be looked at; trying again");
            *lock(&core.next_wake) = None;
        }
    }
}

async fn look_around(core: &Arc<Core>) -> Result<(), StoreError> {
    let now = core.clock.now();
    // Only those that go on here: what this instance has in the database and not in hand shall be found.
    let driven: Vec<RunId> = lock(&core.driven).keys().copied().collect();
    let room = super::DRIVEN.saturating_sub(driven.len());
    if !driven.is_empty() {
        let write = core.store.write().await?;
        let (soon, until) = (now + SOON, now + LEASE);
        let prolonged = engine_runs::heartbeat(&write, &core.instance, &driven, soon, until).await?;
        if prolonged > 0 {
            write.commit().await?;
        }
    }
    if room > 0 {
        for run in engine_runs::ownerless(&core.store, now, None, MANY).await? {
            core.submit(run);
        }
    }
    lock(&core.channels).retain(|_, channel| channel.strong_count() > 0);
    for run in wake(core).await? {
        // Those that this process has: another one has stored something for them.
        core.tell(run, Command::Look);
    }
    Ok(())
}

/// Takes up what is due, notes when the next run is, and gives what was due.
async fn wake(core: &Arc<Core>) -> Result<Vec<RunId>, StoreError> {
    let now = core.clock.now();
    // What is noted from here on is newer than what the database tells.
    *lock(&core.next_wake) = None;
    let due = engine_runs::due(&core.store, now, MANY).await?;
    due.iter().for_each(|run| core.submit(*run));
    let stored = engine_runs::next_wake(&core.store).await?;
    // What was woken has not said yet when it wants to be woken again.
    let soonest = now + TimeDelta::milliseconds(if due.is_empty() { 0 } else { 20 });
    let mut next = lock(&core.next_wake);
    *next = next.into_iter().chain(stored.map(|at| at.max(soonest))).min();
    Ok(due)
}
