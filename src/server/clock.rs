//! The one place that reads the time on the server: the system's clock, or one that tests turn by hand.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

const LONGEST_SLEEP: Duration = Duration::from_secs(3600);

/// Tells the time; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Clock(Source);

#[derive(Debug, Clone, Default)]
enum Source {
    #[default]
    System,
    Manual(Arc<watch::Sender<DateTime<Utc>>>),
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still at `start` until somebody calls [`Clock::advance`].
    #[must_use]
    pub fn manual(start: DateTime<Utc>) -> Self {
        Self(Source::Manual(Arc::new(watch::Sender::new(start.trunc_subsecs(3)))))
    }

    /// Now, in UTC, cut to milliseconds: what is stored and what is in memory are equal.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Source::System => Utc::now().trunc_subsecs(3),
            Source::Manual(at) => *at.borrow(),
        }
    }

    /// Moves a manual clock; the system's clock stays what it is.
    pub fn advance(&self, by: TimeDelta) {
        if let Source::Manual(at) = &self.0 {
            at.send_modify(|at| *at = (*at + by).trunc_subsecs(3));
        }
    }

    /// Waits until this clock shows `until`; returns at once when it does. On the system's clock the wait is at most an
    /// hour long, so that a clock that was set does not leave anybody asleep: the caller looks again.
    pub async fn sleep_until(&self, until: DateTime<Utc>) {
        match &self.0 {
            Source::System => {
                let left = (until - Utc::now()).to_std().unwrap_or_default();
                tokio::time::sleep(left.min(LONGEST_SLEEP)).await;
            }
            Source::Manual(at) => {
                // The sender is in this very clock.
                let _ = at.subscribe().wait_for(|now| *now >= until).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_by_hand() {
        let start = DateTime::from_timestamp_millis(1_700_000_000_123).expect("a valid time");
        let clock = Clock::manual(start);
        let other = clock.clone();
        assert_eq!(clock.now(), start);
        other.advance(TimeDelta::milliseconds(1500));
        assert_eq!((clock.now() - start).num_milliseconds(), 1500);
    }

    #[tokio::test]
    async fn who_sleeps_by_a_manual_clock_wakes_when_it_is_turned() {
        let start = DateTime::from_timestamp_millis(1_700_000_000_000).expect("a valid time");
        let clock = Clock::manual(start);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(start + TimeDelta::hours(5)).await }
        });
        clock.advance(TimeDelta::hours(4));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(TimeDelta::hours(1));
        sleeper.await.expect("it wakes");
    }
}
