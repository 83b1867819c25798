//! Moments as they stand in a test file: with their own offset, or by the clock of a zone.

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use statewright_core::time::{at_time_of_day, parse_date, parse_instant, parse_time};

/// `2026-01-05T08:30:00Z`, or `2026-01-05 08:30`, or a day, which begins at midnight, in this zone.
pub(crate) fn moment(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Some(moment) = parse_instant(text) {
        return Some(moment);
    }
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (date, parse_time(time)?),
        None => (text, Time::midnight()),
    };
    at_time_of_day(parse_date(date)?, time, zone).ok()
}

/// By the clock of a zone, as short as it can be said.
pub(crate) fn shown(moment: Timestamp, zone: &TimeZone) -> String {
    let local = zone.to_datetime(moment);
    let format = match (local.second(), local.subsec_nanosecond()) {
        (0, 0) => "%Y-%m-%d %H:%M",
        (_, 0) => "%Y-%m-%d %H:%M:%S",
        _ => "%Y-%m-%d %H:%M:%S%.f",
    };
    local.strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_without_a_zone_is_by_the_clock_of_the_workflow() {
        let zone = statewright_core::time::zone("Europe/Berlin").expect("a zone");
        let check = |text: &str, expected: Option<&str>| {
            let expected = expected.map(|text| text.parse::<Timestamp>().expect("a moment"));
            assert_eq!(moment(text, &zone), expected, "{text}");
        };
        check("2026-03-26 09:00", Some("2026-03-26T08:00:00Z"));
        check("2026-03-29T03:00", Some("2026-03-29T01:00:00Z"));
        check("2026-07-01", Some("2026-06-30T22:00:00Z"));
        check("2026-03-26T09:00:00Z", Some("2026-03-26T09:00:00Z"));
        check("2026-03-26 9 o'clock", None);
        check("tomorrow", None);
        let nine = moment("2026-03-26 09:00:05", &zone).expect("a moment");
        assert_eq!(shown(nine, &zone), "2026-03-26 09:00:05");
    }
}
