//! Durations in words, for sentences and pages: `1 hour 30 minutes`.

use super::Duration;
use super::duration::{MICROSECONDS_PER_HOUR, MICROSECONDS_PER_MINUTE, MICROSECONDS_PER_SECOND};

/// The duration in English words, largest unit first, down to whole seconds; `0 seconds` for nothing. A negative duration
/// begins with `minus`; one of mixed signs says it for each part.
#[must_use]
pub fn in_words(duration: &Duration) -> String {
    let exact = duration.microseconds;
    let business = duration.business_microseconds;
    let parts = [
        (i64::from(duration.months / 12), "year"),
        (i64::from(duration.months % 12), "month"),
        (i64::from(duration.days), "day"),
        (exact / MICROSECONDS_PER_HOUR, "hour"),
        (exact % MICROSECONDS_PER_HOUR / MICROSECONDS_PER_MINUTE, "minute"),
        (exact % MICROSECONDS_PER_MINUTE / MICROSECONDS_PER_SECOND, "second"),
        (i64::from(duration.business_days), "business day"),
        (business / MICROSECONDS_PER_HOUR, "business hour"),
        (business % MICROSECONDS_PER_HOUR / MICROSECONDS_PER_MINUTE, "business minute"),
        (
            business % MICROSECONDS_PER_MINUTE / MICROSECONDS_PER_SECOND,
            "business second",
        ),
    ];
    let written: Vec<(i64, &str)> = parts.into_iter().filter(|(amount, _)| *amount != 0).collect();
    if written.is_empty() {
        return "0 seconds".to_owned();
    }
    let all_negative = written.iter().all(|(amount, _)| *amount < 0);
    let words = |(amount, unit): &(i64, &str)| {
        let plural = if amount.unsigned_abs() == 1 { "" } else { "s" };
        let sign = if *amount < 0 && !all_negative { "minus " } else { "" };
        format!("{sign}{} {unit}{plural}", amount.unsigned_abs())
    };
    let text = written.iter().map(words).collect::<Vec<_>>().join(" ");
    if all_negative { format!("minus {text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::in_words;
    use crate::time::parse_duration;

    fn check(text: &str, expected: &str) {
        let duration = parse_duration(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(in_words(&duration), expected, "{text}");
    }

    #[test]
    fn every_unit_has_its_word() {
        check("90s", "1 minute 30 seconds");
        check("49h", "49 hours");
        check("1d", "1 day");
        check("14mo2w", "1 year 2 months 14 days");
        check("2 business hours", "2 business hours");
        check("1.5 business hours", "1 business hour 30 business minutes");
        check("-1h30m", "minus 1 hour 30 minutes");
        check("1d-2h", "1 day minus 2 hours");
        check("0.4s", "0 seconds");
    }
}
