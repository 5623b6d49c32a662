//! The axis under the bars: where the ticks stand and what they say. Pure.

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Distances between ticks that read well, in milliseconds.
const STEPS: [i64; 30] = [
    1,
    2,
    5,
    10,
    20,
    50,
    100,
    200,
    500,
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    30 * DAY,
];

/// More ticks than this would run into each other on a phone.
const MOST: i64 = 5;

/// One mark of the axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tick {
    /// Milliseconds since the origin.
    pub at: i64,
    pub label: String,
}

/// The ticks of an axis that shows so many milliseconds, up to `end`; the one at zero has no label.
#[must_use]
pub fn ticks(shown: i64, end: i64) -> Vec<Tick> {
    let shown = shown.max(1);
    let step = STEPS.into_iter().find(|step| shown / step <= MOST).unwrap_or(shown / MOST);
    (1..=end.max(1) / step).map(|n| Tick { at: n * step, label: label(n * step, step) }).collect()
}

/// A point in time after the origin, as exact as the distance to the next tick asks for.
fn label(at: i64, step: i64) -> String {
    match step {
        ..SECOND if at < SECOND => format!("{at} ms"),
        ..10 => format!("{:.3} s", at as f64 / 1000.0),
        10..100 => format!("{:.2} s", at as f64 / 1000.0),
        100..SECOND => format!("{:.1} s", at as f64 / 1000.0),
        SECOND..MINUTE if at < MINUTE => format!("{} s", at / SECOND),
        SECOND..MINUTE => format!("{}:{:02} min", at / MINUTE, at % MINUTE / SECOND),
        MINUTE..HOUR if at < HOUR => format!("{} min", at / MINUTE),
        MINUTE..HOUR => format!("{}:{:02} h", at / HOUR, at % HOUR / MINUTE),
        HOUR..DAY => format!("{} h", at / HOUR),
        _ => format!("{} d", at / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(span: i64) -> Vec<String> {
        ticks(span, span).into_iter().map(|t| t.label).collect()
    }

    #[test]
    fn ticks_stand_at_round_times() {
        assert_eq!(labels(4), ["1 ms", "2 ms", "3 ms", "4 ms"]);
        assert_eq!(labels(1_180), ["200 ms", "400 ms", "600 ms", "800 ms", "1.0 s"]);
        assert_eq!(labels(2_940), ["500 ms", "1.0 s", "1.5 s", "2.0 s", "2.5 s"]);
        assert_eq!(labels(9_000), ["2 s", "4 s", "6 s", "8 s"]);
        assert_eq!(labels(95_000), ["30 s", "1:00 min", "1:30 min"]);
        assert_eq!(labels(4 * MINUTE), ["1 min", "2 min", "3 min", "4 min"]);
        assert_eq!(labels(100 * MINUTE), ["30 min", "1:00 h", "1:30 h"]);
        assert_eq!(labels(3 * DAY + HOUR), ["1 d", "2 d", "3 d"]);
    }

    #[test]
    fn a_folded_axis_has_the_ticks_of_what_it_shows() {
        let before = ticks(240, 100).into_iter().map(|t| t.at).collect::<Vec<_>>();
        assert_eq!(before, [50, 100]);
    }

    #[test]
    fn there_are_always_some_and_never_many() {
        for span in [1, 3, 7, 19, 999, 1_001, 59_999, 61_000, 3_599_999, 86_400_001, 400 * DAY] {
            let count = ticks(span, span).len();
            assert!((1..=5).contains(&count), "{span} ms has {count} ticks");
        }
        assert_eq!(ticks(0, 0).len(), 1, "a run that took no time has an axis too");
    }
}
