//! Rounding: only where it is asked for, half to even.

use rust_decimal::RoundingStrategy;

use super::Value;
use super::number::{DECIMAL_DIGITS_MAX, NumberError, fits, from_whole, unsigned_zero};

/// Rounds half to even to `places` after the point, and writes that many: `12.5` to two places is `12.50`.
///
/// # Errors
/// [`NumberError::NotANumber`], or [`NumberError::TooManyDigits`] if that many places do not fit.
pub fn round_to(value: &Value, places: u32) -> Result<Value, NumberError> {
    let mut rounded = value.as_decimal().ok_or(NumberError::NotANumber)?.round_dp(places);
    if places > DECIMAL_DIGITS_MAX {
        return Err(NumberError::TooManyDigits);
    }
    rounded.rescale(places);
    if rounded.scale() == places && fits(&rounded) {
        Ok(Value::Decimal(unsigned_zero(rounded)))
    } else {
        Err(NumberError::TooManyDigits)
    }
}

/// Which way a number is made whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    /// To the nearest, half to even.
    Nearest,
    /// Not above.
    Floor,
    /// Not below.
    Ceiling,
}

/// A whole number near `value`: an integer if it fits.
///
/// # Errors
/// [`NumberError::NotANumber`].
pub fn make_whole(value: &Value, way: Whole) -> Result<Value, NumberError> {
    let decimal = value.as_decimal().ok_or(NumberError::NotANumber)?;
    let strategy = match way {
        Whole::Nearest => RoundingStrategy::MidpointNearestEven,
        Whole::Floor => RoundingStrategy::ToNegativeInfinity,
        Whole::Ceiling => RoundingStrategy::ToPositiveInfinity,
    };
    Ok(from_whole(unsigned_zero(decimal.round_dp_with_strategy(0, strategy))))
}

#[cfg(test)]
mod tests {
    use super::super::number::parse_number;
    use super::*;

    fn number(text: &str) -> Value {
        parse_number(text).unwrap_or_else(|error| panic!("{text} {error}"))
    }

    #[test]
    fn rounding_is_half_to_even_and_writes_its_places() {
        let round = |text: &str, places| round_to(&number(text), places).map(|value| format!("{value:?}"));
        for (text, places, expected) in [
            ("1.005", 2, "1.00"),
            ("1.015", 2, "1.02"),
            ("12.5", 2, "12.50"),
            ("5", 2, "5.00"),
            ("-0.4", 0, "0"),
        ] {
            assert_eq!(round(text, places), Ok(format!("Decimal({expected})")), "{text}");
        }
        assert_eq!(round("5", 28), Err(NumberError::TooManyDigits));
        assert_eq!(round("5", 29), Err(NumberError::TooManyDigits));
        for (text, way, expected) in [
            ("2.5", Whole::Nearest, 2),
            ("100.500", Whole::Nearest, 100),
            ("-2.1", Whole::Floor, -3),
            ("-2.9", Whole::Ceiling, -2),
            ("-0.4", Whole::Ceiling, 0),
        ] {
            assert_eq!(make_whole(&number(text), way), Ok(Value::Integer(expected)), "{text} {way:?}");
        }
    }
}
