//! The next times of a schedule, as clocks of its zone show them.

use crate::ui::components::time::{Now, until};
use chrono::{DateTime, FixedOffset, Utc};
use leptos::prelude::*;

/// `Tue 24 Nov 2026, 09:00:00 +01:00`, with how long that is from now.
#[component]
pub fn NextTimes(times: Vec<DateTime<FixedOffset>>) -> impl IntoView {
    if times.is_empty() {
        return view! { <p class="muted">"It never fires again."</p> }.into_any();
    }
    view! {
        <ol class="triggers__times" data-testid="next-times">
            {times.into_iter().map(|at| view! { <Time at /> }).collect_view()}
        </ol>
    }
    .into_any()
}

#[component]
fn Time(at: DateTime<FixedOffset>) -> impl IntoView {
    let now = expect_context::<Now>();
    let far = move || now.get().map(|now| until(at.with_timezone(&Utc), now));
    view! {
        <li>
            <time datetime=at.to_rfc3339() title=at.with_timezone(&Utc).format("%-d %b %Y, %H:%M:%S UTC").to_string()>
                {local(at)}
            </time>
            <span class="faint">{far}</span>
        </li>
    }
}

/// Seconds only where there are some.
fn local(at: DateTime<FixedOffset>) -> String {
    let format =
        if at.timestamp() % 60 == 0 { "%a %-d %b %Y, %H:%M %:z" } else { "%a %-d %b %Y, %H:%M:%S %:z" };
    at.format(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_clock_of_the_zone() {
        let at = |text: &str| DateTime::parse_from_rfc3339(text).expect("a time");
        assert_eq!(local(at("2026-11-24T09:00:00+01:00")), "Tue 24 Nov 2026, 09:00 +01:00");
        assert_eq!(local(at("2026-11-24T09:00:30+00:00")), "Tue 24 Nov 2026, 09:00:30 +00:00");
    }
}
