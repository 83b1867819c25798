//! Moments as people say them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A moment in the zone of the deployment, and how far it is from now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// RFC 3339, for programs and scripts.
    pub iso: String,
    /// `today 14:05`, `Mon 2 Mar 14:05`, with the year where it is another.
    pub absolute: String,
    /// `in 2 h 10 min`, `5 min ago`.
    pub relative: String,
    pub past: bool,
    /// Less than an hour away.
    pub soon: bool,
}

impl Moment {
    pub fn of(at: Timestamp, now: Timestamp, zone: &TimeZone) -> Self {
        let seconds = at.as_second() - now.as_second();
        Moment {
            iso: at.to_string(),
            absolute: absolute(at, now, zone),
            relative: relative(seconds),
            past: seconds < 0,
            soon: (0..HOUR).contains(&seconds),
        }
    }
}

fn absolute(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let days = at.date().since(now.date()).map(|span| span.get_days()).unwrap_or(i32::MAX);
    let same_year = at.year() == now.year();
    let form = match days {
        0 => "today %H:%M",
        1 => "tomorrow %H:%M",
        -1 => "yesterday %H:%M",
        _ if same_year => "%a %-d %b %H:%M",
        _ => "%-d %b %Y %H:%M",
    };
    at.strftime(form).to_string()
}

/// With seconds, and always with its day.
pub fn exact(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let form = if at.year() == now.year() {
        "%a %-d %b %H:%M:%S"
    } else {
        "%-d %b %Y %H:%M:%S"
    };
    at.strftime(form).to_string()
}

/// Two units at most: nobody reads seconds beside days.
fn relative(seconds: i64) -> String {
    let length = length(seconds.abs());
    match seconds {
        -59..=59 => "now".to_owned(),
        60.. => format!("in {length}"),
        _ => format!("{length} ago"),
    }
}

/// A length of time in its two largest units.
pub fn length(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / DAY, seconds % DAY / HOUR, seconds % HOUR / MINUTE);
    match (days, hours, minutes) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (1, 0, _) => "1 day".to_owned(),
        (1, hours, _) => format!("1 day {hours} h"),
        (days, ..) => format!("{days} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_said_as_people_say_it() {
        let zone = statewright_core::time::zone("Europe/Berlin").expect("a zone");
        let now: Timestamp = "2026-03-02T08:00:00Z".parse().expect("a moment");
        let check = |at: &str, absolute: &str, relative: &str| {
            let moment = Moment::of(at.parse().expect("a moment"), now, &zone);
            assert_eq!((&*moment.absolute, &*moment.relative), (absolute, relative), "{at}");
        };
        check("2026-03-02T08:00:30Z", "today 09:00", "now");
        check("2026-03-02T10:10:00Z", "today 11:10", "in 2 h 10 min");
        check("2026-03-02T07:55:00Z", "today 08:55", "5 min ago");
        check("2026-03-03T08:00:00Z", "tomorrow 09:00", "in 1 day");
        check("2026-03-01T22:59:00Z", "yesterday 23:59", "9 h 1 min ago");
        // on the other side of the change to summer time
        check("2026-03-30T08:00:00Z", "Mon 30 Mar 10:00", "in 28 days");
        check("2027-01-01T00:00:00Z", "1 Jan 2027 01:00", "in 304 days");
        let to_the_second = |at: &str| exact(at.parse().expect("a moment"), now, &zone);
        assert_eq!(to_the_second("2026-03-02T08:00:09.5Z"), "Mon 2 Mar 09:00:09");
        assert_eq!(to_the_second("2025-12-31T22:59:59Z"), "31 Dec 2025 23:59:59");
        assert_eq!(to_the_second("2025-12-31T23:00:00Z"), "Thu 1 Jan 00:00:00");
    }
}
