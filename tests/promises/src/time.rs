//! Durations, ranges, dates, times, moments and zones as text.

use jiff::Timestamp;
use statewright_core::time::{
    Duration, add_to_date, add_to_instant, in_words, parse_data_duration, parse_date, parse_duration, parse_duration_range,
    parse_instant, parse_time, zone,
};
use statewright_core::value::{Value, canonical};

use crate::{Target, json, text};

pub(crate) const TARGET: Target = Target {
    name: "time",
    hold,
    pieces: &[
        "1",
        "90",
        "2147483647",
        "9223372036854775807",
        "-",
        "+",
        ".5",
        ".000001",
        " ",
        "s",
        "m",
        "h",
        "d",
        "w",
        "mo",
        "y",
        " business days",
        " business hours",
        " business minutes",
        " business seconds",
        "..",
        "P",
        "T",
        "1Y",
        "2M",
        "3W",
        "4D",
        "5H",
        "6.7S",
        "2026-02-29",
        "9999-12-31",
        "-009999-01-01",
        "T24:00:00",
        "T23:59:60",
        "Z",
        "+25:59",
        ":",
        "08:30",
        "Europe/Berlin",
        "UTC",
        "[UTC]",
        "\n",
    ],
};

/// Every line is read as everything: each reader must say no to what is another's.
fn hold(bytes: &[u8]) {
    let Some(source) = text::of(bytes) else { return };
    for line in source.split('\n') {
        for duration in [parse_duration(line), parse_data_duration(line)] {
            match duration {
                Ok(duration) => duration_holds(duration),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
        if let Ok(range) = parse_duration_range(line) {
            assert!(
                range.first.is_exact() && 0 < range.first.microseconds && range.first.microseconds <= range.most.microseconds
            );
            assert_eq!(parse_duration_range(&range.to_string()), Ok(range), "{line}");
        }
        if let Some(date) = parse_date(line) {
            assert_eq!(date.to_string(), line);
            json::reads_back(&Value::Date(date));
        }
        if let Some(time) = parse_time(line) {
            json::reads_back(&Value::Time(time));
        }
        if let Some(instant) = parse_instant(line) {
            json::reads_back(&Value::from_instant(instant));
        }
    }
    // One name is enough: for one that is not known all that are known are looked through.
    let first = source.split('\n').next().unwrap_or_default();
    if let Ok(zone) = zone(first) {
        assert!(zone.iana_name().is_some(), "{first} is a zone with a name");
    }
}

fn duration_holds(duration: Duration) {
    let written = duration.to_string();
    assert_eq!(parse_duration(&written), Ok(duration), "{written}");
    assert_eq!(parse_data_duration(&written), Ok(duration), "{written}");
    let value = Value::Duration(duration);
    assert_eq!(canonical::read_canonical(&canonical::to_canonical(&value)), Ok(value));
    assert!(!in_words(&duration).is_empty());
    assert_eq!(
        duration.times(-1).and_then(|opposite| opposite.times(-1)),
        Ok(duration),
        "{written}"
    );
    let day = jiff::civil::date(2026, 3, 28);
    let berlin = zone("Europe/Berlin").expect("the zone is known");
    let _ = add_to_date(day, duration, None);
    let _ = add_to_instant(Timestamp::UNIX_EPOCH, duration, &berlin, None);
}
