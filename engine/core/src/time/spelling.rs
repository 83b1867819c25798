//! The one spelling of a duration, as [`super::parse_duration`] reads it back.

use std::fmt;

use super::Duration;
use super::duration::{MICROSECONDS_PER_HOUR, MICROSECONDS_PER_MINUTE};

/// The one spelling of a duration; `0s` for none. What it writes, [`super::parse_duration`] reads to the same duration.
impl fmt::Display for Duration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printer = Printer {
            formatter,
            negative: false,
            begun: false,
        };
        let (years, months) = if self.months % 12 == 0 {
            (self.months / 12, 0)
        } else {
            (0, self.months)
        };
        printer.part(years.into(), "", "y")?;
        printer.part(months.into(), "", "mo")?;
        printer.part(self.days.into(), "", "d")?;
        printer.part(self.microseconds / MICROSECONDS_PER_HOUR, "", "h")?;
        printer.part(self.microseconds % MICROSECONDS_PER_HOUR / MICROSECONDS_PER_MINUTE, "", "m")?;
        let below = self.microseconds % MICROSECONDS_PER_MINUTE;
        printer.part(below, &fraction_text(below), "s")?;
        printer.business_part(self.business_days.into(), "", "day")?;
        printer.business_time(self.business_microseconds)?;
        if printer.begun {
            Ok(())
        } else {
            printer.formatter.write_str("0s")
        }
    }
}

/// Whole seconds and their fraction without trailing zeros, without sign.
fn fraction_text(microseconds: i64) -> String {
    let magnitude = microseconds.unsigned_abs();
    let (seconds, rest) = (magnitude / 1_000_000, magnitude % 1_000_000);
    if rest == 0 {
        seconds.to_string()
    } else {
        let fraction = format!("{rest:06}");
        format!("{seconds}.{}", fraction.trim_end_matches('0'))
    }
}

struct Printer<'a, 'b> {
    formatter: &'a mut fmt::Formatter<'b>,
    negative: bool,
    begun: bool,
}

impl Printer<'_, '_> {
    /// Writes a part unless it is zero; the sign only where it changes.
    fn part(&mut self, amount: i64, number: &str, unit: &str) -> fmt::Result {
        if amount == 0 {
            return Ok(());
        }
        self.sign(amount)?;
        self.number(amount, number)?;
        self.begun = true;
        self.formatter.write_str(unit)
    }

    fn business_part(&mut self, amount: i64, number: &str, unit: &str) -> fmt::Result {
        if amount == 0 {
            return Ok(());
        }
        if self.begun {
            self.formatter.write_str(" ")?;
        }
        self.sign(amount)?;
        self.number(amount, number)?;
        self.begun = true;
        let plural = if amount.unsigned_abs() == 1 && number.is_empty() {
            ""
        } else {
            "s"
        };
        write!(self.formatter, " business {unit}{plural}")
    }

    /// Business time in the largest unit that divides it.
    fn business_time(&mut self, microseconds: i64) -> fmt::Result {
        if microseconds % MICROSECONDS_PER_HOUR == 0 {
            self.business_part(microseconds / MICROSECONDS_PER_HOUR, "", "hour")
        } else if microseconds % MICROSECONDS_PER_MINUTE == 0 {
            self.business_part(microseconds / MICROSECONDS_PER_MINUTE, "", "minute")
        } else {
            self.business_part(microseconds, &fraction_text(microseconds), "second")
        }
    }

    fn sign(&mut self, amount: i64) -> fmt::Result {
        let negative = amount < 0;
        if negative != std::mem::replace(&mut self.negative, negative) {
            self.formatter.write_str(if negative { "-" } else { "+" })?;
        }
        Ok(())
    }

    fn number(&mut self, amount: i64, number: &str) -> fmt::Result {
        if number.is_empty() {
            write!(self.formatter, "{}", amount.unsigned_abs())
        } else {
            self.formatter.write_str(number)
        }
    }
}
