//! Durations as text: `1h30m`, `3d`, `2 business hours`, and back.
//!
//! A duration is written as parts, largest unit first by habit but in any order, each a number and a unit:
//! `y mo w d` are calendar units, `h m s` exact, `business days`, `business hours`, `business minutes` and
//! `business seconds` of the calendar. Each unit stands once. A fraction is taken where it is exact (`1.5h`, `0.25s`),
//! never of a calendar unit. A `-` holds for the parts after it until a `+`, so that what `1d - 2h` gives can be
//! written: `1d-2h`. (Reference, section 4.)

use super::Duration;

/// Bytes of the longest duration text read: every unit once, with room for blanks.
pub const DURATION_TEXT_BYTES_MAX: usize = 160;

pub(super) const MICROSECONDS_PER_SECOND: i64 = 1_000_000;
pub(super) const MICROSECONDS_PER_MINUTE: i64 = 60 * MICROSECONDS_PER_SECOND;
pub(super) const MICROSECONDS_PER_HOUR: i64 = 60 * MICROSECONDS_PER_MINUTE;

/// Digits after the point that can still be whole microseconds: `0.000001s`, and one more for minutes and hours.
const FRACTION_DIGITS_MAX: usize = 9;

/// Text that is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    #[error("a duration is needed, such as 90s, 15m, 4h, 3d, 2w, 2mo, 1y, `2 business hours` or `10 business days`")]
    Empty,
    #[error("`{0}` is not a unit; units are s m h d w mo y, `business hours` and `business days`")]
    Unit(String),
    #[error("`{written}` is written `{short}`")]
    LongUnit { written: String, short: &'static str },
    #[error("a number is missing before `{0}`")]
    Number(String),
    #[error("`{0}` needs a unit; units are s m h d w mo y, `business hours` and `business days`")]
    UnitMissing(String),
    #[error("`{0}` stands twice")]
    Repeated(&'static str),
    #[error("a calendar unit takes whole numbers; `{0}` has a fraction")]
    Fraction(String),
    #[error("`{0}` is finer than a microsecond")]
    TooFine(String),
    #[error("the duration is too long")]
    TooLong,
}

/// What a part of a duration counts, and how much of it one is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Count {
    Months(i32),
    Days(i32),
    Exact(i64),
    BusinessDays,
    BusinessTime(i64),
}

struct Unit {
    name: &'static str,
    count: Count,
}

const UNITS: [Unit; 11] = [
    Unit {
        name: "y",
        count: Count::Months(12),
    },
    Unit {
        name: "mo",
        count: Count::Months(1),
    },
    Unit {
        name: "w",
        count: Count::Days(7),
    },
    Unit {
        name: "d",
        count: Count::Days(1),
    },
    Unit {
        name: "h",
        count: Count::Exact(MICROSECONDS_PER_HOUR),
    },
    Unit {
        name: "m",
        count: Count::Exact(MICROSECONDS_PER_MINUTE),
    },
    Unit {
        name: "s",
        count: Count::Exact(MICROSECONDS_PER_SECOND),
    },
    Unit {
        name: "business day",
        count: Count::BusinessDays,
    },
    Unit {
        name: "business hour",
        count: Count::BusinessTime(MICROSECONDS_PER_HOUR),
    },
    Unit {
        name: "business minute",
        count: Count::BusinessTime(MICROSECONDS_PER_MINUTE),
    },
    Unit {
        name: "business second",
        count: Count::BusinessTime(MICROSECONDS_PER_SECOND),
    },
];

/// Words that people write for a unit, and the unit.
const LONG_UNITS: [(&str, &str); 16] = [
    ("year", "y"),
    ("yr", "y"),
    ("month", "mo"),
    ("M", "mo"),
    ("week", "w"),
    ("day", "d"),
    ("hour", "h"),
    ("hr", "h"),
    ("minute", "m"),
    ("min", "m"),
    ("second", "s"),
    ("sec", "s"),
    ("H", "h"),
    ("D", "d"),
    ("W", "w"),
    ("Y", "y"),
];

/// Reads a duration as the language writes it.
///
/// # Errors
/// What is wrong with the text, as a sentence to stand after the place.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let mut rest = text.trim_matches(' ');
    if rest.is_empty() {
        return Err(DurationError::Empty);
    }
    if rest.len() > DURATION_TEXT_BYTES_MAX {
        return Err(DurationError::TooLong);
    }
    let mut sum = Duration::default();
    let mut seen = [false; UNITS.len()];
    let mut sign = 1;
    while !rest.is_empty() {
        let part;
        (part, rest) = take_part(rest)?;
        sign = part.sign.unwrap_or(sign);
        let index = unit_index(part.unit, part.written)?;
        let unit = &UNITS[index];
        if std::mem::replace(&mut seen[index], true) {
            return Err(DurationError::Repeated(unit.name));
        }
        add_part(&mut sum, unit.count, sign, &part)?;
    }
    Ok(sum)
}

/// One number with its unit, as found in the text.
struct Part<'text> {
    sign: Option<i64>,
    whole: &'text str,
    fraction: &'text str,
    unit: &'text str,
    written: &'text str,
}

fn take_part(text: &str) -> Result<(Part<'_>, &str), DurationError> {
    let (sign, unsigned) = match text.as_bytes().first() {
        Some(b'-') => (Some(-1), &text[1..]),
        Some(b'+') => (Some(1), &text[1..]),
        _ => (None, text),
    };
    let unsigned = unsigned.trim_start_matches(' ');
    let (whole, after) = split_while(unsigned, |byte| byte.is_ascii_digit());
    if whole.is_empty() {
        return Err(DurationError::Number(unsigned.to_owned()));
    }
    let (fraction, after) = match after.strip_prefix('.') {
        Some(decimals) => split_while(decimals, |byte| byte.is_ascii_digit()),
        None => ("", after),
    };
    let number = &unsigned[..unsigned.len() - after.len()];
    if number.ends_with('.') {
        return Err(DurationError::Number(number.to_owned()));
    }
    let (first, after) = split_while(after.trim_start_matches(' '), is_unit_byte);
    let (unit, after) = match (first, after.trim_start_matches(' ')) {
        ("", _) => return Err(DurationError::UnitMissing(number.to_owned())),
        ("business", rest) => split_while(rest, is_unit_byte),
        _ => (first, after),
    };
    let written = unsigned[..unsigned.len() - after.len()].trim_end();
    Ok((
        Part {
            sign,
            whole,
            fraction,
            unit,
            written,
        },
        after.trim_start_matches(' '),
    ))
}

fn is_unit_byte(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || !byte.is_ascii()
}

fn split_while(text: &str, holds: impl Fn(u8) -> bool) -> (&str, &str) {
    let length = text.bytes().take_while(|byte| holds(*byte)).count();
    text.split_at(length)
}

fn unit_index(unit: &str, written: &str) -> Result<usize, DurationError> {
    let business = written.contains("business");
    let singular = if unit.len() > 1 {
        unit.strip_suffix('s').unwrap_or(unit)
    } else {
        unit
    };
    let position = UNITS.iter().position(|known| match known.name.strip_prefix("business ") {
        Some(name) => business && name == singular,
        None => !business && known.name == unit,
    });
    if let Some(index) = position {
        return Ok(index);
    }
    let long = LONG_UNITS.iter().find(|(word, _)| !business && *word == singular);
    match long {
        Some((_, short)) => Err(DurationError::LongUnit {
            written: unit.to_owned(),
            short,
        }),
        None if business => Err(DurationError::Unit(format!("business {unit}"))),
        None => Err(DurationError::Unit(unit.to_owned())),
    }
}

fn add_part(sum: &mut Duration, count: Count, sign: i64, part: &Part<'_>) -> Result<(), DurationError> {
    match count {
        Count::Months(months) => add_days(&mut sum.months, months, sign, part),
        Count::Days(days) => add_days(&mut sum.days, days, sign, part),
        Count::BusinessDays => add_days(&mut sum.business_days, 1, sign, part),
        Count::Exact(unit) => add_time(&mut sum.microseconds, unit, sign, part),
        Count::BusinessTime(unit) => add_time(&mut sum.business_microseconds, unit, sign, part),
    }
}

fn add_days(total: &mut i32, unit: i32, sign: i64, part: &Part<'_>) -> Result<(), DurationError> {
    if !part.fraction.is_empty() {
        return Err(DurationError::Fraction(part.written.to_owned()));
    }
    let number: i64 = part.whole.parse().map_err(|_| DurationError::TooLong)?;
    let units = number.checked_mul(i64::from(unit)).ok_or(DurationError::TooLong)?;
    let units = i32::try_from(sign * units).map_err(|_| DurationError::TooLong)?;
    *total = total.checked_add(units).ok_or(DurationError::TooLong)?;
    Ok(())
}

fn add_time(total: &mut i64, unit: i64, sign: i64, part: &Part<'_>) -> Result<(), DurationError> {
    let whole: i64 = part.whole.parse().map_err(|_| DurationError::TooLong)?;
    let whole = whole.checked_mul(unit).ok_or(DurationError::TooLong)?;
    let fraction = fraction_of(unit, part.fraction).ok_or_else(|| DurationError::TooFine(part.written.to_owned()))?;
    let microseconds = whole.checked_add(fraction).ok_or(DurationError::TooLong)?;
    *total = total.checked_add(sign * microseconds).ok_or(DurationError::TooLong)?;
    Ok(())
}

/// The digits after a point as whole microseconds of a unit, if they are.
pub(super) fn fraction_of(unit: i64, digits: &str) -> Option<i64> {
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        return Some(0);
    }
    if digits.len() > FRACTION_DIGITS_MAX {
        return None;
    }
    let number: i64 = digits.parse().ok()?;
    let power = 10_i64.pow(u32::try_from(digits.len()).ok()?);
    let product = i128::from(number) * i128::from(unit);
    let whole = product % i128::from(power) == 0;
    whole.then(|| i64::try_from(product / i128::from(power)).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Duration, printed: &str) {
        assert_eq!(parse_duration(text), Ok(expected), "{text}");
        assert_eq!(expected.to_string(), printed, "{text}");
    }

    fn refused(text: &str, sentence: &str) {
        match parse_duration(text) {
            Ok(duration) => panic!("{text} is read as {duration:?}"),
            Err(error) => assert_eq!(error.to_string(), sentence, "{text}"),
        }
    }

    const HOUR: i64 = MICROSECONDS_PER_HOUR;
    const MINUTE: i64 = MICROSECONDS_PER_MINUTE;
    const SECOND: i64 = MICROSECONDS_PER_SECOND;

    fn exact(microseconds: i64) -> Duration {
        Duration {
            microseconds,
            ..Duration::default()
        }
    }

    #[test]
    fn every_unit_of_the_reference_is_read_and_written() {
        check("90s", exact(90 * SECOND), "1m30s");
        check("15m", exact(15 * MINUTE), "15m");
        check("4h", exact(4 * HOUR), "4h");
        check("36h", exact(36 * HOUR), "36h");
        check("1h30m", exact(90 * MINUTE), "1h30m");
        check("1.5h", exact(90 * MINUTE), "1h30m");
        check("0.25s", exact(250_000), "0.25s");
        check("0s", exact(0), "0s");
        check(
            "3d",
            Duration {
                days: 3,
                ..Duration::default()
            },
            "3d",
        );
        check(
            "2w",
            Duration {
                days: 14,
                ..Duration::default()
            },
            "14d",
        );
        check(
            "2mo",
            Duration {
                months: 2,
                ..Duration::default()
            },
            "2mo",
        );
        check(
            "1y",
            Duration {
                months: 12,
                ..Duration::default()
            },
            "1y",
        );
        check(
            "1y2mo",
            Duration {
                months: 14,
                ..Duration::default()
            },
            "14mo",
        );
        check(
            "2 business hours",
            Duration {
                business_microseconds: 2 * HOUR,
                ..Duration::default()
            },
            "2 business hours",
        );
        check(
            "1 business hour",
            Duration {
                business_microseconds: HOUR,
                ..Duration::default()
            },
            "1 business hour",
        );
        check(
            "1.5 business hours",
            Duration {
                business_microseconds: 90 * MINUTE,
                ..Duration::default()
            },
            "90 business minutes",
        );
        check(
            "10 business days",
            Duration {
                business_days: 10,
                ..Duration::default()
            },
            "10 business days",
        );
        check(
            "1d -2h",
            Duration {
                days: 1,
                microseconds: -2 * HOUR,
                ..Duration::default()
            },
            "1d-2h",
        );
        check(
            "-1d2h+5m",
            Duration {
                days: -1,
                microseconds: -2 * HOUR + 5 * MINUTE,
                ..Duration::default()
            },
            "-1d1h55m",
        );
        check(
            "3d 10 business days",
            Duration {
                days: 3,
                business_days: 10,
                ..Duration::default()
            },
            "3d 10 business days",
        );
    }

    #[test]
    fn what_is_not_a_duration_is_named() {
        refused(
            "",
            "a duration is needed, such as 90s, 15m, 4h, 3d, 2w, 2mo, 1y, `2 business hours` or `10 business days`",
        );
        refused("3 days", "`days` is written `d`");
        refused("2M", "`M` is written `mo`");
        refused(
            "15",
            "`15` needs a unit; units are s m h d w mo y, `business hours` and `business days`",
        );
        refused("h", "a number is missing before `h`");
        refused("1.h", "a number is missing before `1.`");
        refused("1h2h", "`h` stands twice");
        refused("1.5d", "a calendar unit takes whole numbers; `1.5d` has a fraction");
        refused("0.0000001s", "`0.0000001s` is finer than a microsecond");
        refused(
            "3 fortnights",
            "`fortnights` is not a unit; units are s m h d w mo y, `business hours` and `business days`",
        );
        refused(
            "2 business weeks",
            "`business weeks` is not a unit; units are s m h d w mo y, `business hours` and `business days`",
        );
        refused("3000000000d", "the duration is too long");
        refused("99999999999999h", "the duration is too long");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_to_the_same(
            months in -1000_i32..1000, days in -4000_i32..4000, microseconds in -(1_i64 << 50)..(1_i64 << 50),
            business_days in -400_i32..400, business_microseconds in -(1_i64 << 45)..(1_i64 << 45),
        ) {
            let duration = Duration { months, days, microseconds, business_days, business_microseconds };
            prop_assert_eq!(parse_duration(&duration.to_string()), Ok(duration));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = parse_duration(&text);
        }

        #[test]
        fn no_text_of_parts_panics(text in "([-+ ]?[0-9]{0,20}[.]?[0-9]{0,12} ?(business )?(y|mo|w|d|h|m|s|days|hours|ü)?){0,5}") {
            let _ = parse_duration(&text);
        }
    }
}
