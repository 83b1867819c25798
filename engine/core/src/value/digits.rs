//! Numbers and moments as text, digit by digit: they stand in every entry of a trail, and the formatting machinery costs more than
//! the hashing.

use jiff::Timestamp;
use jiff::tz::Offset;

use super::Decimal;

/// The most digits of anything written here: those of a 128-bit number.
const DIGITS_MAX: usize = 39;

/// A whole number, without leading zeros but to this many digits.
pub(crate) fn write_unsigned(number: u128, width: usize, out: &mut String) {
    let mut digits = [b'0'; DIGITS_MAX];
    let mut first = DIGITS_MAX;
    let mut rest = number;
    // division of 128 bits is slow, and hardly anything is so large
    while rest > u128::from(u64::MAX) && first > 0 {
        first -= 1;
        digits[first] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let mut rest = rest as u64;
    while rest > 0 && first > 0 {
        first -= 1;
        digits[first] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let first = first.min(DIGITS_MAX.saturating_sub(width.max(1)));
    out.push_str(std::str::from_utf8(&digits[first..]).unwrap_or_default());
}

/// As `{integer}`.
pub(crate) fn write_integer(integer: i64, out: &mut String) {
    if integer < 0 {
        out.push('-');
    }
    write_unsigned(u128::from(integer.unsigned_abs()), 1, out);
}

/// As `{decimal}`: with as many places as it was written with.
pub(crate) fn write_decimal(decimal: Decimal, out: &mut String) {
    if decimal.is_sign_negative() {
        out.push('-');
    }
    let coefficient = decimal.mantissa().unsigned_abs();
    if decimal.scale() == 0 {
        return write_unsigned(coefficient, 1, out);
    }
    let unit = 10_u128.pow(decimal.scale());
    write_unsigned(coefficient / unit, 1, out);
    out.push('.');
    write_unsigned(coefficient % unit, decimal.scale() as usize, out);
}

/// As `{instant}`: RFC 3339 in UTC, with no more decimal places than are needed.
pub(crate) fn write_instant(instant: Timestamp, out: &mut String) {
    let moment = Offset::UTC.to_datetime(instant);
    let Ok(year) = u128::try_from(moment.year()) else {
        // years before year 0 have a sign and more digits
        out.push_str(&instant.to_string());
        return;
    };
    write_unsigned(year, 4, out);
    let parts = [
        ('-', moment.month()),
        ('-', moment.day()),
        ('T', moment.hour()),
        (':', moment.minute()),
        (':', moment.second()),
    ];
    for (before, part) in parts {
        out.push(before);
        write_unsigned(u128::from(part.unsigned_abs()), 2, out);
    }
    let fraction = moment.subsec_nanosecond().unsigned_abs();
    if fraction > 0 {
        let zeros = trailing_zeros(fraction);
        out.push('.');
        write_unsigned(u128::from(fraction / 10_u32.pow(zeros)), 9 - zeros as usize, out);
    }
    out.push('Z');
}

/// Of a number that is not zero.
fn trailing_zeros(number: u32) -> u32 {
    (1..=9).take_while(|power| number.is_multiple_of(10_u32.pow(*power))).count() as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl Fn(&mut String)) -> String {
        let mut out = String::new();
        write(&mut out);
        out
    }

    proptest! {
        #[test]
        fn integers_are_written_as_they_are_displayed(integer: i64) {
            prop_assert_eq!(written(|out| write_integer(integer, out)), integer.to_string());
        }

        #[test]
        fn decimals_are_written_as_they_are_displayed(coefficient in -(1_i128 << 95)..(1_i128 << 95), shift in 0_u32..96, scale in 0_u32..=28) {
            let decimal = Decimal::from_i128_with_scale(coefficient >> shift, scale);
            prop_assert_eq!(written(|out| write_decimal(decimal, out)), decimal.to_string());
        }

        #[test]
        fn moments_are_written_as_they_are_displayed(microsecond in Timestamp::MIN.as_microsecond()..=Timestamp::MAX.as_microsecond(), zeros in 0_u32..8) {
            let rounded = microsecond / 10_i64.pow(zeros) * 10_i64.pow(zeros);
            let instant = Timestamp::from_microsecond(rounded).expect("nearer to zero than one in range");
            prop_assert_eq!(written(|out| write_instant(instant, out)), instant.to_string());
        }
    }

    #[test]
    fn the_ends_are_written_as_they_are_displayed() {
        for integer in [0, -1, i64::MIN, i64::MAX] {
            assert_eq!(written(|out| write_integer(integer, out)), integer.to_string());
        }
        for decimal in [Decimal::MIN, Decimal::MAX, Decimal::ZERO, -Decimal::ZERO, Decimal::new(0, 28)] {
            assert_eq!(written(|out| write_decimal(decimal, out)), decimal.to_string());
        }
        for instant in [Timestamp::MIN, Timestamp::MAX, Timestamp::UNIX_EPOCH] {
            assert_eq!(written(|out| write_instant(instant, out)), instant.to_string());
        }
        assert_eq!(written(|out| write_unsigned(u128::MAX, 1, out)), u128::MAX.to_string());
    }
}
