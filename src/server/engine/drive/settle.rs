//! The last touch to a draft: what the run's row says after it. And what follows when the run is laid down or ends.

use super::{Command, Draft, Driver, Stopped, Time};
use crate::{
    api::runs::RunStatus,
    server::store::{
        engine_runs,
        journal::{Lease, RunClock, WakeChange},
    },
};
use chrono::{DateTime, TimeDelta};

impl Driver {
    /// Status, clock, next waking and lease, from the state.
    pub(super) fn settle(&self, draft: &mut Draft) {
        let now = draft.now();
        if draft.write.end.is_some() {
            draft.write.wake_parent = self.run.parent.map(|parent| (parent.run, now));
            return;
        }
        let waiting = self.state.is_waiting();
        draft.write.status = if waiting { RunStatus::Waiting } else { RunStatus::Running };
        let first = matches!(draft.write.lease, Lease::Take(_));
        match self.time {
            Time::Until(deadline) if waiting => {
                let time_left_ms = (deadline - now).num_milliseconds().max(0);
                draft.write.clock = Some(RunClock::Waiting { time_left_ms });
            }
            Time::Left(left) if !waiting => {
                let deadline_at = now + left;
                draft.write.clock = Some(RunClock::Running { deadline_at });
            }
            Time::Until(deadline_at) if first => draft.write.clock = Some(RunClock::Running { deadline_at }),
            _ => {}
        }
        if waiting && self.status != RunStatus::Waiting {
            draft.waiting();
        }
        // A run in memory has its own alarm.
        let wake_at = if waiting {
            self.state.next_due(now.timestamp_millis()).and_then(DateTime::from_timestamp_millis)
        } else {
            None
        };
        if wake_at != self.wake_at {
            draft.write.wake = Some(WakeChange { seen: self.wake_at, new: wake_at });
        }
        // Laid down unless children keep it busy. What is taken up to be laid down at once needs no lease at all.
        if waiting && self.broods.is_empty() && !first {
            draft.write.lease = Lease::Release;
        }
    }

    /// The run waits without a task; whatever came between the last look and the write is looked at now.
    pub(super) async fn lay_down(&mut self) -> Stopped {
        if let Some(at) = self.wake_at {
            self.core.wake_by(at);
        }
        match engine_runs::signals(&self.core.store, self.run.id).await {
            Ok((cancel, wake_at)) => {
                let now = self.core.clock.now();
                let wanted = cancel || wake_at.is_some_and(|at| at <= now + TimeDelta::milliseconds(1));
                if wanted { Stopped::Again } else { Stopped::Done }
            }
            // The sweeper finds it.
            Err(_) => Stopped::Done,
        }
    }

    /// Tells that the run has ended: those who wait, and the parent, if it has one.
    pub(super) fn tell_end(&self) {
        // Last: who waits reads what is stored.
        self.channel.ended.cancel();
        if self.status == RunStatus::Failed && self.run.parent.is_none() {
            self.core.failures.notify_one();
        }
        if let Some(parent) = self.run.parent {
            let (node, item_index, status) = (parent.node, parent.item_index, self.status);
            self.core.tell(parent.run, Command::Child { node, item_index, status });
        }
    }
}
