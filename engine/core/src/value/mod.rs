//! The values that workflows compute with: exact numbers, real dates, no silent conversions.
//!
//! # Purpose
//! - [`json`] reads JSON text strictly, with every number exact.
//! - [`document`] takes an object that someone sent apart, and refuses what is not known.
//! - [`canonical`] is the stored and hashed form: lossless, self-describing, one spelling for each value.
//! - [`interface`] is the form that APIs and pages see.
//! - [`number`] is the arithmetic, [`rounding`] the rounding, [`text`] the way a value reads in a sentence,
//!   [`folded`] the way it is compared where people type it by heart.
//!
//! # Invariants
//! - A number has at most [`number::DECIMAL_DIGITS_MAX`] digits; an [`Value::Integer`] is within ±[`number::INTEGER_MAX`].
//! - An instant has microsecond precision. [`Value::from_instant`] keeps this.

pub mod canonical;
pub mod document;
pub mod folded;
pub mod interface;
pub mod json;
pub mod limits;
pub mod number;
pub mod order;
pub mod rounding;
pub mod text;

pub(crate) mod digits;
mod read;
mod write;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use rust_decimal::Decimal;

/// One value of the language. Cloning is cheap: text, lists and objects are shared.
///
/// `==` on values is structural: `Integer(1)` is not `Decimal(1)`. What the language calls equal is
/// [`order::same`]: numbers by size, whatever their type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Null,
    Boolean(bool),
    /// Within ±2^53, so that every JSON reader gets it exactly.
    Integer(i64),
    /// Exact, to 28 digits; keeps its written scale (`1.10` stays `1.10`).
    Decimal(Decimal),
    Text(Arc<str>),
    Date(jiff::civil::Date),
    Time(jiff::civil::Time),
    Instant(jiff::Timestamp),
    Duration(crate::time::Duration),
    List(Arc<Vec<Value>>),
    Object(Arc<Object>),
}

/// An object's fields, in the order of their names.
pub type Object = BTreeMap<Arc<str>, Value>;

/// The type of a value, without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Null,
    Boolean,
    Integer,
    Decimal,
    Text,
    Date,
    Time,
    Instant,
    Duration,
    List,
    Object,
}

impl Kind {
    /// The kind as a noun phrase for a sentence: "a date", "an integer", "empty".
    #[must_use]
    pub fn described(self) -> &'static str {
        match self {
            Kind::Null => "empty",
            Kind::Boolean => "a boolean",
            Kind::Integer => "an integer",
            Kind::Decimal => "a decimal",
            Kind::Text => "text",
            Kind::Date => "a date",
            Kind::Time => "a time",
            Kind::Instant => "an instant",
            Kind::Duration => "a duration",
            Kind::List => "a list",
            Kind::Object => "an object",
        }
    }
}

impl Value {
    /// Text, copied into shared memory.
    #[must_use]
    pub fn from_text(text: &str) -> Value {
        Value::Text(Arc::from(text))
    }

    /// A list of these items.
    #[must_use]
    pub fn from_items(items: Vec<Value>) -> Value {
        Value::List(Arc::new(items))
    }

    /// An object with these fields.
    #[must_use]
    pub fn from_fields(fields: Object) -> Value {
        Value::Object(Arc::new(fields))
    }

    /// A moment, cut down to whole microseconds (towards the past), which is what stores can hold.
    #[must_use]
    pub fn from_instant(instant: jiff::Timestamp) -> Value {
        let excess = instant.as_nanosecond().rem_euclid(1_000);
        let whole = jiff::Timestamp::from_nanosecond(instant.as_nanosecond() - excess);
        Value::Instant(whole.unwrap_or(instant))
    }

    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Value::Null => Kind::Null,
            Value::Boolean(_) => Kind::Boolean,
            Value::Integer(_) => Kind::Integer,
            Value::Decimal(_) => Kind::Decimal,
            Value::Text(_) => Kind::Text,
            Value::Date(_) => Kind::Date,
            Value::Time(_) => Kind::Time,
            Value::Instant(_) => Kind::Instant,
            Value::Duration(_) => Kind::Duration,
            Value::List(_) => Kind::List,
            Value::Object(_) => Kind::Object,
        }
    }

    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    #[must_use]
    pub fn as_boolean(&self) -> Option<bool> {
        match self {
            Value::Boolean(boolean) => Some(*boolean),
            _ => None,
        }
    }

    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Value::Integer(integer) => Some(*integer),
            _ => None,
        }
    }

    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    #[must_use]
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    #[must_use]
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Value::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// The same, as it is shared.
    #[must_use]
    pub fn as_shared_object(&self) -> Option<&Arc<Object>> {
        match self {
            Value::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// The number as a decimal, if it is one.
    #[must_use]
    pub fn as_decimal(&self) -> Option<Decimal> {
        match self {
            Value::Integer(integer) => Some(Decimal::from(*integer)),
            Value::Decimal(decimal) => Some(*decimal),
            _ => None,
        }
    }

    /// The field of that name, if this is an object that has it.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.as_object().and_then(|fields| fields.get(name))
    }
}

impl From<bool> for Value {
    fn from(boolean: bool) -> Value {
        Value::Boolean(boolean)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::from_text(text)
    }
}

impl From<Decimal> for Value {
    fn from(decimal: Decimal) -> Value {
        Value::Decimal(decimal)
    }
}

impl From<jiff::civil::Date> for Value {
    fn from(date: jiff::civil::Date) -> Value {
        Value::Date(date)
    }
}

impl From<crate::time::Duration> for Value {
    fn from(duration: crate::time::Duration) -> Value {
        Value::Duration(duration)
    }
}

#[cfg(test)]
mod tests {
    use super::Value;

    #[test]
    fn an_instant_is_cut_to_microseconds_towards_the_past() {
        for (given, kept) in [(1_999, 1_000), (-1, -1_000), (5_000, 5_000), (0, 0)] {
            let instant = jiff::Timestamp::from_nanosecond(given).expect("a small number of nanoseconds");
            let whole = jiff::Timestamp::from_nanosecond(kept).expect("a small number of nanoseconds");
            assert_eq!(Value::from_instant(instant), Value::Instant(whole), "{given}");
        }
    }
}
