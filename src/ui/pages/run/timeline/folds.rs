//! Long waits folded: where a run only waits, for longer than everything else took, the axis is cut, so that what it
//! did stays to be seen. Pure; times are milliseconds since the origin.

use super::lanes::Bar;

/// Shorter waits are shown as long as they are.
const SHORTEST: i64 = 30_000;

/// A stretch of time that is drawn narrower than it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fold {
    pub from: i64,
    /// `None`: goes on.
    pub to: Option<i64>,
    /// Milliseconds of the axis that it takes up.
    pub width: f64,
}

/// The folds of a run whose axis reaches to `reach`, or on with the time while it is `open`.
pub(super) fn folds<'a>(bars: impl Iterator<Item = &'a Bar>, reach: i64, open: bool) -> Vec<Fold> {
    let mut busy: Vec<(i64, i64)> =
        bars.filter(|b| !b.waits).map(|b| (b.start, b.end.unwrap_or(i64::MAX))).collect();
    busy.sort_unstable();
    let mut idle = Vec::new();
    let (mut until, mut worked) = (0, 0);
    for (start, end) in busy {
        if start > until {
            idle.push((until, Some(start)));
        }
        worked += end.min(reach.max(start)).saturating_sub(start.max(until)).max(0);
        until = until.max(end);
    }
    if until < i64::MAX && (open || until < reach) {
        idle.push((until, (!open).then_some(reach)));
    }
    let least = SHORTEST.max(worked.saturating_mul(5));
    let is_long = |(from, to): &(i64, Option<i64>)| to.unwrap_or(reach) - from > least;
    // A fifth of what was worked, and something where nothing was.
    let width = (worked as f64 / 5.0).max(4.0);
    idle.into_iter().filter(is_long).map(|(from, to)| Fold { from, to, width }).collect()
}

/// Where a point in time lies on the folded axis.
pub(super) fn place(folds: &[Fold], at: i64) -> f64 {
    let mut place = at as f64;
    for fold in folds {
        match fold.to {
            _ if at <= fold.from => break,
            Some(to) if at >= to => place -= (to - fold.from) as f64 - fold.width,
            Some(to) => {
                let within = (at - fold.from) as f64 / (to - fold.from) as f64;
                return place - (at - fold.from) as f64 + within * fold.width;
            }
            // What goes on has its width from the beginning.
            None => return place - (at - fold.from) as f64 + fold.width,
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use super::super::lanes::Bar;
    use super::*;
    use uuid::Uuid;

    fn bar(start: i64, end: Option<i64>, waits: bool) -> Bar {
        Bar {
            id: Uuid::nil(),
            attempt: 1,
            state: "completed",
            gap: None,
            start,
            end,
            queue: 0,
            waits,
            tip: String::new(),
        }
    }

    #[test]
    fn short_waits_and_busy_runs_are_not_folded() {
        let bars = [bar(0, Some(100), false), bar(100, Some(9_000), true), bar(9_000, Some(9_100), false)];
        assert_eq!(folds(bars.iter(), 9_100, false), []);
        let bars = [bar(0, Some(40_000), false), bar(40_000, Some(90_000), true)];
        assert_eq!(folds(bars.iter(), 90_000, false), [], "it worked nearly as long as it waited");
        let bars = [bar(0, None, false), bar(0, None, true)];
        assert_eq!(folds(bars.iter(), 900_000, true), [], "something still works");
    }

    #[test]
    fn a_long_wait_between_short_steps_is_folded() {
        let bars = [
            bar(0, Some(100), false),
            bar(100, Some(3_600_100), true),
            bar(3_600_100, Some(3_600_200), false),
        ];
        let folds = folds(bars.iter(), 3_600_200, false);
        assert_eq!(folds, [Fold { from: 100, to: Some(3_600_100), width: 40.0 }]);
        let places = [0, 100, 1_800_100, 3_600_100, 3_600_200].map(|at| place(&folds, at));
        assert_eq!(places, [0.0, 100.0, 120.0, 140.0, 240.0]);
    }

    #[test]
    fn while_it_waits_the_axis_stands_still() {
        let bars = [bar(0, Some(100), false), bar(100, None, true)];
        let folds_at = |now| folds(bars.iter(), now, true);
        assert_eq!(folds_at(20_000), []);
        let (early, late) = (folds_at(60_000), folds_at(9_000_000));
        assert_eq!(early, late);
        assert_eq!((place(&early, 60_000), place(&late, 9_000_000)), (120.0, 120.0));
    }
}
