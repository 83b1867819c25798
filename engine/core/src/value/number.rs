//! Exact numbers: reading, arithmetic, comparison and rounding, without binary fractions and without silent loss of digits.
//!
//! Integers stay integers under `+ - * // %` as long as they fit; beyond ±2^53 a result is a decimal. `/` always gives a decimal.
//! A result that needs more than [`DECIMAL_DIGITS_MAX`] digits is rounded to that many, half to even; one whose whole part
//! does not fit is an error.

use std::cmp::Ordering;

use super::{Decimal, Value};

/// Digits a decimal keeps in all: what a 96-bit coefficient always holds, whatever the leading digit.
pub const DECIMAL_DIGITS_MAX: u32 = 28;

/// Integers are within ± this, so that a JSON reader with binary numbers gets them exactly.
pub const INTEGER_MAX: i64 = 1 << 53;

/// The smallest coefficient that has too many digits.
const COEFFICIENT_LIMIT: u128 = 10_u128.pow(DECIMAL_DIGITS_MAX);

/// Why a number could not be read or computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    #[error("is not a number in plain decimal notation")]
    Malformed,
    #[error("has more than {DECIMAL_DIGITS_MAX} digits")]
    TooManyDigits,
    #[error("the result has more than {DECIMAL_DIGITS_MAX} digits before the point")]
    Overflow,
    #[error("division by zero")]
    DivisionByZero,
    #[error("is not a number")]
    NotANumber,
}

/// Reads plain decimal notation: an optional `-`, digits, optionally a point and digits. `1.10` keeps its two places.
///
/// # Errors
/// [`NumberError::Malformed`] or [`NumberError::TooManyDigits`].
pub fn parse_decimal(text: &str) -> Result<Decimal, NumberError> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return Err(NumberError::Malformed),
        None => (digits, ""),
    };
    if whole.is_empty() {
        return Err(NumberError::Malformed);
    }
    let scale = u32::try_from(fraction.len()).map_err(|_| NumberError::TooManyDigits)?;
    assemble(negative, whole.bytes().chain(fraction.bytes()), scale)
}

/// Reads plain decimal notation as a value: without a point and within ±2^53 an integer, otherwise a decimal.
///
/// # Errors
/// As [`parse_decimal`].
pub fn parse_number(text: &str) -> Result<Value, NumberError> {
    let decimal = parse_decimal(text)?;
    if text.contains('.') {
        Ok(Value::Decimal(decimal))
    } else {
        Ok(from_whole(decimal))
    }
}

/// A decimal without places as an integer if it fits; otherwise as it is.
#[must_use]
pub fn from_whole(decimal: Decimal) -> Value {
    match i64::try_from(decimal.mantissa()) {
        Ok(integer) if decimal.scale() == 0 && integer.abs() <= INTEGER_MAX => Value::Integer(integer),
        _ => Value::Decimal(decimal),
    }
}

/// An integer as a value: a decimal beyond ±2^53.
#[must_use]
pub fn from_i64(integer: i64) -> Value {
    if (-INTEGER_MAX..=INTEGER_MAX).contains(&integer) {
        Value::Integer(integer)
    } else {
        Value::Decimal(Decimal::from(integer))
    }
}

/// Compares two numbers by size, whatever their types; `None` if one is no number.
#[must_use]
pub fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Integer(left), Value::Integer(right)) => Some(left.cmp(right)),
        _ => Some(left.as_decimal()?.cmp(&right.as_decimal()?)),
    }
}

/// `left + right`.
///
/// # Errors
/// [`NumberError::NotANumber`] or [`NumberError::Overflow`].
pub fn add(left: &Value, right: &Value) -> Result<Value, NumberError> {
    combine(left, right, i64::checked_add, Decimal::checked_add)
}

/// `left - right`.
///
/// # Errors
/// As [`add`].
pub fn subtract(left: &Value, right: &Value) -> Result<Value, NumberError> {
    combine(left, right, i64::checked_sub, Decimal::checked_sub)
}

/// `left * right`.
///
/// # Errors
/// As [`add`].
pub fn multiply(left: &Value, right: &Value) -> Result<Value, NumberError> {
    combine(left, right, i64::checked_mul, Decimal::checked_mul)
}

/// `left / right`, always a decimal, to 28 digits and without zeros at its end: a quotient has no written scale to keep.
///
/// # Errors
/// As [`add`], and [`NumberError::DivisionByZero`].
pub fn divide(left: &Value, right: &Value) -> Result<Value, NumberError> {
    let (left, right) = decimals(left, right)?;
    if right.is_zero() {
        return Err(NumberError::DivisionByZero);
    }
    let quotient = left.checked_div(right).ok_or(NumberError::Overflow).and_then(within_digits)?;
    Ok(Value::Decimal(quotient.normalize()))
}

/// `left // right`: the largest whole number not above the quotient.
///
/// # Errors
/// As [`divide`].
pub fn floor_divide(left: &Value, right: &Value) -> Result<Value, NumberError> {
    let (dividend, divisor) = nonzero_divisor(left, right)?;
    let remainder = floor_remainder(dividend, divisor)?;
    let exact = dividend.checked_sub(remainder).ok_or(NumberError::Overflow)?;
    let quotient = exact.checked_div(divisor).ok_or(NumberError::Overflow)?;
    whole(left, right, quotient.round())
}

/// `left % right`: what `//` leaves, with the sign of `right`.
///
/// # Errors
/// As [`divide`].
pub fn remainder(left: &Value, right: &Value) -> Result<Value, NumberError> {
    let (dividend, divisor) = nonzero_divisor(left, right)?;
    let remainder = floor_remainder(dividend, divisor)?;
    whole(left, right, remainder)
}

/// `-value`.
///
/// # Errors
/// [`NumberError::NotANumber`].
pub fn negate(value: &Value) -> Result<Value, NumberError> {
    subtract(&Value::Integer(0), value)
}

/// The size of a number without its sign.
///
/// # Errors
/// [`NumberError::NotANumber`].
pub fn absolute(value: &Value) -> Result<Value, NumberError> {
    match value {
        Value::Integer(integer) => Ok(Value::Integer(integer.abs())),
        Value::Decimal(decimal) => Ok(Value::Decimal(decimal.abs())),
        _ => Err(NumberError::NotANumber),
    }
}

/// Builds a decimal from digits and a scale, refusing what has no exact place in 28 digits.
pub(super) fn assemble(negative: bool, digits: impl Iterator<Item = u8>, scale: u32) -> Result<Decimal, NumberError> {
    let mut coefficient: u128 = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return Err(NumberError::Malformed);
        }
        coefficient = coefficient * 10 + u128::from(digit - b'0');
        if coefficient >= COEFFICIENT_LIMIT {
            return Err(NumberError::TooManyDigits);
        }
    }
    let coefficient = i128::try_from(coefficient).map_err(|_| NumberError::TooManyDigits)?;
    let signed = if negative { -coefficient } else { coefficient };
    Decimal::try_from_i128_with_scale(signed, scale).map_err(|_| NumberError::TooManyDigits)
}

fn combine(
    left: &Value,
    right: &Value,
    integers: fn(i64, i64) -> Option<i64>,
    exact: fn(Decimal, Decimal) -> Option<Decimal>,
) -> Result<Value, NumberError> {
    if let (Value::Integer(left), Value::Integer(right)) = (left, right)
        && let Some(result) = integers(*left, *right)
    {
        return Ok(from_i64(result));
    }
    let (left_decimal, right_decimal) = decimals(left, right)?;
    exact(left_decimal, right_decimal)
        .ok_or(NumberError::Overflow)
        .and_then(within_digits)
        .map(Value::Decimal)
}

fn decimals(left: &Value, right: &Value) -> Result<(Decimal, Decimal), NumberError> {
    let left = left.as_decimal().ok_or(NumberError::NotANumber)?;
    let right = right.as_decimal().ok_or(NumberError::NotANumber)?;
    Ok((left, right))
}

fn nonzero_divisor(left: &Value, right: &Value) -> Result<(Decimal, Decimal), NumberError> {
    let (left, right) = decimals(left, right)?;
    if right.is_zero() {
        Err(NumberError::DivisionByZero)
    } else {
        Ok((left, right))
    }
}

fn floor_remainder(dividend: Decimal, divisor: Decimal) -> Result<Decimal, NumberError> {
    let remainder = dividend.checked_rem(divisor).ok_or(NumberError::Overflow)?;
    if !remainder.is_zero() && remainder.is_sign_negative() != divisor.is_sign_negative() {
        remainder.checked_add(divisor).ok_or(NumberError::Overflow)
    } else {
        Ok(remainder)
    }
}

/// Two integers give an integer, anything else a decimal.
fn whole(left: &Value, right: &Value, result: Decimal) -> Result<Value, NumberError> {
    let result = within_digits(result)?;
    match (left, right) {
        (Value::Integer(_), Value::Integer(_)) => Ok(from_whole(result.normalize())),
        _ => Ok(Value::Decimal(result)),
    }
}

/// A 96-bit coefficient holds some numbers of 29 digits; the language keeps 28 of every number, so that what can be
/// computed can also be read back.
fn within_digits(decimal: Decimal) -> Result<Decimal, NumberError> {
    if fits(&decimal) {
        return Ok(unsigned_zero(decimal));
    }
    let places = decimal.scale().checked_sub(1).ok_or(NumberError::Overflow)?;
    let rounded = decimal.round_dp(places);
    if fits(&rounded) {
        Ok(rounded)
    } else {
        // 9.99… rounded up to 10.00…: one more digit has to go, and it is a zero.
        let places = places.checked_sub(1).ok_or(NumberError::Overflow)?;
        Ok(rounded.round_dp(places))
    }
}

pub(super) fn fits(decimal: &Decimal) -> bool {
    decimal.mantissa().unsigned_abs() < COEFFICIENT_LIMIT
}

/// There is one zero: `-0.00` is `0.00`.
pub(super) fn unsigned_zero(mut decimal: Decimal) -> Decimal {
    if decimal.is_zero() {
        decimal.set_sign_positive(true);
    }
    decimal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Value {
        parse_number(text).unwrap_or_else(|error| panic!("{text} {error}"))
    }

    fn check(operation: fn(&Value, &Value) -> Result<Value, NumberError>, cases: &[(&str, &str, Result<&str, NumberError>)]) {
        for (left, right, expected) in cases {
            let result = operation(&number(left), &number(right)).map(|value| format!("{value:?}"));
            let expected = expected.map(|text| format!("{:?}", number(text)));
            assert_eq!(result, expected, "{left} and {right}");
        }
    }

    #[test]
    fn numbers_are_read_exactly_or_not_at_all() {
        assert_eq!(
            number("1.10").as_decimal().map(|decimal| decimal.to_string()),
            Some("1.10".to_owned())
        );
        assert_eq!(number("9007199254740992"), Value::Integer(INTEGER_MAX));
        assert!(matches!(number("9007199254740993"), Value::Decimal(_)));
        assert!(matches!(number("-9007199254740993"), Value::Decimal(_)));
        assert_eq!(number("-0"), Value::Integer(0));
        assert_eq!(format!("{:?}", number("-0.0")), format!("{:?}", number("0.0")));
        assert!(parse_decimal("9999999999999999999999999999").is_ok());
        for long in [
            "12345678901234567890123456789",
            "1.0000000000000000000000000000",
            "0.00000000000000000000000000001",
        ] {
            assert_eq!(parse_decimal(long), Err(NumberError::TooManyDigits), "{long}");
        }
        for wrong in ["", "-", "+1", "1.", ".5", "1e3", "1_000", " 1", "0x10", "١", "--1", "1.2.3"] {
            assert_eq!(parse_decimal(wrong), Err(NumberError::Malformed), "{wrong}");
        }
    }

    #[test]
    fn arithmetic_is_exact_and_checked() {
        check(
            add,
            &[
                ("0.1", "0.2", Ok("0.3")),
                ("99999999999999999.12", "0.01", Ok("99999999999999999.13")),
                ("9007199254740992", "1", Ok("9007199254740993")),
                ("9999999999999999999999999999", "1", Err(NumberError::Overflow)),
            ],
        );
        check(
            subtract,
            &[("0.28", "0.15", Ok("0.13")), ("1", "3", Ok("-2")), ("1.0", "1.0", Ok("0.0"))],
        );
        check(
            multiply,
            &[
                ("1.005", "100", Ok("100.500")),
                ("3000000000", "3000000000", Ok("9000000000000000000")),
            ],
        );
        check(
            divide,
            &[
                ("10", "3", Ok("3.333333333333333333333333333")),
                ("7", "2", Ok("3.5")),
                ("2", "3", Ok("0.6666666666666666666666666667")),
                ("1", "0", Err(NumberError::DivisionByZero)),
            ],
        );
    }

    #[test]
    fn there_is_one_zero() {
        let product = multiply(&number("-1"), &number("0.0"));
        assert_eq!(product.map(|zero| format!("{zero:?}")), Ok("Decimal(0)".to_owned()));
    }

    #[test]
    fn whole_division_floors_and_its_remainder_has_the_divisors_sign() {
        check(
            floor_divide,
            &[
                ("7", "2", Ok("3")),
                ("-7", "2", Ok("-4")),
                ("7", "-2", Ok("-4")),
                ("-7", "-2", Ok("3")),
                ("9999999999999999999999999999", "3", Ok("3333333333333333333333333333")),
                ("1", "0.0", Err(NumberError::DivisionByZero)),
            ],
        );
        check(
            remainder,
            &[
                ("7", "2", Ok("1")),
                ("-7", "2", Ok("1")),
                ("7", "-2", Ok("-1")),
                ("7.5", "2", Ok("1.5")),
            ],
        );
        assert_eq!(
            floor_divide(&number("7.5"), &number("2")).map(|value| value.as_decimal()),
            Ok(Some(Decimal::from(3)))
        );
    }

    #[test]
    fn numbers_compare_by_size_whatever_their_type() {
        assert_eq!(compare(&number("1"), &number("1.00")), Some(Ordering::Equal));
        assert_eq!(compare(&number("0.99"), &number("1")), Some(Ordering::Less));
        assert_eq!(compare(&number("1"), &Value::from_text("1")), None);
    }
}
