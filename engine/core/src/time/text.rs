//! Days, times of day and moments as text: one strict form each.

use jiff::Timestamp;
use jiff::civil::{Date, Time};

/// Reads `2026-01-05`, nothing before or after it.
#[must_use]
pub fn parse_date(text: &str) -> Option<Date> {
    // The parser also takes a date with a time behind it, and would drop the time.
    let exact = text.len() == "2026-01-05".len();
    exact.then(|| text.parse().ok()).flatten()
}

/// Reads `08:30`, `08:30:05` or `08:30:05.5`, to whole microseconds.
#[must_use]
pub fn parse_time(text: &str) -> Option<Time> {
    let plain = text.contains(':') && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b':' | b'.'));
    let time: Time = if plain { text.parse().ok()? } else { return None };
    let whole = time.subsec_nanosecond() - time.subsec_nanosecond() % 1_000;
    time.with().subsec_nanosecond(whole).build().ok()
}

/// Reads RFC 3339 text with its offset, such as `2026-01-05T08:30:00Z`; a zone in brackets could contradict the offset.
#[must_use]
pub fn parse_instant(text: &str) -> Option<Timestamp> {
    let plain = !text.contains('[');
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_is_read_and_no_other() {
        assert_eq!(parse_date("2026-01-05"), Some(jiff::civil::date(2026, 1, 5)));
        for wrong in ["20260105", "2026-1-5", "2026-02-30", "2026-01-05T00:00", "05.01.2026", ""] {
            assert_eq!(parse_date(wrong), None, "{wrong}");
        }
        assert_eq!(parse_time("08:30"), Some(jiff::civil::time(8, 30, 0, 0)));
        assert_eq!(parse_time("08:30:05.1234567"), Some(jiff::civil::time(8, 30, 5, 123_456_000)));
        for wrong in ["8", "0830", "24:01", "08:30Z", "T08:30", ""] {
            assert_eq!(parse_time(wrong), None, "{wrong}");
        }
        assert!(parse_instant("2026-01-05T08:30:00+01:00").is_some());
        for wrong in [
            "2026-01-05T08:30:00",
            "2026-01-05",
            "2026-01-05T08:30:00+01:00[Europe/Berlin]",
            "",
        ] {
            assert_eq!(parse_instant(wrong), None, "{wrong}");
        }
    }
}
