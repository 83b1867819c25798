//! Lengths of time as people read them in a column: two units, rounded to the smaller one.

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// `35s`, `2h 10m`, `3d 4h`; what there is none of is `-`.
pub(super) fn shown(length_us: Option<i64>) -> String {
    let Some(length) = length_us else { return "-".into() };
    let two = |unit: i64, name: &str, smaller: i64, smaller_name: &str| {
        let rounded = (length + smaller / 2) / smaller * smaller;
        match (rounded / unit, rounded % unit / smaller) {
            (whole, 0) => format!("{whole}{name}"),
            (whole, rest) => format!("{whole}{name} {rest}{smaller_name}"),
        }
    };
    // what would be rounded up to the next unit is written in that
    match length {
        0 => "0".into(),
        length if length < SECOND => "<1s".into(),
        length if length >= DAY - 30 * SECOND => two(DAY, "d", HOUR, "h"),
        length if length >= HOUR - SECOND / 2 => two(HOUR, "h", MINUTE, "m"),
        length if length >= MINUTE - SECOND / 2 => two(MINUTE, "m", SECOND, "s"),
        length => format!("{}s", (length + SECOND / 2) / SECOND),
    }
}

/// Work, which nobody counts in days: hours with one digit.
pub(super) fn hours(length_us: i64) -> String {
    let tenths = (length_us + HOUR / 20) / (HOUR / 10);
    format!("{}.{} h", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_two_units_at_most() {
        let check = |length_us: i64, expected: &str| assert_eq!(shown(Some(length_us)), expected, "{length_us}");
        check(0, "0");
        check(1, "<1s");
        check(1_499_999, "1s");
        check(59 * SECOND + 600_000, "1m");
        check(90 * SECOND, "1m 30s");
        check(2 * HOUR + 10 * MINUTE + 29 * SECOND, "2h 10m");
        check(2 * HOUR + 59 * MINUTE + 40 * SECOND, "3h");
        check(23 * HOUR + 59 * MINUTE + 45 * SECOND, "1d");
        check(3 * DAY + 4 * HOUR + 29 * MINUTE, "3d 4h");
        check(45 * DAY, "45d");
        assert_eq!(shown(None), "-");
        assert_eq!((hours(0), hours(117 * HOUR + 3 * MINUTE)), ("0.0 h".into(), "117.1 h".into()));
    }
}
