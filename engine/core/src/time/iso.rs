//! ISO 8601 durations, as they stand in data and imports: `P1Y2M3DT4H5M6.7S`, `PT15M`, `P3W`, `-P1D`.

use super::duration::{
    DURATION_TEXT_BYTES_MAX, MICROSECONDS_PER_HOUR, MICROSECONDS_PER_MINUTE, MICROSECONDS_PER_SECOND, fraction_of,
};
use super::{Duration, DurationError, parse_duration};

/// Units before and after the `T`, in the order in which they must stand, with what one is.
const DATE_UNITS: [(u8, i32); 4] = [(b'Y', 12), (b'M', 1), (b'W', 7), (b'D', 1)];
const TIME_UNITS: [(u8, i64); 3] = [
    (b'H', MICROSECONDS_PER_HOUR),
    (b'M', MICROSECONDS_PER_MINUTE),
    (b'S', MICROSECONDS_PER_SECOND),
];

/// Reads a duration from data: as the language writes it, or as ISO 8601 does.
///
/// # Errors
/// What is wrong, as a sentence to stand after the place.
pub fn parse_data_duration(text: &str) -> Result<Duration, DurationError> {
    let trimmed = text.trim();
    let (sign, unsigned) = match trimmed.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let Some(parts) = unsigned.strip_prefix('P') else {
        return parse_duration(text);
    };
    if parts.len() > DURATION_TEXT_BYTES_MAX {
        return Err(DurationError::TooLong);
    }
    let (date, time) = match parts.split_once('T') {
        Some((date, time)) if !time.is_empty() => (date, time),
        Some(_) => return Err(DurationError::Number("T".to_owned())),
        None if parts.is_empty() => return Err(DurationError::Empty),
        None => (parts, ""),
    };
    let mut sum = Duration::default();
    add_date(&mut sum, date)?;
    add_time(&mut sum, time)?;
    sum.times(sign).map_err(|_| DurationError::TooLong)
}

fn add_date(sum: &mut Duration, text: &str) -> Result<(), DurationError> {
    let mut rest = text;
    let mut next = 0;
    while !rest.is_empty() {
        let (whole, fraction, unit, after) = take(rest)?;
        let found = DATE_UNITS.iter().skip(next).position(|(letter, _)| *letter == unit);
        let index = next + found.ok_or_else(|| DurationError::Unit(char::from(unit).to_string()))?;
        if !fraction.is_empty() {
            return Err(DurationError::Fraction(rest[..rest.len() - after.len()].to_owned()));
        }
        let number: i32 = whole.parse().map_err(|_| DurationError::TooLong)?;
        let amount = number.checked_mul(DATE_UNITS[index].1).ok_or(DurationError::TooLong)?;
        let total = if index < 2 { &mut sum.months } else { &mut sum.days };
        *total = total.checked_add(amount).ok_or(DurationError::TooLong)?;
        (rest, next) = (after, index + 1);
    }
    Ok(())
}

fn add_time(sum: &mut Duration, text: &str) -> Result<(), DurationError> {
    let mut rest = text;
    let mut next = 0;
    while !rest.is_empty() {
        let (whole, fraction, unit, after) = take(rest)?;
        let found = TIME_UNITS.iter().skip(next).position(|(letter, _)| *letter == unit);
        let index = next + found.ok_or_else(|| DurationError::Unit(char::from(unit).to_string()))?;
        let size = TIME_UNITS[index].1;
        let written = &rest[..rest.len() - after.len()];
        let fraction = fraction_of(size, fraction).ok_or_else(|| DurationError::TooFine(written.to_owned()))?;
        let number: i64 = whole.parse().map_err(|_| DurationError::TooLong)?;
        let amount = number
            .checked_mul(size)
            .and_then(|amount| amount.checked_add(fraction))
            .ok_or(DurationError::TooLong)?;
        sum.microseconds = sum.microseconds.checked_add(amount).ok_or(DurationError::TooLong)?;
        (rest, next) = (after, index + 1);
    }
    Ok(())
}

/// One number with its unit letter: whole digits, digits after the point, letter, rest.
fn take(text: &str) -> Result<(&str, &str, u8, &str), DurationError> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, after) = text.split_at(digits(text));
    if whole.is_empty() {
        return Err(DurationError::Number(text.to_owned()));
    }
    let (fraction, after) = match after.strip_prefix(['.', ',']) {
        Some(decimals) => decimals.split_at(digits(decimals)),
        None => ("", after),
    };
    match after.as_bytes().first() {
        Some(unit) if unit.is_ascii() => Ok((whole, fraction, *unit, &after[1..])),
        _ => Err(DurationError::UnitMissing(whole.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &str) {
        let shown = match parse_data_duration(text) {
            Ok(duration) => duration.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn both_spellings_are_read_from_data() {
        check("P1Y2M3DT4H5M6.7S", "14mo3d4h5m6.7s");
        check("PT15M", "15m");
        check("P2M", "2mo");
        check("P3W", "21d");
        check("P1W1D", "8d");
        check("-P1DT2H", "-1d2h");
        check("PT0,5H", "30m");
        check("PT0S", "0s");
        check("1h30m", "1h30m");
        check(" 3d ", "3d");
    }

    #[test]
    fn what_is_no_duration_is_named() {
        check(
            "P",
            "a duration is needed, such as 90s, 15m, 4h, 3d, 2w, 2mo, 1y, `2 business hours` or `10 business days`",
        );
        check("P1DT", "a number is missing before `T`");
        check("PT", "a number is missing before `T`");
        check(
            "P1D2Y",
            "`Y` is not a unit; units are s m h d w mo y, `business hours` and `business days`",
        );
        check("PD", "a number is missing before `D`");
        check("P1.5D", "a calendar unit takes whole numbers; `1.5D` has a fraction");
        check(
            "P1",
            "`1` needs a unit; units are s m h d w mo y, `business hours` and `business days`",
        );
        check("PT0.0000001S", "`0.0000001S` is finer than a microsecond");
        check("P9999999999Y", "the duration is too long");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[-+]?P?([0-9]{0,12}[.,]?[0-9]{0,8}[YMWDTHSé]?){0,6}") {
            let _ = parse_data_duration(&text);
        }
    }
}
