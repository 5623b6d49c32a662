//! Points in time and durations, as people read them.
//! The server writes absolute times; only the browser knows "now" and says "2 min ago".

use crate::ui::browser;
use chrono::{DateTime, Datelike, Timelike, Utc};
use leptos::prelude::*;
use std::time::Duration;

/// The browser's clock in milliseconds since 1970, moving once a second; 0 until the page is live.
#[derive(Clone, Copy)]
pub struct Now(RwSignal<f64>);

impl Now {
    /// Puts the clock into context and starts it in the browser.
    pub fn provide() {
        let now = RwSignal::new(0.0);
        provide_context(Self(now));
        Effect::new(move |_| {
            now.set(browser::now_ms());
            let _ = set_interval_with_handle(move || now.set(browser::now_ms()), Duration::from_secs(1));
        });
    }

    /// Milliseconds since 1970; `None` until the page is live.
    #[must_use]
    pub fn get(self) -> Option<f64> {
        Some(self.0.get()).filter(|ms| *ms > 0.0)
    }
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `23 Nov 2026`. Written out by hand: the interpreter of patterns would be in what every page loads.
fn day(at: DateTime<Utc>) -> String {
    format!("{} {} {}", at.day(), MONTHS[at.month0() as usize % 12], at.year())
}

/// `23 Nov 2026, 00:31 UTC`.
#[must_use]
pub fn absolute(at: DateTime<Utc>) -> String {
    format!("{}, {:02}:{:02} UTC", day(at), at.hour(), at.minute())
}

/// `just now`, `2 min ago`, `3 h ago`, `5 days ago`, then the date.
#[must_use]
pub fn relative(at: DateTime<Utc>, now_ms: f64) -> String {
    let seconds = ((now_ms - at.timestamp_millis() as f64) / 1000.0).max(0.0) as i64;
    match seconds {
        0..=9 => "just now".to_owned(),
        10..=59 => format!("{} s ago", seconds / 10 * 10),
        60..=3599 => format!("{} min ago", seconds / 60),
        3600..=86_399 => format!("{} h ago", seconds / 3600),
        86_400..=172_799 => "yesterday".to_owned(),
        172_800..=604_799 => format!("{} days ago", seconds / 86_400),
        _ => day(at),
    }
}

/// `in 12 s`, `in 4 min`, `in 3 h`, then the date; `any moment` when it is due.
#[must_use]
pub fn until(at: DateTime<Utc>, now_ms: f64) -> String {
    let seconds = ((at.timestamp_millis() as f64 - now_ms) / 1000.0).ceil() as i64;
    match seconds {
        ..=0 => "any moment".to_owned(),
        1..=119 => format!("in {seconds} s"),
        120..=5_399 => format!("in {} min", (seconds + 30) / 60),
        5_400..=172_799 => format!("in {} h", (seconds + 1800) / 3600),
        _ => format!("on {}", day(at)),
    }
}

/// `340 ms`, `2.4 s`, `1 min 12 s`, `2 h 5 min`.
#[must_use]
pub fn duration(ms: i64) -> String {
    let ms = ms.max(0);
    match ms {
        0..=999 => format!("{ms} ms"),
        1000..=59_949 => {
            let tenths = (ms + 50) / 100;
            format!("{}.{} s", tenths / 10, tenths % 10)
        }
        59_950..=3_599_999 => {
            let seconds = (ms + 500) / 1000;
            format!("{} min {} s", seconds / 60, seconds % 60)
        }
        _ => format!("{} h {} min", ms / 3_600_000, ms / 60_000 % 60),
    }
}

/// "2 min ago" with the exact time on hover; the exact time where there is no live clock.
#[component]
pub fn RelativeTime(at: DateTime<Utc>) -> impl IntoView {
    told(at, relative)
}

/// "in 12 s" with the exact time on hover; the exact time where there is no live clock.
#[component]
pub fn Countdown(at: DateTime<Utc>) -> impl IntoView {
    told(at, until)
}

fn told(at: DateTime<Utc>, words: fn(DateTime<Utc>, f64) -> String) -> impl IntoView {
    let now = use_context::<Now>();
    let exact = absolute(at);
    let text = {
        let exact = exact.clone();
        Memo::new(move |_| match now.and_then(Now::get) {
            Some(ms) => words(at, ms),
            None => exact.clone(),
        })
    };
    view! {
        <time class="num" datetime=at.to_rfc3339() title=exact>
            {text}
        </time>
    }
}

/// How long something took, or has been going on for.
#[component]
pub fn Elapsed(
    #[prop(into)] started: Signal<Option<DateTime<Utc>>>,
    #[prop(into)] ended: Signal<Option<DateTime<Utc>>>,
) -> impl IntoView {
    let now = use_context::<Now>();
    let text = Memo::new(move |_| match (started.get(), ended.get()) {
        (Some(from), Some(to)) => duration((to - from).num_milliseconds()),
        (Some(from), None) => match now.and_then(Now::get) {
            Some(ms) => duration(((ms - from.timestamp_millis() as f64) / 1000.0) as i64 * 1000),
            None => "…".to_owned(),
        },
        _ => "–".to_owned(),
    });
    view! { <span class="num">{text}</span> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        let read = [0, 340, 999, 1000, 2_440, 59_949, 59_950, 72_000, 3_599_000, 7_500_000].map(duration);
        assert_eq!(
            read,
            [
                "0 ms",
                "340 ms",
                "999 ms",
                "1.0 s",
                "2.4 s",
                "59.9 s",
                "1 min 0 s",
                "1 min 12 s",
                "59 min 59 s",
                "2 h 5 min"
            ]
        );
    }

    #[test]
    fn points_in_time_are_written_out() {
        let at = DateTime::from_timestamp(1_699_999_999, 0).unwrap();
        assert_eq!(absolute(at), "14 Nov 2023, 22:13 UTC");
        assert_eq!(absolute(DateTime::from_timestamp(1_704_067_199, 0).unwrap()), "31 Dec 2023, 23:59 UTC");
    }

    #[test]
    fn the_time_that_is_left_counts_down() {
        let at = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let before = |seconds: f64| until(at, (1_700_000_000.0 - seconds) * 1000.0);
        assert_eq!(before(-1.0), "any moment");
        assert_eq!(before(0.2), "in 1 s");
        assert_eq!(before(119.0), "in 119 s");
        assert_eq!(before(150.0), "in 3 min");
        assert_eq!(before(4.0 * 3600.0), "in 4 h");
        assert_eq!(before(9.0 * 86_400.0), "on 14 Nov 2023");
    }

    #[test]
    fn relative_times_step_up() {
        let at = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let after = |seconds: i64| relative(at, (1_700_000_000 + seconds) as f64 * 1000.0);
        assert_eq!(after(-30), "just now");
        assert_eq!(after(45), "40 s ago");
        assert_eq!(after(150), "2 min ago");
        assert_eq!(after(3 * 3600), "3 h ago");
        assert_eq!(after(90_000), "yesterday");
        assert_eq!(after(30 * 86_400), "14 Nov 2023");
    }
}
