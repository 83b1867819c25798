//! Counting along a calendar, by cells and by properties.

use proptest::prelude::*;

use super::*;
use crate::time::{parse_duration, zone};

fn hours(text: &str) -> Vec<Hours> {
    let minutes = |text: &str| -> u16 {
        let (hours, minutes) = text.split_once(':').expect("a time of day");
        hours.parse::<u16>().expect("hours") * 60 + minutes.parse::<u16>().expect("minutes")
    };
    let each = text.split_whitespace().map(|text| {
        let (from, to) = text.split_once('-').expect("a range");
        Hours::new(minutes(from), minutes(to)).expect("minutes of a day")
    });
    each.collect()
}

/// Monday to Friday these hours; a holiday and a short day.
fn calendar(zone_name: &str, weekdays: &str, weekend: &str) -> BusinessCalendar {
    let week = std::array::from_fn(|day| hours(if day < 5 { weekdays } else { weekend }));
    let day = |text: &str| -> Date { text.parse().expect("a date") };
    let days = BTreeMap::from([
        (day("2026-05-01"), Vec::new()),
        (day("2026-12-24"), hours("08:00-12:00")),
        (day("2026-08-08"), hours("10:00-14:00")),
    ]);
    BusinessCalendar::new(zone(zone_name).expect("a zone"), week, days)
}

fn lab() -> BusinessCalendar {
    calendar("Europe/Berlin", "08:00-12:00 13:00-17:00", "")
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn added(calendar: &BusinessCalendar, from: &str, duration: &str) -> String {
    let duration = parse_duration(duration).unwrap_or_else(|error| panic!("{duration}: {error}"));
    let found = calendar
        .add_business_days(moment(from), duration.business_days)
        .and_then(|moment| calendar.add_business_time(moment, duration.business_microseconds));
    match found {
        Ok(found) => found.display_with_offset(calendar.zone.to_offset(found)).to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn hours_and_days_are_counted_along_the_calendar() {
    let lab = lab();
    let check = |from: &str, duration: &str, expected: &str| {
        assert_eq!(added(&lab, from, duration), expected, "{from} and {duration}");
    };
    // within a day, over the break at noon, over night, over a weekend, over a holiday
    check("2026-05-04T09:00:00+02:00", "2 business hours", "2026-05-04T11:00:00+02:00");
    check("2026-05-04T11:00:00+02:00", "2 business hours", "2026-05-04T14:00:00+02:00");
    check("2026-05-04T16:00:00+02:00", "2 business hours", "2026-05-05T09:00:00+02:00");
    check("2026-05-08T16:30:00+02:00", "1 business hour", "2026-05-11T08:30:00+02:00");
    check("2026-04-30T16:00:00+02:00", "2 business hours", "2026-05-04T09:00:00+02:00");
    // what ends with the hours ends then, not when they begin again; from outside one begins at their beginning
    check("2026-05-04T15:00:00+02:00", "2 business hours", "2026-05-04T17:00:00+02:00");
    check("2026-05-04T20:00:00+02:00", "1 business hour", "2026-05-05T09:00:00+02:00");
    check("2026-05-05T06:00:00+02:00", "1 business hour", "2026-05-05T09:00:00+02:00");
    check("2026-05-04T08:00:00+02:00", "40 business hours", "2026-05-08T17:00:00+02:00");
    check("2026-05-04T12:30:00+02:00", "0 business hours", "2026-05-04T12:30:00+02:00");
    // backwards
    check("2026-05-04T09:00:00+02:00", "-2 business hours", "2026-04-30T16:00:00+02:00");
    check("2026-05-04T10:00:00+02:00", "-2 business hours", "2026-05-04T08:00:00+02:00");
    // days keep the time of day; a day without hours is none, an exception with hours is one
    check("2026-05-04T20:00:00+02:00", "1 business day", "2026-05-05T20:00:00+02:00");
    check("2026-04-30T09:00:00+02:00", "1 business day", "2026-05-04T09:00:00+02:00");
    check("2026-05-02T09:00:00+02:00", "1 business day", "2026-05-04T09:00:00+02:00");
    check("2026-05-08T09:00:00+02:00", "10 business days", "2026-05-22T09:00:00+02:00");
    check("2026-08-07T09:00:00+02:00", "1 business day", "2026-08-08T09:00:00+02:00");
    check("2026-05-04T09:00:00+02:00", "-1 business day", "2026-04-30T09:00:00+02:00");
    check("2026-12-23T16:00:00+01:00", "6 business hours", "2026-12-25T09:00:00+01:00");
    check(
        "2026-05-04T09:00:00+02:00",
        "2000000 business hours",
        "the calendar is followed for 36600 days at most",
    );
}

#[test]
fn hours_over_night_belong_to_the_day_they_begin_on() {
    let night = calendar("Europe/Berlin", "22:00-06:00", "");
    let check = |from: &str, duration: &str, expected: &str| {
        assert_eq!(added(&night, from, duration), expected, "{from} and {duration}");
    };
    check("2026-05-04T23:00:00+02:00", "2 business hours", "2026-05-05T01:00:00+02:00");
    check("2026-05-05T05:00:00+02:00", "2 business hours", "2026-05-05T23:00:00+02:00");
    // Friday's night ends on Saturday, and the next begins on Monday
    check("2026-05-09T05:00:00+02:00", "2 business hours", "2026-05-11T23:00:00+02:00");
    check("2026-05-09T05:00:00+02:00", "1 business day", "2026-05-11T05:00:00+02:00");
    let open = |text: &str| night.is_open(moment(text));
    assert_eq!(open("2026-05-09T05:59:59+02:00"), Ok(true));
    assert_eq!(open("2026-05-09T06:00:00+02:00"), Ok(false));
    assert_eq!(open("2026-05-10T23:00:00+02:00"), Ok(false));
    // a night that runs into the next day's hours counts once
    let both = calendar("UTC", "06:00-12:00 22:00-08:00", "");
    let from = moment("2026-05-05T05:00:00Z");
    assert_eq!(
        both.business_between(from, moment("2026-05-05T12:00:00Z")),
        Ok(7 * 3_600_000_000)
    );
}

#[test]
fn an_hour_that_the_clock_leaves_out_is_not_worked_and_one_it_shows_twice_is() {
    let always = calendar("Europe/Berlin", "00:00-24:00", "00:00-24:00");
    let night = calendar("Europe/Berlin", "22:00-06:00", "22:00-06:00");
    let hours = |calendar: &BusinessCalendar, from: &str, to: &str| {
        calendar
            .business_between(moment(from), moment(to))
            .map(|microseconds| microseconds / 3_600_000_000)
    };
    // on 29 March the day has 23 hours and the night 7, on 25 October 25 and 9
    assert_eq!(
        hours(&always, "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"),
        Ok(23)
    );
    assert_eq!(hours(&night, "2026-03-28T12:00:00+01:00", "2026-03-29T12:00:00+02:00"), Ok(7));
    assert_eq!(
        hours(&always, "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"),
        Ok(25)
    );
    assert_eq!(hours(&night, "2026-10-24T12:00:00+02:00", "2026-10-25T12:00:00+01:00"), Ok(9));
    assert_eq!(
        added(&night, "2026-03-29T01:00:00+01:00", "2 business hours"),
        "2026-03-29T04:00:00+02:00"
    );
    assert_eq!(
        added(&night, "2026-10-25T02:30:00+02:00", "1 business hour"),
        "2026-10-25T02:30:00+01:00"
    );
    assert_eq!(
        added(&always, "2026-03-28T02:30:00+01:00", "1 business day"),
        "2026-03-29T03:30:00+02:00"
    );
    // hours that lie within the hour that is left out are moved with the clock
    let early = calendar("Europe/Berlin", "02:00-02:30", "02:00-02:30");
    assert_eq!(early.is_open(moment("2026-03-29T03:10:00+02:00")), Ok(true));
    assert_eq!(early.is_open(moment("2026-03-29T03:40:00+02:00")), Ok(false));
}

/// Moments of two years, to the second, so that clock changes, holidays and weekends are among them.
fn any_moment() -> impl Strategy<Value = Timestamp> {
    (1_767_225_600_i64..1_830_297_600).prop_map(|second| Timestamp::from_second(second).expect("a moment of these years"))
}

fn any_calendar() -> impl Strategy<Value = BusinessCalendar> {
    let weekdays = prop::sample::select(vec![
        "08:00-12:00 13:00-17:00",
        "22:00-06:00",
        "00:00-24:00",
        "06:00-12:00 21:00-07:00",
    ]);
    let weekend = prop::sample::select(vec!["", "10:00-14:00", "02:00-02:30"]);
    let zones = prop::sample::select(vec!["Europe/Berlin", "America/New_York", "UTC", "Australia/Lord_Howe"]);
    (zones, weekdays, weekend).prop_map(|(zone, weekdays, weekend)| calendar(zone, weekdays, weekend))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_was_added_lies_between(calendar in any_calendar(), from in any_moment(), seconds in 1_i64..2_000_000) {
        let amount = seconds * 1_000_000;
        let to = calendar.add_business_time(from, amount).expect("it is near");
        prop_assert_eq!(calendar.business_between(from, to), Ok(amount));
        prop_assert_eq!(calendar.business_between(to, from), Ok(-amount));
        let back = calendar.add_business_time(from, -amount).expect("it is near");
        prop_assert_eq!(calendar.business_between(back, from), Ok(amount));
        // open is the last moment that passed, and nothing shorter leads there
        let last = to.checked_sub(SignedDuration::from_micros(1)).expect("a moment");
        prop_assert_eq!(calendar.is_open(last), Ok(true));
    }

    #[test]
    fn later_and_longer_is_later(
        calendar in any_calendar(),
        from in any_moment(),
        later in 0_i64..1_000_000,
        seconds in 0_i64..500_000,
        more in 0_i64..500_000,
        days in 0_i32..40,
    ) {
        let second = from.checked_add(SignedDuration::from_secs(later)).expect("a moment");
        let add = |from, seconds: i64| calendar.add_business_time(from, seconds * 1_000_000).expect("it is near");
        prop_assert!(add(from, seconds) <= add(second, seconds));
        prop_assert!(add(from, seconds) <= add(from, seconds + more));
        let day = local_date(from, &calendar.zone);
        let on = |days| calendar.add_business_days_to_date(day, days).expect("it is near");
        prop_assert!(on(days) < on(days + 1) && on(-days) > on(-days - 1));
        let moved = calendar.add_business_days(from, days).expect("it is near");
        prop_assert_eq!(local_date(moved, &calendar.zone), on(days));
    }

    #[test]
    fn time_between_adds_up(calendar in any_calendar(), mut moments in prop::collection::vec(any_moment(), 3)) {
        moments.sort();
        let between = |from: usize, to: usize| calendar.business_between(moments[from], moments[to]).expect("it is near");
        prop_assert_eq!(between(0, 1) + between(1, 2), between(0, 2));
        let elapsed = moments[1].as_microsecond() - moments[0].as_microsecond();
        prop_assert!((0..=elapsed).contains(&between(0, 1)));
    }
}
