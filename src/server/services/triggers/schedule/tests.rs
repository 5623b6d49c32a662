//! What clocks on the wall do to schedules, and what is no schedule.

use super::*;
use chrono::TimeZone as _;

fn schedule(pattern: &str, zone: &str) -> Schedule {
    Schedule::stored(pattern, zone).expect("a schedule")
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("a time").with_timezone(&Utc)
}

/// Local times with their offsets, as people see them.
fn local(schedule: &Schedule, from: &str, count: usize) -> Vec<String> {
    std::iter::successors(schedule.after(at(from)), |at| schedule.after(*at))
        .take(count)
        .map(|at| at.with_timezone(&schedule.zone).format("%m-%d %H:%M:%S%z").to_string())
        .collect()
}

fn refused(cron: &str, zone: &str) -> Vec<(String, String)> {
    let now = at("2026-11-23T10:00:00Z");
    let error = read(Some(cron.to_owned()), Some(zone.to_owned()), now, Fields::default()).expect_err(cron);
    error.details().errors.into_iter().map(|e| (e.field, e.message)).collect()
}

/// Where clocks change: zone, pattern, from when, the times that follow.
const CHANGES: &[(&str, &str, &str, &[&str])] = &[
    // Berlin goes from 02:00 to 03:00 on 29 March 2026.
    (
        "Europe/Berlin",
        "30 2 * * *",
        "2026-03-27T23:00:00Z",
        &["03-28 02:30:00+0100", "03-29 03:00:00+0200", "03-30 02:30:00+0200"],
    ),
    (
        "Europe/Berlin",
        "*/30 * * * *",
        "2026-03-29T00:15:00Z",
        &["03-29 01:30:00+0100", "03-29 03:00:00+0200", "03-29 03:30:00+0200"],
    ),
    (
        "Europe/Berlin",
        "0 * * * *",
        "2026-03-28T23:30:00Z",
        &["03-29 01:00:00+0100", "03-29 03:00:00+0200", "03-29 04:00:00+0200"],
    ),
    // And back from 03:00 to 02:00 on 25 October 2026.
    ("Europe/Berlin", "30 2 * * *", "2026-10-24T12:00:00Z", &["10-25 02:30:00+0200", "10-26 02:30:00+0100"]),
    (
        "Europe/Berlin",
        "*/30 * * * *",
        "2026-10-24T23:45:00Z",
        &[
            "10-25 02:00:00+0200",
            "10-25 02:30:00+0200",
            "10-25 02:00:00+0100",
            "10-25 02:30:00+0100",
            "10-25 03:00:00+0100",
        ],
    ),
    // New York, 8 March and 1 November 2026.
    (
        "America/New_York",
        "15 2 * * *",
        "2026-03-07T12:00:00Z",
        &["03-08 03:00:00-0400", "03-09 02:15:00-0400"],
    ),
    (
        "America/New_York",
        "15 1 * * *",
        "2026-10-31T12:00:00Z",
        &["11-01 01:15:00-0400", "11-02 01:15:00-0500"],
    ),
    (
        "America/New_York",
        "45 * * * *",
        "2026-11-01T05:00:00Z",
        &["11-01 01:45:00-0400", "11-01 01:45:00-0500", "11-01 02:45:00-0500"],
    ),
    // Lord Howe moves by half an hour: from 02:00 to 02:30 on 4 October 2026, from 02:00 to 01:30 on 5 April 2026.
    (
        "Australia/Lord_Howe",
        "10 2 * * *",
        "2026-10-02T20:00:00Z",
        &["10-04 02:30:00+1100", "10-05 02:10:00+1100"],
    ),
    (
        "Australia/Lord_Howe",
        "45 1 * * *",
        "2026-04-04T01:00:00Z",
        &["04-05 01:45:00+1100", "04-06 01:45:00+1030"],
    ),
    // No change at all.
    ("Asia/Kolkata", "0 9 * * 1-5", "2026-11-20T10:00:00Z", &["11-23 09:00:00+0530", "11-24 09:00:00+0530"]),
    ("UTC", "*/20 * * * * *", "2026-11-23T10:00:30.500Z", &["11-23 10:00:40+0000", "11-23 10:01:00+0000"]),
    ("UTC", "0 0 29 2 *", "2026-11-23T10:00:00Z", &["02-29 00:00:00+0000", "02-29 00:00:00+0000"]),
    ("UTC", "@daily", "2026-11-23T10:00:00Z", &["11-24 00:00:00+0000"]),
];

#[test]
fn fires_as_clocks_on_the_wall_say() {
    for (zone, pattern, from, expected) in CHANGES {
        assert_eq!(local(&schedule(pattern, zone), from, expected.len()), *expected, "{pattern} in {zone}");
    }
}

#[test]
fn goes_forward_only_through_a_whole_year() {
    for zone in
        ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Africa/Cairo"]
    {
        for pattern in ["30 2 * * *", "*/15 * * * *", "0 */3 * * *", "59 1,2,3 * * *"] {
            let schedule = schedule(pattern, zone);
            let (mut last, end) = (at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
            let mut days = std::collections::BTreeSet::new();
            while let Some(next) = schedule.after(last).filter(|next| *next < end) {
                assert!(next > last, "{pattern} in {zone}: {next} after {last}");
                last = next;
                days.insert(next.with_timezone(&schedule.zone).ordinal());
            }
            assert!(days.len() >= 365, "{pattern} in {zone} fired on {} days", days.len());
        }
    }
}

#[test]
fn says_what_is_wrong_with_a_pattern() {
    let no_pattern = [
        "",
        "x",
        "* * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * * 9",
        "*/0 * * * *",
        "5-1 * * * *",
        "* * * * * * * *",
        "@sometimes",
        "* * * * ünf",
    ];
    for pattern in no_pattern {
        let errors = refused(pattern, "UTC");
        assert_eq!(errors.len(), 1, "{pattern}");
        assert_eq!(errors[0].0, "cron", "{pattern}");
        assert!(errors[0].1.starts_with("is "), "{pattern}: {}", errors[0].1);
    }
    assert!(refused(&"1,".repeat(200), "UTC")[0].1.starts_with("is longer than"));
    for never in ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 0 1 1 * 2020", "0 0 0 1 1 * 4999"] {
        assert!(
            refused(never, "UTC")[0].1.starts_with("never fires"),
            "{never}: {:?}",
            refused(never, "UTC")
        );
    }
    // A year beyond what calendars here know.
    assert_eq!(refused("0 0 0 1 1 * 9999", "UTC")[0].0, "cron");
}

#[test]
fn says_what_is_wrong_with_a_zone() {
    for zone in ["Mars/Olympus", "+02:00", "Europe", "CETX"] {
        let errors = refused("* * * * *", zone);
        assert_eq!(errors[0].0, "timezone");
        assert!(errors[0].1.contains("IANA"), "{}", errors[0].1);
    }
    assert!(refused("* * * * *", "europe/berlin")[0].1.contains("`Europe/Berlin`"));
    let both = refused("nonsense", "nowhere");
    assert_eq!(both.iter().map(|e| e.0.as_str()).collect::<Vec<_>>(), ["cron", "timezone"]);
}

#[test]
fn nothing_comes_after_the_last_time() {
    let once = schedule("0 0 12 24 12 * 2026", "Europe/Berlin");
    let only = once.after(at("2026-11-23T10:00:00Z")).expect("a time");
    assert_eq!(only, Utc.with_ymd_and_hms(2026, 12, 24, 11, 0, 0).single().expect("a time"));
    assert_eq!(once.after(only), None);
    assert_eq!(once.next_times(at("2026-11-23T10:00:00Z")), [only]);
}
