//! The edges of what is due, and clocks of any zone in any year.

use jiff::SignedDuration;
use proptest::prelude::*;
use statewright_core::time::{LOOK_BACK_DAYS_MAX, MISSED_MAX, PUNCTUAL_SECONDS, parse_duration};

use super::*;

const MICROSECOND: SignedDuration = SignedDuration::from_micros(1);

fn daily() -> Timing {
    timing("0 6 * * *", "UTC", Gap::default(), Overlap::default())
}

fn after(word: &str, within: Option<&str>, last: &str, now: Timestamp) -> Due {
    let catch_up = CatchUp {
        missed: missed(word),
        within: within.map(|within| parse_duration(within).expect("a duration")),
    };
    due(&daily(), &catch_up, moment(last), now)
}

#[test]
fn a_moment_is_due_when_it_comes_and_is_dealt_with_once() {
    let at = moment("2026-06-02T06:00:00Z");
    let last = "2026-06-01T06:00:00Z";
    assert_eq!(
        after("once", None, last, at - MICROSECOND),
        Due::default(),
        "it is still to come"
    );
    assert_eq!(after("once", None, last, at).runs, [at], "its moment is its own");
    assert_eq!(
        after("once", None, "2026-06-02T06:00:00Z", at),
        Due::default(),
        "it was dealt with"
    );
    assert_eq!(daily().next_after(at), Some(moment("2026-06-03T06:00:00Z")));
    assert_eq!(daily().next_after(at - MICROSECOND), Some(at));
}

#[test]
fn a_minute_late_is_on_time_and_no_more() {
    let at = moment("2026-06-02T06:00:00Z");
    let last = "2026-06-01T06:00:00Z";
    let latest = at + SignedDuration::from_secs(PUNCTUAL_SECONDS);
    assert_eq!(after("skip", None, last, latest).runs, [at]);
    let missed = after("skip", None, last, latest + MICROSECOND);
    assert_eq!((missed.runs.len(), missed.skipped.map(|skipped| skipped.count)), (0, Some(1)));
}

#[test]
fn within_counts_from_the_moment_to_the_last_instant() {
    let at = moment("2026-06-02T06:00:00Z");
    let last = "2026-06-01T06:00:00Z";
    let latest = at + SignedDuration::from_hours(3);
    for word in ["once", "all"] {
        assert_eq!(after(word, Some("3h"), last, latest).runs, [at], "{word}");
        let late = after(word, Some("3h"), last, latest + MICROSECOND);
        assert_eq!(
            (late.runs.len(), late.skipped.map(|skipped| skipped.count)),
            (0, Some(1)),
            "{word}"
        );
    }
    assert_eq!(
        after("once", Some("1s"), last, at + SignedDuration::from_secs(30)).runs,
        [at],
        "on time is not missed"
    );
}

#[test]
fn no_more_are_made_up_for_than_the_limit_and_it_is_said() {
    let quarter = timing("*/15 * * * *", "UTC", Gap::default(), Overlap::default());
    let catch_up = CatchUp {
        missed: Missed::All,
        within: None,
    };
    let now = moment("2026-06-01T00:00:00Z");
    let back = |count: usize| now - SignedDuration::from_mins(15) * i32::try_from(count).expect("few");
    let all = due(&quarter, &catch_up, back(MISSED_MAX), now);
    assert_eq!((all.runs.len(), all.skipped), (MISSED_MAX, None));
    let more = due(&quarter, &catch_up, back(MISSED_MAX + 1), now);
    assert_eq!(more.runs, all.runs, "the latest are made up for");
    let oldest = back(MISSED_MAX);
    let let_go = more.skipped.expect("one is let go");
    assert_eq!(
        (let_go.count, let_go.first, let_go.last, let_go.more),
        (1, oldest, oldest, false)
    );
    let ages = due(&quarter, &catch_up, moment("1990-01-01T00:00:00Z"), now);
    let let_go = ages.skipped.expect("much is let go");
    let counted = usize::try_from(LOOK_BACK_DAYS_MAX).expect("few") * 96 - MISSED_MAX;
    assert_eq!((ages.runs.len(), let_go.count, let_go.more), (MISSED_MAX, counted, true));
}

#[test]
fn a_clock_that_is_behind_runs_nothing_again() {
    assert_eq!(
        after("all", None, "2026-06-10T06:00:00Z", moment("2026-06-01T06:00:00Z")),
        Due::default()
    );
}

#[test]
fn a_day_that_never_was_is_a_gap_of_a_day() {
    // Samoa left out 30 December 2011.
    let skipping = timing("0 12 30 * *", "Pacific/Apia", Gap::Skip, Overlap::default());
    assert_eq!(
        skipping.next_after(moment("2011-12-01T00:00:00Z")),
        Some(moment("2012-01-29T22:00:00Z"))
    );
    let shifting = timing("0 12 30 * *", "Pacific/Apia", Gap::Shift, Overlap::default());
    let shifted = moment("2011-12-31T12:00:00+14:00");
    assert_eq!(shifting.next_after(moment("2011-12-01T00:00:00Z")), Some(shifted));
    assert_eq!(shifting.past(moment("2011-12-01T00:00:00Z"), shifted, 9).moments, [shifted]);
}

const ZONES: [&str; 8] = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Sao_Paulo",
    "Asia/Tehran",
    "Pacific/Apia",
    "UTC",
];
const CRONS: [&str; 7] = [
    "30 2 * * *",
    "0 0 * * *",
    "*/20 * * * *",
    "15 1-3 * * SUN",
    "59 23 L * *",
    "0 3 * 3,10,11 SUN",
    "* * * * *",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever way it is looked at, the same moments come out: each is one that the clock on the wall shows, or is shifted out of a gap.
    #[test]
    fn looking_ahead_and_looking_back_agree(
        zone in 0..ZONES.len(),
        cron in 0..CRONS.len(),
        second in 0_i64..2_000_000_000,
        hours in 1_i64..100,
        skip: bool,
        overlap in 0..3_usize,
    ) {
        let gap = if skip { Gap::Skip } else { Gap::Shift };
        let overlap = [Overlap::First, Overlap::Last, Overlap::Both][overlap];
        let timing = timing(CRONS[cron], ZONES[zone], gap, overlap);
        let from = Timestamp::from_second(second).expect("in range");
        let until = from + SignedDuration::from_hours(hours);
        let ahead = walked(&timing, from, until);
        prop_assert!(ahead.is_sorted_by(|one, next| one < next));
        let back = timing.past(from, until, usize::MAX);
        prop_assert_eq!(&back.moments, &ahead);
        let few = timing.past(from, until, 3);
        let older = few.older.map_or(0, |(count, ..)| count);
        prop_assert_eq!(older + few.moments.len(), ahead.len());
        prop_assert!(ahead.ends_with(&few.moments));
        if skip {
            for moment in ahead {
                let shown = timing.zone.to_datetime(moment);
                prop_assert!(timing.cron.is_on(shown.date()) && timing.cron.times().any(|time| time == shown.time()));
            }
        }
    }
}
