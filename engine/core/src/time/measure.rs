//! Durations as amounts: adding, multiplying and comparing them.

use std::cmp::Ordering;

use super::{Duration, TimeError};
use crate::value::Decimal;

impl Duration {
    /// So many exact microseconds.
    #[must_use]
    pub fn exact(microseconds: i64) -> Duration {
        Duration {
            microseconds,
            ..Duration::default()
        }
    }

    /// Whether it has exact units only; nothing at all is exact too.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        *self == Duration::exact(self.microseconds)
    }

    /// How many calendar days each has, or months, if both have nothing else: then one goes into the other without a zone.
    #[must_use]
    pub(crate) fn in_one_calendar_unit(self, other: Duration) -> Option<(i32, i32)> {
        let of_days = |duration: Duration| {
            let days = duration.days;
            (duration
                == Duration {
                    days,
                    ..Duration::default()
                })
            .then_some(days)
        };
        let of_months = |duration: Duration| {
            let months = duration.months;
            (duration
                == Duration {
                    months,
                    ..Duration::default()
                })
            .then_some(months)
        };
        let days = of_days(self).zip(of_days(other));
        days.or_else(|| of_months(self).zip(of_months(other)))
    }

    /// Whether some of it counts in a calendar's business hours or days.
    #[must_use]
    pub fn counts_business_time(&self) -> bool {
        self.business_days != 0 || self.business_microseconds != 0
    }

    /// Both together, unit by unit.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`].
    pub fn plus(self, other: Duration) -> Result<Duration, TimeError> {
        let sum = || {
            Some(Duration {
                months: self.months.checked_add(other.months)?,
                days: self.days.checked_add(other.days)?,
                microseconds: readable(self.microseconds.checked_add(other.microseconds)?)?,
                business_days: self.business_days.checked_add(other.business_days)?,
                business_microseconds: readable(self.business_microseconds.checked_add(other.business_microseconds)?)?,
            })
        };
        sum().ok_or(TimeError::OutOfRange)
    }

    /// So many times as long, unit by unit; `times(-1)` is the opposite.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`].
    pub fn times(self, factor: i64) -> Result<Duration, TimeError> {
        let units = |amount: i32| {
            i64::from(amount)
                .checked_mul(factor)
                .and_then(|product| i32::try_from(product).ok())
        };
        let product = || {
            Some(Duration {
                months: units(self.months)?,
                days: units(self.days)?,
                microseconds: readable(self.microseconds.checked_mul(factor)?)?,
                business_days: units(self.business_days)?,
                business_microseconds: readable(self.business_microseconds.checked_mul(factor)?)?,
            })
        };
        product().ok_or(TimeError::OutOfRange)
    }

    /// So many times as long, to the nearest microsecond; only of exact durations.
    ///
    /// # Errors
    /// [`TimeError::NotExact`] or [`TimeError::OutOfRange`].
    pub fn scaled(self, factor: Decimal) -> Result<Duration, TimeError> {
        if !self.is_exact() {
            return Err(TimeError::NotExact(self));
        }
        let product = Decimal::from(self.microseconds)
            .checked_mul(factor)
            .ok_or(TimeError::OutOfRange)?;
        let whole = i64::try_from(product.round().mantissa()).ok().and_then(readable);
        whole.map(Duration::exact).ok_or(TimeError::OutOfRange)
    }

    /// Which is longer: both exact, or both in the same one unit. Nothing at all compares with every one unit.
    ///
    /// # Errors
    /// [`TimeError::Incomparable`]: `30d` and `1mo`, `3d` and `72h`.
    pub fn compare(self, other: Duration) -> Result<Ordering, TimeError> {
        if self == other {
            return Ok(Ordering::Equal);
        }
        let (left, right) = (self.parts(), other.parts());
        let mut differing = (0..left.len()).filter(|unit| left[*unit] != 0 || right[*unit] != 0);
        match (differing.next(), differing.next()) {
            (Some(unit), None) => Ok(left[unit].cmp(&right[unit])),
            _ => Err(TimeError::Incomparable {
                left: self,
                right: other,
            }),
        }
    }

    fn parts(self) -> [i64; 5] {
        [
            self.months.into(),
            self.days.into(),
            self.microseconds,
            self.business_days.into(),
            self.business_microseconds,
        ]
    }
}

/// The one number without an opposite cannot be written as a sign and digits, and so not be read back.
fn readable(microseconds: i64) -> Option<i64> {
    (microseconds != i64::MIN).then_some(microseconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::parse_duration;

    fn duration(text: &str) -> Duration {
        parse_duration(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn only_what_has_a_fixed_relation_compares() {
        let compare = |left: &str, right: &str| duration(left).compare(duration(right)).map_err(|error| error.to_string());
        assert_eq!(compare("90s", "1m30s"), Ok(Ordering::Equal));
        assert_eq!(compare("59m", "1h"), Ok(Ordering::Less));
        assert_eq!(compare("8d", "1w"), Ok(Ordering::Greater));
        assert_eq!(compare("11mo", "1y"), Ok(Ordering::Less));
        assert_eq!(compare("0s", "1d"), Ok(Ordering::Less));
        assert_eq!(compare("-1 business hours", "0s"), Ok(Ordering::Less));
        assert_eq!(compare("1d2h", "1d2h"), Ok(Ordering::Equal));
        assert_eq!(
            compare("3d", "72h"),
            Err("`3d` and `72h` cannot be compared: their units have no fixed relation".to_owned())
        );
        assert!(compare("30d", "1mo").is_err());
        assert!(compare("1d", "1 business day").is_err());
        assert!(compare("1d1h", "1d2h").is_err());
    }

    #[test]
    fn amounts_add_unit_by_unit_and_scale_only_where_exact() {
        assert_eq!(duration("1mo2d").plus(duration("3d4h")), Ok(duration("1mo5d4h")));
        assert_eq!(duration("1mo2d3h").times(-2), Ok(duration("-2mo4d6h")));
        assert_eq!(duration("2000000000d").times(2), Err(TimeError::OutOfRange));
        assert_eq!(Duration::exact(i64::MIN / 2).times(2), Err(TimeError::OutOfRange));
        assert_eq!(
            Duration::exact(i64::MIN + 1).plus(Duration::exact(-1)),
            Err(TimeError::OutOfRange)
        );
        assert_eq!(duration("1h").scaled(Decimal::new(15, 1)), Ok(duration("1h30m")));
        assert_eq!(
            duration("1d").scaled(Decimal::new(15, 1)),
            Err(TimeError::NotExact(duration("1d")))
        );
        assert_eq!(
            duration("2000000h").scaled(Decimal::from(10_000_000)),
            Err(TimeError::OutOfRange)
        );
    }
}
